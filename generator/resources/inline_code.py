# SPDX-License-Identifier: Apache-2.0
"""Source of functions that stand inline in templates, without what only readers of the source need.

CloudFormation and StackSets take templates of 51,200 bytes in a request; docstrings and comments are a fifth of that.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parents[2] / "lambda_src" / "inline"
_COMMENT: Final = re.compile("(^ *|  )#(?! SPDX-).*")
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef


@functools.cache
def text(name: str) -> str:
    """The module `lambda_src/inline/<name>.py` without docstrings and comments."""
    return stripped((_FOLDER / f"{name}.py").read_text(encoding="utf-8"))


def stripped(source: str) -> str:
    """The same program, without docstrings and comments but that of the license.

    Comments are found as ruff formats them: reading the tokens takes three times as long as all the rest. A line of a
    longer string must not look like one; a test compares the programs.
    """
    lines = {
        number: code
        for number, line in enumerate(source.splitlines(), start=1)
        if (code := _COMMENT.sub("", line)) or not line
    }
    for node in _documented(ast.parse(source)):
        if ast.get_docstring(node, clean=False) is not None:
            _drop_docstring(lines, node)
    return "".join(f"{line}\n" for line in lines.values())


def _documented(node: _Documented) -> Iterator[_Documented]:
    """A module, and the classes and functions that stand directly in it or in one of these."""
    yield node
    for child in node.body:
        if isinstance(child, _Documented):
            yield from _documented(child)


def _drop_docstring(lines: dict[int, str], node: _Documented) -> None:
    docstring, *rest = node.body
    if not rest:
        lines[docstring.lineno] = f"{' ' * docstring.col_offset}pass"
    for number in range(docstring.lineno + (not rest), (docstring.end_lineno or docstring.lineno) + 1):
        lines.pop(number, None)
