# SPDX-License-Identifier: Apache-2.0
"""Packs the orchestrator, what runs elsewhere, templates and dependencies into `dist/orchestrator.zip`.

The bytes depend only on the source, the pins and the platform, not on where or when the bundle is built. It contains no
compiled Python, no installer records, and no files of a dependency that only type checkers or browsers read.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from scripts import paths
from scripts.packaging import dependencies
from scripts.packaging.dependencies import Platform

BUNDLE_NAME: Final = "orchestrator.zip"

# Oldest date that a zip file can have.
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_ZIP_FROM_UNIX: Final = 3
_FILE_MODE: Final = 0o644 << 16
_LEFT_OUT_FOLDERS: Final = frozenset({"__pycache__", "tests", "bin"})
_LEFT_OUT_SUFFIXES: Final = frozenset({".pyc", ".pyi", ".typed", ".js", ".css"})
_DISTRIBUTION_INFO: Final = ".dist-info"
_BESIDE: Final = ("inference", "monitor_engine", "smoke_test")
"""What the orchestrator does not import but packs for others to run; earlier releases have not all of it."""


@dataclass(frozen=True)
class Bundle:
    """Files of the bundle, sorted by name."""

    files: tuple[tuple[str, bytes], ...]

    def zipped(self) -> bytes:
        """Return the files as a zip archive."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files:
                entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
                entry.create_system = _ZIP_FROM_UNIX
                entry.external_attr = _FILE_MODE
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()


def collect(source: Path, installed: Path, templates: Path) -> Bundle:
    """Collect `source` with what stands beside it, dependencies from `installed`, and templates to deploy."""
    files = {**dict(of_source(source).files), **dict(_deployed(templates))}
    for name, content in _contents(installed):
        bundled = _bundled_name(PurePosixPath(name))
        if bundled is not None:
            files[bundled] = content
    return Bundle(tuple(sorted(files.items())))


def of_source(source: Path) -> Bundle:
    """Collect only the package in `source`, and beside it what runs elsewhere."""
    packages = (source, *(source.parent / name for name in _BESIDE))
    files = ((f"{package.name}/{name}", content) for package in packages for name, content in _contents(package))
    return Bundle(tuple(sorted(files)))


def build(platform: Platform) -> Bundle:
    """Collect the bundle of this checkout. Raise DependencyError."""
    return collect(paths.BUNDLE_SOURCE, dependencies.folder(platform), paths.TEMPLATES)


def write(bundle: Bundle, target: Path = paths.DIST / BUNDLE_NAME) -> bytes:
    """Write the archive and return its bytes."""
    content = bundle.zipped()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return content


def _deployed(templates: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the templates that requests deploy. Those above their folders are launched by people."""
    for path in templates.glob("*/*.yaml"):
        yield f"{templates.name}/{path.relative_to(templates).as_posix()}", path.read_bytes()


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.is_file() and not _LEFT_OUT_FOLDERS & set(relative.parts) and path.suffix not in _LEFT_OUT_SUFFIXES:
            yield relative.as_posix(), path.read_bytes()


def _bundled_name(name: PurePosixPath) -> str | None:
    """Return a file's name in the bundle: licences are moved, other installer records left out (None)."""
    if not name.parts[0].endswith(_DISTRIBUTION_INFO):
        return str(name)
    if not name.name.upper().startswith(("LICENSE", "LICENCE", "NOTICE", "COPYING")):
        return None
    return f"licenses/{name.parts[0].removesuffix(_DISTRIBUTION_INFO)}/{name.name}"


def main() -> int:
    """Build the bundle, and show its size and SHA-256."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.packaging.bundle", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--platform", choices=dependencies.PLATFORMS, default="lambda", help="where it will run")
    platform: Platform = parser.parse_args().platform
    target = paths.DIST / BUNDLE_NAME
    try:
        content = write(build(platform), target)
    except dependencies.DependencyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    digest = hashlib.sha256(content).hexdigest()
    sys.stdout.write(f"{target}: {len(content) / 1e6:.2f} MB for {platform}, SHA-256 {digest}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
