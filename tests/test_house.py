# SPDX-License-Identifier: Apache-2.0
"""The house: imports run one way, between modules and between packages, and no package is crowded."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
_MOST_MODULES: Final = 15
_SEARCHED: Final = {"generator": ROOT, "orchestrator": ROOT / "lambda_src", "scripts": ROOT}

Graph = Mapping[str, set[str]]


def _modules() -> dict[str, Path]:
    """Dotted name -> file."""
    found = {}
    for top, folder in _SEARCHED.items():
        for path in (folder / top).rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES: Final = _modules()


def _imported(path: Path) -> Iterator[str]:
    """What a module imports, also for type checkers alone and inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in MODULES else node.module for name in names)


@pytest.fixture(scope="module")
def arrows() -> Graph:
    """Module -> the modules that it imports."""
    return {name: {other for other in _imported(path) if other in MODULES} - {name} for name, path in MODULES.items()}


def _room(module: str) -> str:
    """The package in which a module stands: those of the local AWS count each, the others by their first name."""
    top, *rest = module.split(".")
    depth = 2 if rest[:1] == ["local_aws"] else 1
    return ".".join([top, *rest[:depth]])


def _layers(graph: Graph) -> None:
    """Order the nodes so that every arrow runs down; raises `CycleError`, which names those that go round."""
    TopologicalSorter(graph).prepare()


def test_no_modules_import_each_other(arrows: Graph) -> None:
    _layers(arrows)


def test_packages_form_layers(arrows: Graph) -> None:
    between: dict[str, set[str]] = {}
    for module, others in arrows.items():
        between.setdefault(_room(module), set()).update({_room(other) for other in others} - {_room(module)})
    _layers(between)


def test_a_circle_is_found() -> None:
    with pytest.raises(CycleError):
        _layers({"a": {"b"}, "b": {"c"}, "c": {"a"}})


def test_no_package_is_crowded() -> None:
    modules = Counter(path.parent for path in MODULES.values() if path.name != "__init__.py")
    assert {str(folder.relative_to(ROOT)): size for folder, size in modules.items() if size > _MOST_MODULES} == {}


def test_every_package_of_the_orchestrator_is_on_the_page_of_the_architecture() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = {path.parent.name for path in (ROOT / "lambda_src/orchestrator").glob("*/__init__.py")}
    assert {name for name in packages if f"`{name}/`" not in page} == set()
