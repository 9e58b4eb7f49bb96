# SPDX-License-Identifier: Apache-2.0
"""The matrix of what is reached, as tables for people: rows that say the same are one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from orchestrator import reach
from tests.permissions import matrix
from tests.permissions.matrix import THINGS, Cell, Matrix
from tests.permissions.reasons import NAMED, REACHED, Reached

Row = tuple[str, ...]
K = TypeVar("K")
V = TypeVar("V")

KEYS_HEADER: Final = ("by", "a request names", "then reach it", "decided by, or allowed because")
ROLES_HEADER: Final = ("role", "works for", "reaches", "decided by, or allowed because")
_NOTHING: Final = "nothing of these"


def key_rows(by_name: Iterable[Cell]) -> list[Row]:
    """What requests can name, by which keys, who reaches it then, and who decides about that."""
    cells = sorted(by_name)
    by_thing = _grouped(((cell.key, cell.thing, _because(cell, NAMED)), (cell.role, cell.harm)) for cell in cells)
    of_keys = _grouped(((thing, _roles(reached), why), f"`{key}`") for (key, thing, why), reached in by_thing.items())
    rows = _grouped(((", ".join(keys), roles, why), thing) for (thing, roles, why), keys in of_keys.items())
    return sorted((keys, "; ".join(things), roles, why) for (keys, roles, why), things in rows.items())


def role_rows(tried: Matrix) -> list[Row]:
    """What each role reaches by itself; those in which code of requests runs come first."""
    cells = sorted(tried.of_roles)
    return [
        (f"`{role}`", ", ".join(services) or "the orchestrator", *row)
        for role, services in tried.trusted.items()
        for row in _reached([cell for cell in cells if cell.role == role])
    ]


def _reached(cells: Iterable[Cell]) -> list[Row]:
    found = _grouped((_because(cell, REACHED), (cell.thing, cell.harm)) for cell in cells)
    return [(_with_harms(reached), why) for why, reached in found.items()] or [(_NOTHING, "")]


def count_rows(tried: Matrix, by_name: Mapping[Cell, Sequence[str]]) -> Iterator[tuple[object, ...]]:
    """How much was tried, and what came of it."""
    reached = {cell.thing for cell in (*tried.of_roles, *by_name)}
    yield "protected things", len(THINGS)
    yield "roles that may reach them", len(tried.trusted)
    yield "ways in which a request could name them, by each of its keys", len(matrix.VALUES)
    yield "reached by a role, or by name", len({*tried.of_roles, *by_name})
    unexplained = [*matrix.unexplained(tried.of_roles, REACHED), *matrix.unexplained(by_name, NAMED)]
    yield "of these without a launch parameter or a reason", len(unexplained)
    yield "reached by nobody", "; ".join(thing.words for thing in THINGS if thing.words not in reached)


def _because(cell: Cell, reasons: Reached) -> str:
    # What belongs to other accounts is the decision of one more parameter, which need not be said in each row.
    parameters = [name for name in cell.decided_by if name != reach.ACCOUNTS] or cell.decided_by
    return ", ".join(f"`{name}`" for name in parameters) or matrix.reason(cell, reasons)


def _roles(reached: Iterable[tuple[str, str]]) -> str:
    return _with_harms((f"`{role}`", harm) for role, harm in reached)


def _with_harms(reached: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{name} ({', '.join(harms)})" for name, harms in _grouped(dict.fromkeys(reached)).items())


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found
