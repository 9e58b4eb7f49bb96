# SPDX-License-Identifier: Apache-2.0
"""Writes what the tests have proven into docs/security.md, between two markers.

python -m tests.permissions.report             permissions anew, the rest as it was counted last
python -m tests.permissions.report FOLDER      and what a run of the tests has left in a folder (make trust)
python -m tests.permissions.report --check     fails if the page is not up to date
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from generator import catalogue, files
from scripts.iam import recording
from scripts.pipeline_types import pipeline_folder
from tests.permissions import matrix, matrix_tables, recorded, rows
from tests.permissions.matrix import Matrix

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "security.md"
COUNTED: Final = Path(__file__).with_name("counted.json")
BEGIN: Final = "<!-- begin: written by make trust -->"
END: Final = "<!-- end: written by make trust -->"
_HOSTILE: Final = ("tried", "refused", "accepted", "5xx", "longest_seconds")
Table = Sequence[Sequence[object]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the table; the status of the process."""
    parser = argparse.ArgumentParser(description="Write what the tests have proven into docs/security.md.")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args(arguments)
    if given.folder:
        keep(given.folder)
    before = PAGE.read_text("utf-8")
    page = with_tables(before)
    if given.check:
        return 0 if page == before else _outdated()
    PAGE.write_text(page, "utf-8")
    return 0


def keep(folder: Path) -> None:
    """Put calls on record, and counts where they are found the next time."""
    made = recording.read(folder)
    roles = [role for role in rows.functions() if role in made]
    if roles:
        record = {role: made[role] for role in roles}
        recorded.FILE.write_text(json.dumps(record, indent=4) + "\n", "utf-8")
    counted = json.loads(COUNTED.read_text("utf-8"))
    for name in counted:
        if (file := folder / f"{name}.json").exists():
            found = json.loads(file.read_text("utf-8"))
            counted[name] = {key: found[key] for key in _HOSTILE} if name == "hostile" else found
    COUNTED.write_text(json.dumps(counted, indent=4) + "\n", "utf-8")


def with_tables(page: str) -> str:
    """The page with what is between the markers made anew."""
    return files.between(page, BEGIN, END, f"\n\n{tables()}\n\n")


def tables() -> str:
    """All that goes between the markers."""
    templates = {path: pipeline_folder.decoded_template(text.encode()) for path, text in catalogue.texts().items()}
    counted = json.loads(COUNTED.read_text("utf-8"))
    found = rows.rows(templates)
    tried = Matrix(templates)
    by_name = matrix.of_all_keys(tried)
    permissions = [(f"`{row.role}`", row.allowed, row.used, row.explained) for row in found]
    return "\n\n".join(
        (
            _table(matrix_tables.KEYS_HEADER, matrix_tables.key_rows(by_name)),
            _table(matrix_tables.ROLES_HEADER, matrix_tables.role_rows(tried)),
            _table(("protected things", ""), list(matrix_tables.count_rows(tried, by_name))),
            _table(("role", "actions allowed", "needed or called", "others, with a reason each"), permissions),
            _table(("faults of AWS", ""), list(_faults(counted["faults"]))),
            _table(("hostile requests", ""), list(_hostile(counted["hostile"]))),
        )
    )


def _faults(counted: Sequence[dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    yield "things that happen to an orchestrator", len(counted)
    yield "AWS calls that they consist of", sum(one["calls"] for one in counted)
    yield "faults injected into these", sum(one["injected"] for one in counted)
    yield "survived", sum(one["survived"] for one in counted)


def _hostile(counted: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    *names, longest = _HOSTILE
    for name in names:
        yield name, counted[name]
    yield "longest answer", f"{counted[longest]:.2f} s"


def _table(header: Sequence[str], body: Table) -> str:
    lines = [header, ["---"] * len(header), *body]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _outdated() -> int:
    print(f"{PAGE.relative_to(ROOT)} is out of date: run python -m tests.permissions.report", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
