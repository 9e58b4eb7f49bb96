# SPDX-License-Identifier: Apache-2.0
"""Where data lies: on this machine, or in S3, whose objects are fetched side by side, a few ahead of their reader."""

from __future__ import annotations

import gzip
import re
import tempfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, TextIO, cast

from monitor_engine.problems import EngineError

_SCHEME: Final = "s3://"
_AT_ONCE: Final = 8
"""Objects that are fetched at the same time, and that lie on the disk before they are read."""
_BLOCK: Final = 1 << 20
"""Bytes of lines that are read at once."""
_GZIP: Final = b"\x1f\x8b"
_YEAR: Final = re.compile(r"\d{4}")
_LONGEST_NAME: Final = 120
_LINES: Final = frozenset({".jsonl", ".json", ".gz", ""})
"""Ends of the names of files that have records."""


@dataclass(frozen=True)
class Folder:
    """An object of S3, or all those below a prefix."""

    bucket: str
    prefix: str
    """Without a slash at its end."""

    def __str__(self) -> str:
        return f"{_SCHEME}{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def name(self) -> str:
        """The last part of the prefix."""
        return self.prefix.rpartition("/")[2] or self.bucket

    def below(self, *parts: str) -> Folder:
        """Return the folder or object under a path."""
        return Folder(self.bucket, "/".join(part for part in (self.prefix, *parts) if part))

    @property
    def inside(self) -> str:
        """What the keys of its objects begin with."""
        return f"{self.prefix}/" if self.prefix else ""


Location = Path | Folder


def location(text: str) -> Location:
    """Return the place that a path or an `s3://` URI names. Raise EngineError for a URI without bucket."""
    if not text.startswith(_SCHEME):
        return Path(text)
    bucket, _, prefix = text.removeprefix(_SCHEME).partition("/")
    if not bucket:
        raise EngineError(f"{text!r} names no bucket: give s3://<bucket>/<prefix>")
    return Folder(bucket, prefix.strip("/"))


def files(place: Location) -> Iterator[Path]:
    """Yield all files of a place in the order of their names. Those of S3 are gone when the next one is asked for."""
    if isinstance(place, Folder):
        yield from _fetched(place.bucket, _all_keys(place))
    elif place.is_file():
        yield place
    else:
        yield from sorted(path for path in place.rglob("*") if path.is_file())


def hourly(place: Folder, first: str, end: str = "") -> Iterator[Path]:
    """Yield the files in folders like `2026/11/24/15`, from the first to before the end, of all folders of a place.

    These are those of an endpoint's variants; the hours may also lie in the place itself. The names sort by time, so
    that the objects of these hours alone are listed, 1,000 at a time, however many hours there are.
    """
    from monitor_engine import aws  # noqa: PLC0415 - a second to import, which no baseline needs

    parts = aws.folders(place.bucket, place.inside)
    years = [part for part in parts if _YEAR.fullmatch(part)]
    roots = ([place] if years else []) + [place.below(part) for part in parts if part not in years]
    yield from _fetched(place.bucket, (key for root in roots for key in _keys_between(root, first, end)))


def bring(place: Folder, path: Path) -> bool:
    """Write an object to a file; False if there is none. Raise EngineError."""
    from monitor_engine import aws  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    return aws.fetch(place.bucket, place.prefix, path)


def send(path: Path, place: Folder, kms_key: str = "") -> None:
    """Write a file to an object, encrypted with a key if one is given. Raise EngineError."""
    from monitor_engine import aws  # noqa: PLC0415

    aws.send(path, place.bucket, place.prefix, kms_key)


def opened(path: Path) -> BinaryIO:
    """Open a file to be read, also one that is compressed with gzip."""
    with path.open("rb") as file:
        is_compressed = file.read(2) == _GZIP
    return cast(BinaryIO, gzip.open(path)) if is_compressed else path.open("rb")


@contextmanager
def text(path: Path, newline: str | None = None) -> Iterator[TextIO]:
    """Open a file of text in UTF-8, with or without byte order mark, as `opened` does. Raise EngineError."""
    with _whole(path), TextIOWrapper(opened(path), encoding="utf-8-sig", newline=newline) as file:
        yield file


def blocks(path: Path) -> Iterator[list[bytes]]:
    """Yield the lines of a file, some of them at a time, so that long ones are few. Raise EngineError."""
    with _whole(path), opened(path) as file:
        while lines := file.readlines(_BLOCK):
            yield lines


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise EngineError(
            f"{path.name} is compressed with gzip and cannot be read to its end ({error}): store it again"
        ) from error


def has_lines(name: str) -> bool:
    """Whether a file may have records, by its name."""
    return Path(name).suffix in _LINES


def _all_keys(place: Folder) -> Iterator[str]:
    from monitor_engine import aws  # noqa: PLC0415

    keys = aws.keys(place.bucket, place.prefix)
    return (key for key in keys if key == place.prefix or key.startswith(place.inside))


def _keys_between(root: Folder, first: str, end: str) -> Iterator[str]:
    from monitor_engine import aws  # noqa: PLC0415

    last = f"{root.inside}{end}"
    for key in aws.keys(root.bucket, root.inside, f"{root.inside}{first}"):
        if end and key >= last:
            return
        if has_lines(key):
            yield key


def _fetched(bucket: str, keys: Iterable[str]) -> Iterator[Path]:
    from monitor_engine import aws  # noqa: PLC0415

    remaining = enumerate(keys)
    with tempfile.TemporaryDirectory(prefix="monitor-") as folder, ThreadPoolExecutor(_AT_ONCE) as pool:

        def fetch(number: int, key: str) -> Path:
            path = Path(folder, str(number), _file_name(key))
            path.parent.mkdir()
            if not aws.fetch(bucket, key, path):
                # It was deleted since it was listed.
                path.touch()
            return path

        ahead: deque[Future[Path]] = deque()
        try:
            while True:
                some = islice(remaining, _AT_ONCE - len(ahead))
                ahead.extend(pool.submit(fetch, number, key) for number, key in some)
                if not ahead:
                    return
                path = ahead.popleft().result()
                yield path
                path.unlink()
                path.parent.rmdir()
        finally:
            for waiting in ahead:
                waiting.cancel()


def _file_name(key: str) -> str:
    name = key.rpartition("/")[2][-_LONGEST_NAME:]
    return name if name.strip(".") else "object"
