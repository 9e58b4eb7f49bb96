# SPDX-License-Identifier: Apache-2.0
"""Data for the benchmark of monitors: a baseline as CSV, and a window as captures, written as a stream."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

COLUMNS: Final = 20
"""Numbers of a record: the answer, and the features of the request."""
SHIFTED: Final = ("feature_4", "feature_11")
"""Features whose values in the window are one standard deviation higher than in the baseline."""
START: Final = datetime(2026, 11, 24, 15, tzinfo=UTC)
END: Final = START + timedelta(hours=1)
_NAMES: Final = ("prediction", *(f"feature_{number}" for number in range(1, COLUMNS)))
_FOLDER: Final = "AllTraffic/2026/11/24/15"
# Of a file: at a megabyte or more an endpoint begins the next one.
_RECORDS: Final = 20_000
# Values are whole ten-thousandths from -6 to 6, so that the text of each is made once.
_SCALE: Final = 10_000
_FARTHEST: Final = 6 * _SCALE
_TEXTS: Final = [f"{value / _SCALE:.4f}" for value in range(-_FARTHEST, _FARTHEST + 1)]
_RECORD: Final = (
    '{{"captureData":{{"endpointInput":{{"observedContentType":"text/csv","mode":"INPUT","data":"{sent}",'
    '"encoding":"CSV"}},"endpointOutput":{{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT",'
    '"data":"{answered}","encoding":"CSV"}}}},"eventMetadata":{{"eventId":"{id}","inferenceTime":"{time}"}},'
    '"eventVersion":"0"}}\n'
)
_Numbers = npt.NDArray[np.float64]
_Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Data:
    """Where the data is."""

    folder: Path

    @property
    def baseline(self) -> Path:
        """CSV with a header."""
        return self.folder / "baseline" / "train.csv"

    def captures(self, records: int) -> Path:
        """Folder of a window with so many records."""
        return self.folder / f"captures-{records}"

    @property
    def arrays(self) -> Path:
        """The numbers of both as numpy's files, for what has its data in memory."""
        return self.folder / "arrays"


def write_baseline(data: Data, rows: int) -> None:
    """Write a baseline of independent normal numbers, and its array."""
    data.baseline.parent.mkdir(parents=True)
    data.arrays.mkdir()
    places = _drawn(np.random.default_rng(1), rows, ())
    with data.baseline.open("w", encoding="ascii") as file:
        file.write(f"{','.join(_NAMES)}\n")
        file.writelines(f"{','.join(_row(row))}\n" for row in places.tolist())
    np.save(data.arrays / "reference.npy", _values(places))


def write_captures(data: Data, records: int, *, with_array: bool) -> int:
    """Write a window, file by file, and its array if asked for; return the bytes of the captures."""
    folder = data.captures(records) / _FOLDER
    folder.mkdir(parents=True)
    random, size = np.random.default_rng(2), 0
    array = _array(data.arrays / "current.npy", records) if with_array else None
    for first in range(0, records, _RECORDS):
        places = _drawn(random, min(_RECORDS, records - first), SHIFTED)
        path = folder / f"{first:09d}.jsonl"
        with path.open("w", encoding="ascii") as file:
            file.writelines(_records(places, first, records))
        size += path.stat().st_size
        if array is not None:
            array[first : first + len(places)] = _values(places)
    return size


def _array(path: Path, records: int) -> _Numbers:
    # In the file, not in memory.
    opened: _Numbers = np.lib.format.open_memmap(path, "w+", np.float64, (records, COLUMNS))
    return opened


def _records(places: _Places, first: int, of: int) -> Iterator[str]:
    for number, row in enumerate(places.tolist(), first):
        answered, *sent = _row(row)
        time = START + timedelta(seconds=number * 3_600 // of)
        yield _RECORD.format(
            sent=",".join(sent), answered=answered, id=uuid.UUID(int=number), time=time.strftime("%Y-%m-%dT%H:%M:%SZ")
        )


def _row(places: list[int]) -> list[str]:
    return [_TEXTS[place] for place in places]


def _drawn(random: np.random.Generator, rows: int, shifted: tuple[str, ...]) -> _Places:
    """Places of the numbers among the texts."""
    means = np.array([float(name in shifted) for name in _NAMES])
    drawn = np.rint(random.normal(means, 1.0, (rows, COLUMNS)) * _SCALE).astype(np.int64)
    return np.clip(drawn, -_FARTHEST, _FARTHEST) + _FARTHEST


def _values(places: _Places) -> _Numbers:
    values: _Numbers = (places - _FARTHEST) / _SCALE
    return values


def names() -> list[str]:
    """Return the columns of the baseline, and of the arrays."""
    return list(_NAMES)
