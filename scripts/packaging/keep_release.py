# SPDX-License-Identifier: Apache-2.0
"""Keeps what a release publishes under `tests/releases/<version>/`, for the tests that upgrade from it.

A kept release has its templates as text and the code of its functions, without dependencies, as a reproducible zip.
It never changes afterwards.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from scripts import paths
from scripts.packaging import artifacts, bundle

RELEASES: Final = paths.ROOT / "tests" / "releases"
SOURCE_NAME: Final = "orchestrator-source.zip"
TEMPLATES_FOLDER: Final = "templates"


class ReleaseKeptError(Exception):
    """Raised if the version is kept already, with other content."""


def keep(checkout: Path, releases: Path = RELEASES) -> Path:
    """Write the folder of a checkout's version. Raise ReleaseKeptError."""
    folder = releases / artifacts.package_version(checkout)
    files = dict(_files(checkout))
    there = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if there and there != files:
        raise ReleaseKeptError(
            f"{folder} holds something else: a kept release never changes. Raise the version in setup.cfg first"
        )
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def _files(checkout: Path) -> list[tuple[str, bytes]]:
    templates = checkout / TEMPLATES_FOLDER
    kept = [
        (f"{TEMPLATES_FOLDER}/{path.relative_to(templates).as_posix()}", path.read_bytes())
        for path in sorted(templates.rglob("*.yaml"))
    ]
    source = checkout / paths.BUNDLE_SOURCE.relative_to(paths.ROOT)
    return [*kept, (SOURCE_NAME, bundle.of_source(source).zipped())]


def main() -> int:
    """Keep the release of this checkout, or of another one."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.packaging.keep_release", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--checkout", type=Path, default=paths.ROOT, help="a checkout of the release")
    try:
        folder = keep(parser.parse_args().checkout.resolve())
    except ReleaseKeptError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{folder}: {sum(1 for path in folder.rglob('*') if path.is_file())} files\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
