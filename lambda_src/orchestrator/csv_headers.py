# SPDX-License-Identifier: Apache-2.0
"""The header of a CSV file in S3, read from its first bytes only: a baseline may have any size (lesson 14).

UTF-8, with or without a byte order mark, and any line endings. Names may be quoted and hold commas and line ends.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from orchestrator.errors import Problem, RefusedRequestError

Header = tuple[str, ...]
"""The values of a file's first record."""

_FIRST_READ: Final = 64 * 1024
_LONGEST_READ: Final = 1024 * 1024
"""Bytes; a longer header is refused."""
_OTHER_ENCODINGS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class CsvFile:
    """A CSV file that a request names."""

    request_key: str
    """The key of the request that names it."""
    bucket: str
    object_key: str
    has_rows: bool = True
    """Whether records must follow the first one."""


class _Beginning(Protocol):
    @property
    def content(self) -> bytes: ...
    @property
    def is_whole(self) -> bool: ...


Fetch = Callable[[str, str, int], _Beginning | None]
"""Bucket, key, bytes at most -> the first bytes of an object, or `None` if there is no such object."""


class UnreadableHeaderError(ValueError):
    """The header of a file cannot be read; `str()` gives the reason and the remedy."""


def read(files: Sequence[CsvFile], fetch: Fetch) -> dict[CsvFile, Header]:
    """Return the header of each file; raises `RefusedRequestError` with every file that has none."""
    headers: dict[CsvFile, Header] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            headers[file] = _read(file, fetch)
        except UnreadableHeaderError as error:
            problems.append(Problem(file.request_key, str(error)))
    if problems:
        raise RefusedRequestError(problems)
    return headers


def _read(file: CsvFile, fetch: Fetch) -> Header:
    for longest in (_FIRST_READ, _LONGEST_READ):
        found = fetch(file.bucket, file.object_key, longest)
        if found is None:
            raise UnreadableHeaderError(
                f"there is no {file.object_key} in the assets bucket {file.bucket}: upload the file first, and give "
                "its key without bucket and s3://"
            )
        header = header_of(found.content, is_whole=found.is_whole, has_rows=file.has_rows)
        if header is not None:
            return header
    raise UnreadableHeaderError(
        f"{file.object_key} has no header within its first {_LONGEST_READ} bytes: the first line must name the columns"
    )


def header_of(content: bytes, *, is_whole: bool, has_rows: bool = True) -> Header | None:
    """Return the first record in a file's first bytes; `None` if they end before the record does.

    Raises `UnreadableHeaderError` when the file is empty, is not CSV in UTF-8, or has no record after the first one
    although it must.
    """
    text = _decoded(content, is_whole)
    if not text.strip():
        raise UnreadableHeaderError("the file is empty: it must be a CSV file whose first line names the columns")
    lines = io.StringIO(text, newline="").readlines()
    reader = csv.reader(lines, strict=True)
    try:
        header = tuple(next(reader))
    except csv.Error as error:
        if not is_whole:
            return None
        raise UnreadableHeaderError(
            f"its first line is not CSV ({error}): close quotes, and double those inside"
        ) from error
    rest = lines[reader.line_num :]
    if not rest and not is_whole:
        return None
    if not any(name.strip() for name in header):
        raise UnreadableHeaderError("its first line is empty: it must name the columns")
    if has_rows and is_whole and not any(line.strip() for line in rest):
        raise UnreadableHeaderError("the file has a header and no records: the baseline is computed from records")
    return header


def _decoded(content: bytes, is_whole: bool) -> str:
    if content.startswith(_OTHER_ENCODINGS):
        raise UnreadableHeaderError("the file is in UTF-16: save it as CSV in UTF-8")
    try:
        # Not final: the last character may end in bytes that were not read.
        return codecs.getincrementaldecoder("utf-8-sig")().decode(content, final=is_whole)
    except UnicodeDecodeError as error:
        raise UnreadableHeaderError(
            f"the file is not in UTF-8 (byte {error.start} begins no character): save it as CSV in UTF-8, uncompressed"
        ) from error
