# SPDX-License-Identifier: Apache-2.0
"""Zip archives whose bytes follow from their files alone.

The files are stored, not compressed: zlib's output is not the same everywhere, and another digest would be another
object to deploy.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Final

# The oldest date a zip can hold.
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_FILE_MODE: Final = 0o644 << 16
_PROGRAM_MODE: Final = 0o755 << 16


def stored(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return an archive of files, given as names and contents. Those that begin with `#!` may be executed."""
    import zipfile  # noqa: PLC0415  most requests need none

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files):
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _PROGRAM_MODE if content.startswith(b"#!") else _FILE_MODE
            archive.writestr(entry, content)
    return buffer.getvalue()
