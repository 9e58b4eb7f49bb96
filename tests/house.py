# SPDX-License-Identifier: Apache-2.0
"""The house as its imports draw it: modules, packages, layers. `python -m tests.house` writes them into the docs.

Imports for type checkers alone, and those inside functions, count too.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

from generator import files

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "architecture.md"
_BEGIN, _END = "<!-- layers: python -m tests.house -->\n", "<!-- end of layers -->"
_INSTALLED: Final = ROOT / "scripts" / "installed"
_TOPS: Final = {
    "orchestrator": ROOT / "lambda_src",
    "monitor_engine": ROOT / "lambda_src",
    "generator": ROOT,
    "scripts": ROOT,
    "scripts.local_aws": ROOT,
    "mlops_orchestrator": _INSTALLED,
}

Graph = Mapping[str, set[str]]


def _modules() -> dict[str, Path]:
    """Dotted name -> file."""
    found = {}
    for top, folder in _TOPS.items():
        for path in (folder / top.replace(".", "/")).rglob("*.py"):
            # What is installed has a name of its own there.
            if folder != _INSTALLED and path.is_relative_to(_INSTALLED):
                continue
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES: Final = _modules()


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in MODULES else node.module for name in names)


def arrows() -> Graph:
    """Module -> the modules that it imports."""
    return {name: {other for other in _imported(path) if other in MODULES} - {name} for name, path in MODULES.items()}


def room(module: str) -> str:
    """The package, or module beside packages, in which a module stands; those of the local AWS count each."""
    top, *rest = module.split(".")
    depth = 2 if rest[:1] == ["local_aws"] else 1
    return ".".join([top, *rest[:depth]])


def between_rooms(graph: Graph) -> Graph:
    """Room -> the rooms from which it imports."""
    found: dict[str, set[str]] = {}
    for module, others in graph.items():
        found.setdefault(room(module), set()).update({room(other) for other in others} - {room(module)})
    return found


def layers(graph: Graph) -> list[list[str]]:
    """The nodes from the lowest layer up, so that every arrow runs down; raises `CycleError`, which names a circle."""
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    found = []
    while sorter.is_active():
        found.append(sorted(sorter.get_ready()))
        sorter.done(*found[-1])
    return found


def written(page: str) -> str:
    """The page with the layers of today."""
    tables = "\n".join(f"{table}\n" for table in map(_table, _TOPS))
    return files.between(page, _BEGIN, _END, f"\n{tables}")


def _table(top: str) -> str:
    depth = top.count(".") + 2
    inside = {
        name: {other for other in others if other.startswith(f"{top}.") and other.count(".") == depth - 1}
        for name, others in between_rooms(arrows()).items()
        if name in MODULES and name.startswith(f"{top}.") and name.count(".") == depth - 1
    }
    lines = [f"| layer | in `{MODULES[top].parent.relative_to(ROOT)}/` | what it is |", "|---|---|---|"]
    for number, names in reversed(list(enumerate(layers(inside), 1))):
        lines += [f"| {number} | {_shown(name)} | {_what(name)} |" for name in names]
    return "\n".join(lines)


def _shown(name: str) -> str:
    leaf = name.rpartition(".")[2]
    return f"`{leaf}/`" if MODULES[name].name == "__init__.py" else f"`{leaf}`"


def _what(name: str) -> str:
    docstring = ast.get_docstring(ast.parse(MODULES[name].read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].replace("|", "\\|")


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        sys.exit(text != written(text))
    PAGE.write_text(written(text), encoding="utf-8")
