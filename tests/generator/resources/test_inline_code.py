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


class Unannotated(ast.NodeTransformer):
    """Takes annotations away, and what is imported for them."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.returns = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        return node if node.value is None else ast.Assign(targets=[node.target], value=node.value, lineno=node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        return None if node.module in {"typing", "collections.abc"} else node


def program(source: str) -> str:
    """What a source does, in one form."""
    tree = Unannotated().visit(ast.parse(source))
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


def test_only_comments_docstrings_and_annotations_go() -> None:
    source = '''# SPDX-License-Identifier: MIT
"""Gone."""

URL = "a # b"  # gone


def one(wanted: str, longest: int = 3, *others: dict[str, int]) -> str:
    """Gone."""
    count: int = 3  # gone
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
        '# SPDX-License-Identifier: MIT\n\nURL = "a # b"\n\n\ndef one(wanted, longest = 3, *others):\n'
        "    count = 3\n"
        '    return """kept\n\n    kept # as well"""\n'
        "\n\nclass Two(\n    Exception\n):\n    pass\n"
    )
