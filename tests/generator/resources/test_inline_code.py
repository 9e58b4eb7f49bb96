# SPDX-License-Identifier: Apache-2.0
"""Inline code in templates is the program of the source, shorter."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest

from generator.resources import inline_code

FOLDER: Final = Path(__file__).parents[3] / "lambda_src" / "inline"
SOURCES: Final = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


def program(source: str) -> str:
    """What a source does, in one form."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


@pytest.mark.parametrize("name", SOURCES)
def test_the_program_is_the_same(name: str) -> None:
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    short = inline_code.text(name)
    assert program(short) == program(source)
    assert len(short) < 0.9 * len(source)
    assert ast.get_docstring(ast.parse(short)) is None


def test_only_comments_and_docstrings_go() -> None:
    source = '''# SPDX-License-Identifier: MIT
"""Gone."""

URL = "a # b"  # gone


def one() -> str:
    """Gone."""
    # gone
    return """kept

    kept # as well"""


class Two(
    Exception
):
    """Gone,

    all of it."""
'''
    assert inline_code.stripped(source) == (
        '# SPDX-License-Identifier: MIT\n\nURL = "a # b"\n\n\ndef one() -> str:\n'
        '    return """kept\n\n    kept # as well"""\n'
        "\n\nclass Two(\n    Exception\n):\n    pass\n"
    )
