# SPDX-License-Identifier: Apache-2.0
"""The example notebook, run cell by cell as a kernel does, against the local AWS."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from tests.end_to_end.running import Running

_NOTEBOOK: Final = Path(__file__).parents[2] / "docs" / "examples" / "python_client.ipynb"


def _cells() -> Iterator[str]:
    notebook = json.loads(_NOTEBOOK.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None), "outputs are of one machine"
            yield "".join(cell["source"])


def _run(cell: str, names: dict[str, Any]) -> str:
    """Run a cell, and return how its last expression is shown."""
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) and not cell.rstrip().endswith(";") else None
    exec(compile(tree, _NOTEBOOK.name, "exec"), names)
    if last is None:
        return ""
    shown = eval(compile(ast.Expression(last.value), _NOTEBOOK.name, "eval"), names)
    return str(shown._repr_html_()) if hasattr(shown, "_repr_html_") else repr(shown)


def test_the_notebook_runs(
    single_account: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(single_account.folder)
    names: dict[str, Any] = {}
    shown = [_run(cell, names) for cell in _cells()]

    assert "pipeline_stack_name" in shown[2]
    told = capsys.readouterr()
    assert "abacus" in told.out
    assert "inference_instance: " in told.out
    assert told.err.startswith("note: using the local AWS of")
    assert "<td>Succeeded</td>" in shown[4]
    assert "<td>Succeeded</td>" in shown[5]
    assert "delayed" in shown[6]
    assert "harbour-notebook" in shown[7]
