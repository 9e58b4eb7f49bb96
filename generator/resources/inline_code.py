# SPDX-License-Identifier: Apache-2.0
"""Source of functions that stand inline in templates, without what only readers of the source need.

CloudFormation and StackSets take templates of 51,200 bytes in a request; docstrings, comments and annotations are a
quarter of a function.
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
_FOR_TYPES: Final = re.compile(r"from (typing|collections\.abc) import (?P<names>.+)$")
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef


@functools.cache
def text(name: str) -> str:
    """The module `lambda_src/inline/<name>.py` without docstrings, comments and annotations."""
    return stripped((_FOLDER / f"{name}.py").read_text(encoding="utf-8"))


def stripped(source: str) -> str:
    """The same program, without docstrings, annotations, and comments but that of the license.

    Comments are found as ruff formats them: reading the tokens takes three times as long as all the rest. A line of a
    longer string must not look like one; a test compares the programs.
    """
    lines = {
        number: code
        for number, line in enumerate(source.splitlines(), start=1)
        if (code := _COMMENT.sub("", line)) or not line
    }
    tree = ast.parse(source)
    for number, start, end in sorted(_annotations(tree), reverse=True):
        lines[number] = f"{lines[number][:start]}{lines[number][end:]}"
    for node in _documented(tree):
        if ast.get_docstring(node, clean=False) is not None:
            _drop_docstring(lines, node)
    return _without_unused_names("".join(f"{line}\n" for line in lines.values()))


def _annotations(tree: ast.Module) -> Iterator[tuple[int, int, int]]:
    """Yield line, start and end of each annotation in one line, with the signs before it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            yield from _between(node.col_offset + len(node.arg), node.annotation)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _between(node.target.end_col_offset, node.annotation)
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            yield from _between(node.returns.col_offset - len(" -> "), node.returns)


def _between(start: int | None, annotation: ast.expr) -> Iterator[tuple[int, int, int]]:
    if annotation.lineno == annotation.end_lineno and start is not None and annotation.end_col_offset is not None:
        yield annotation.lineno, start, annotation.end_col_offset


def _without_unused_names(source: str) -> str:
    """Drop the imports for annotations."""
    return "".join(line for line in source.splitlines(keepends=True) if not _is_for_annotations(line, source))


def _is_for_annotations(line: str, source: str) -> bool:
    found = _FOR_TYPES.match(line)
    names = found["names"].split(", ") if found else ()
    return bool(names) and all(len(re.findall(rf"\b{name}\b", source)) == 1 for name in names)


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
