# SPDX-License-Identifier: Apache-2.0
"""`mlops import`: results of a check of request files that were written for the earlier solution."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import typer

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from scripts.cli import errors
from scripts.cli.drafting import launch_of
from scripts.cli.errors import Failure, WrongUseError
from scripts.cli.options import Form, Offline
from scripts.cli.output import Output
from scripts.cli.request_files import read_bytes
from scripts.requests import migration
from scripts.requests.migration import Entry, Outcome

_WORDS: Final[Mapping[Outcome, str]] = {
    "accepted": "accepted as it is",
    "changed": "accepted, with a change in meaning",
    "refused": "refused",
}
_STANDARD_INPUT: Final = "-"


@dataclass(frozen=True)
class _Imported:
    """File with the results for its requests."""

    file: str
    entries: list[Entry]

    def target(self, entry: Entry) -> str:
        """Return the name of the file for a rewritten request."""
        stem = "request" if self.file == _STANDARD_INPUT else Path(self.file).stem
        return f"{stem}-{entry.index}.json" if entry.index else f"{stem}.json"


def run(files: Sequence[str], rules: Offline, folder: Path | None, form: Form) -> None:
    """Report the result for every request. Ends with status 2 if one is refused."""
    output = Output(form)
    launch = launch_of(rules)
    imported = [_Imported(file, _entries(file, launch)) for file in files]
    written = _write(imported, folder) if folder else {}
    entries = [entry for each in imported for entry in each.entries]
    counts = dict(migration.counted(entries))
    output.document(
        {
            **(_refusal(imported).document() if counts["refused"] else {}),
            **counts,
            "entries": [_described(each, entry, written) for each in imported for entry in each.entries],
            "notes": [
                *(f"{each.file}: {note}" for each in imported if (note := migration.too_long(each.entries))),
                *migration.around(entries),
            ],
        }
    )
    for each in imported:
        _tell(each, written, output)
    for sentence in migration.around(entries):
        output.say(f"around it: {sentence}")
    output.say(_summary(counts))
    if counts["refused"]:
        raise typer.Exit(errors.WRONG_USE)


def _refusal(imported: Sequence[_Imported]) -> Failure:
    """Return what is wrong with the requests that are refused; each key begins with its file."""
    refused = [(each, entry) for each in imported for entry in each.entries if entry.outcome == "refused"]
    problems = [
        Problem(f"{_place(each, entry, problem.key)}: {problem.key}".removesuffix(": "), problem.problem)
        for each, entry in refused
        for problem in entry.problems
    ]
    return Failure(f"{len(refused)} of the requests are refused", errors.WRONG_USE, tuple(problems), "BadRequest")


def _entries(file: str, launch: Launch) -> list[Entry]:
    """Return the entries of a file. An unreadable file does not prevent the check of the others."""
    try:
        text = read_bytes(file)
    except WrongUseError as error:
        return [Entry(0, problems=(Problem("", str(error)),))]
    return migration.read(text, launch)


def _tell(imported: _Imported, written: Mapping[str, Path], output: Output) -> None:
    for entry in imported.entries:
        output.say(f"{_place(imported, entry)}: {_title(entry)}: {_WORDS[entry.outcome]}")
        for problem in entry.problems:
            output.say(f"  {_place(imported, entry, problem.key)}: {problem}")
        for change in entry.changes:
            output.say(f"  changed: {change}")
        for rewritten in entry.rewritten:
            output.say(f"  {_place(imported, entry, rewritten.key)}: {rewritten}")
        if path := written.get(_identity(imported, entry)):
            output.say(f"  written to {path}")
    if note := migration.too_long(imported.entries):
        output.say(f"{imported.file}: {note}")


def _title(entry: Entry) -> str:
    named = " ".join(filter(None, (entry.pipeline_type, entry.model_name)))
    title = f"entry {entry.index}" if entry.index else ""
    return ", ".join(filter(None, (title, named))) or "request"


def _place(imported: _Imported, entry: Entry, key: str = "") -> str:
    line = entry.line(key)
    return f"{imported.file}:{line}" if line else imported.file


def _summary(counts: Mapping[Outcome, int]) -> str:
    total = sum(counts.values())
    listed = ", ".join(f"{count} {_WORDS[outcome]}" for outcome, count in counts.items())
    return f"{total} request{'' if total == 1 else 's'}: {listed}. docs/migration.md tells how to move."


def _described(imported: _Imported, entry: Entry, written: Mapping[str, Path]) -> dict[str, Any]:
    path = written.get(_identity(imported, entry))
    return {
        "file": imported.file,
        "entry": entry.index,
        "line": entry.line(),
        "pipeline_type": entry.pipeline_type,
        "model_name": entry.model_name,
        "outcome": entry.outcome,
        "changes": list(entry.changes),
        "rewritten": [{**asdict(each), "line": entry.line(each.key)} for each in entry.rewritten],
        "errors": [{**asdict(each), "line": entry.line(each.key)} for each in entry.problems],
        "request": entry.request,
        "written": str(path) if path else None,
    }


def _identity(imported: _Imported, entry: Entry) -> str:
    return f"{imported.file}:{entry.index}"


def _write(imported: Sequence[_Imported], folder: Path) -> dict[str, Path]:
    """Write each accepted request to a file. Raise WrongUseError before a file with other content is replaced."""
    texts: dict[Path, str] = {}
    written: dict[str, Path] = {}
    for each in imported:
        for entry in each.entries:
            if entry.request is None:
                continue
            path, text = folder / each.target(entry), f"{json.dumps(entry.request, indent=2)}\n"
            if texts.setdefault(path, text) != text:
                raise WrongUseError(f"two requests would be written to {path}: import their files into two folders")
            written[_identity(each, entry)] = path
    for path, text in texts.items():
        if path.exists() and path.read_text(encoding="utf-8") != text:
            raise WrongUseError(f"{path} exists and holds something else: give --out a folder without it")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return written
