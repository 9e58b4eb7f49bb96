# SPDX-License-Identifier: Apache-2.0
"""The open engine of monitors as the archive that their jobs run, packed from its sources in the bundle.

Another digest would be another baseline.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.plan import archives

PACKAGE: Final = "monitor_engine"
FILE: Final = f"{PACKAGE}.zip"

# Beside the orchestrator, in the bundle as in a checkout.
_SOURCE: Final = Path(__file__).resolve().parents[4] / PACKAGE
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
    return Archive(archives.stored((f"{PACKAGE}/{name}", content) for name, content in _files(source)))


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    for path in source.rglob("*"):
        relative = path.relative_to(source)
        if path.is_file() and not _LEFT_OUT_FOLDERS & set(relative.parts) and path.suffix not in _LEFT_OUT_SUFFIXES:
            yield relative.as_posix(), path.read_bytes()
