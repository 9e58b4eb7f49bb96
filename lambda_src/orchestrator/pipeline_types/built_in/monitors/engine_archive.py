# SPDX-License-Identifier: Apache-2.0
"""The open engine of monitors as the archive that their jobs run, packed from its sources in the bundle.

Its bytes follow from the sources alone. The files are stored, not compressed: zlib's output is not the same everywhere,
and another digest would be another baseline.
"""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PACKAGE: Final = "monitor_engine"
FILE: Final = f"{PACKAGE}.zip"

# Beside the orchestrator, in the bundle as in a checkout.
_SOURCE: Final = Path(__file__).resolve().parents[4] / PACKAGE
# The oldest date a zip can hold.
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_FILE_MODE: Final = 0o644 << 16
_LEFT_OUT_FOLDERS: Final = frozenset({"__pycache__", "tests"})
_LEFT_OUT_SUFFIXES: Final = frozenset({".pyc", ".pyi", ".typed"})


@dataclass(frozen=True)
class Archive:
    """A zip archive with the package `monitor_engine`."""

    content: bytes

    @functools.cached_property
    def digest(self) -> str:
        """Its SHA-256, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@functools.cache
def packed(source: Path = _SOURCE) -> Archive:
    """Return the archive; it is packed once in a process, when a request first needs it."""
    import zipfile  # noqa: PLC0415  most requests need none

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(_files(source)):
            entry = zipfile.ZipInfo(f"{PACKAGE}/{name}", _ZIP_EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _FILE_MODE
            archive.writestr(entry, content)
    return Archive(buffer.getvalue())


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    for path in source.rglob("*"):
        relative = path.relative_to(source)
        if path.is_file() and not _LEFT_OUT_FOLDERS & set(relative.parts) and path.suffix not in _LEFT_OUT_SUFFIXES:
            yield relative.as_posix(), path.read_bytes()
