# SPDX-License-Identifier: Apache-2.0
"""Cache folder of the user for results that take long to make. Their names hold a digest and determine them.

The folder is `MLOPS_CACHE`, or `mlops-workload-orchestrator` in the system's cache folder. If that cannot be used, or
others could write to it, it is a temporary folder of this process. Deleting it costs time only.
"""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import stat
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

FOLDER: Final = "MLOPS_CACHE"
WORTHWHILE_BYTES: Final = 256 * 1024
"""Least size of code to keep: smaller code unpacks quickly, and experiments would displace entries in use."""
BUILD: Final = "build"
"""Folder beside the entries that is not tidied: its contents need a network to be made again."""
_NAME: Final = "mlops-workload-orchestrator"
# Each release makes two entries, and so does each change of the source during development.
_KEPT: Final = 12
_UNFINISHED: Final = ".unfinished-"
_UNFINISHED_SECONDS: Final = 3600


class Entry:
    """Folder of the cache that is not deleted while this object is referred to, until `close`."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.close = weakref.finalize(self, os.close, lock)


def entry(name: str, fill: Callable[[Path], None], is_whole: Callable[[Path], bool]) -> Entry:
    """Return the folder of a name, filled by `fill` if it is missing or not whole, as after a power cut.

    Any number of processes may ask for one name at once. Raises what `fill` raises.
    """
    path = folder() / name
    while True:
        found = _held(path)
        if found is not None and is_whole(found.path):
            os.utime(path)
            return found
        with _unfinished(path.parent) as fresh:
            fill(fresh)
            # Either is refused if another process was quicker: its entry is as good.
            with suppress(OSError):
                if found is not None:
                    path.rename(fresh.with_name("damaged"))
                fresh.rename(path)
        _tidy(path.parent)


def folder() -> Path:
    """Return the folder of the cache."""
    given, system = os.environ.get(FOLDER), os.environ.get("XDG_CACHE_HOME")
    with suppress(OSError, RuntimeError):
        path = Path(given).absolute() if given else Path(system or Path.home() / ".cache").absolute() / _NAME
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_ours_alone(path):
            with _unfinished(path), _locked(path, fcntl.LOCK_SH):
                return path
    return Path(_of_this_process().name)


def _is_ours_alone(path: Path) -> bool:
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


@functools.cache
def _of_this_process() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix=f"{_NAME}-", ignore_cleanup_errors=True)


def _held(path: Path) -> Entry | None:
    """Lock an entry against deletion and return it; None if there is none."""
    with suppress(FileNotFoundError):
        lock = _lock(path, fcntl.LOCK_SH)
        found = Entry(path, lock)
        # An entry deleted while this waited for its lock is gone, or another folder now.
        if os.path.samestat(path.stat(), os.fstat(lock)):
            return found
    return None


def _lock(path: Path, kind: int) -> int:
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, kind)
    except OSError:
        os.close(opened)
        raise
    return opened


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    lock = _lock(path, kind)
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def _unfinished(root: Path) -> Iterator[Path]:
    """Make a new folder beside the entries, and remove it at the end unless it was renamed."""
    with tempfile.TemporaryDirectory(dir=root, prefix=_UNFINISHED, ignore_cleanup_errors=True) as parent:
        fresh = Path(parent) / "fresh"
        fresh.mkdir()
        yield fresh


def _tidy(root: Path) -> None:
    """Delete entries unused for longest, but none in use, and leftovers of interrupted processes."""
    found = sorted((path for path in root.iterdir() if path.name != BUILD), key=_last_used)
    for old in [path for path in found if not path.name.startswith(_UNFINISHED)][:-_KEPT]:
        with suppress(OSError), _unfinished(root) as bin_, _locked(old, fcntl.LOCK_EX | fcntl.LOCK_NB):
            old.rename(bin_.with_name("old"))
    for left in found:
        if left.name.startswith(_UNFINISHED) and _last_used(left) < time.time() - _UNFINISHED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _last_used(path: Path) -> float:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return time.time()
