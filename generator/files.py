# SPDX-License-Identifier: Apache-2.0
"""Write generated files, or report how the committed ones differ."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path


def main(program: str, texts: Callable[[], Mapping[str, str]], folder: Path, pattern: str) -> int:
    """Command line of a generator: write `texts()` below a folder, or with `--check` print the difference and give 1.

    Files in the folder that match the pattern and are no longer generated are removed.
    """
    parser = argparse.ArgumentParser(prog=program, description=f"Write the generated files below {folder.name}/.")
    parser.add_argument("--check", action="store_true", help="only compare; exit with 1 and a diff on drift")
    parser.add_argument("--output", type=Path, default=folder, help="another folder to write to or compare with")
    options = parser.parse_args()
    generated, target = texts(), options.output
    present = {path.relative_to(target).as_posix() for path in target.rglob(pattern)}
    if options.check:
        return _check(generated, target, present)
    _write(generated, target, present)
    return 0


def between(page: str, begin: str, end: str, made: str) -> str:
    """Return a page that people write, with what is between two markers made anew."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{made}{end}{after}"


def _write(generated: Mapping[str, str], folder: Path, present: set[str]) -> None:
    for stale in present - generated.keys():
        (folder / stale).unlink()
    for name, text in generated.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _check(generated: Mapping[str, str], folder: Path, present: set[str]) -> int:
    drifted = False
    for name in sorted(generated.keys() | present):
        path = folder / name
        committed = path.read_text(encoding="utf-8") if path.exists() else ""
        wanted = generated.get(name, "")
        if committed != wanted:
            drifted = True
            sys.stdout.writelines(_difference(name, committed, wanted))
    return int(drifted)


def _difference(name: str, committed: str, wanted: str) -> list[str]:
    before, after = committed.splitlines(keepends=True), wanted.splitlines(keepends=True)
    return list(difflib.unified_diff(before, after, f"committed/{name}", f"generated/{name}"))
