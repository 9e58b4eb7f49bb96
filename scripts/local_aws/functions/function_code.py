# SPDX-License-Identifier: Apache-2.0
"""Code of a function, in a folder that its processes import from."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts import user_cache

_READ_ONLY = 0o444
# Where a zip's entry has the mode of Unix, and its bits for execution.
_MODE, _RUNS = 16, 0o111


@dataclass(frozen=True)
class CodeFolder:
    """Folder that exists until it is closed, so that a process may import from it as long as it runs."""

    path: Path
    close: Callable[[], object]


def unpacked(code: bytes) -> CodeFolder:
    """Unpack a zip file.

    Large ones are kept in the user's cache, where Python also leaves compiled code. Their files are read-only, as on
    Lambda. What may be executed by its mode in the archive may be here, too.
    """
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        if len(code) < user_cache.WORTHWHILE_BYTES:
            # A process that is about to end may still write; cleaning up ignores that.
            folder = tempfile.TemporaryDirectory(prefix="local-aws-function-", ignore_cleanup_errors=True)
            archive.extractall(folder.name)
            _let_run(archive, Path(folder.name))
            return CodeFolder(Path(folder.name), folder.cleanup)
        name = f"code-{hashlib.sha256(code).hexdigest()}"
        entry = user_cache.entry(name, lambda path: _unpack(archive, path), lambda path: _is_whole(archive, path))
    return CodeFolder(entry.path, entry.close)


def _unpack(archive: zipfile.ZipFile, path: Path) -> None:
    archive.extractall(path)
    for member in archive.infolist():
        if not member.is_dir():
            (path / member.filename).chmod(_READ_ONLY)
    _let_run(archive, path)


def _let_run(archive: zipfile.ZipFile, path: Path) -> None:
    for member in archive.infolist():
        if runs := member.external_attr >> _MODE & _RUNS:
            file = path / member.filename
            file.chmod(file.stat().st_mode | runs)


def _is_whole(archive: zipfile.ZipFile, path: Path) -> bool:
    try:
        sizes = {one.filename: (path / one.filename).stat().st_size for one in archive.infolist() if not one.is_dir()}
    except FileNotFoundError:
        return False
    return sizes == {one.filename: one.file_size for one in archive.infolist() if not one.is_dir()}
