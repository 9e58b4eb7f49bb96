# SPDX-License-Identifier: Apache-2.0
"""The rows against which SHAP values are told: given, in a file, or picked from the data by its clusters."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from monitor_engine import storage
from monitor_engine.data.columns import Numbers
from monitor_engine.problems import EngineError
from monitor_engine.storage import Folder

Row = tuple[str, ...]
_FEW: Final = 5
"""Rows of the data that are the background where the configuration names nothing."""
_MOST: Final = 1_000
"""Rows of a file."""
_CLUSTERED: Final = 2_000
"""Rows whose clusters are looked for."""


def read(stated: Any, features: Sequence[str]) -> tuple[Row, ...]:
    """Return the rows of a configuration: lists or objects of values, or those of a file of CSV. Raise EngineError."""
    rows = _of_file(stated, features) if isinstance(stated, str) else [_row(row, features) for row in stated or ()]
    wrong = next((row for row in rows if len(row) != len(features)), None)
    if wrong is not None:
        raise EngineError(f"a row of SHAP's baseline has {len(wrong)} values for {len(features)} features")
    return tuple(rows)


def picked(rows: Sequence[Row], clusters: int, seed: int) -> tuple[Row, ...]:
    """Return the first of some rows, or with clusters the row of each that is nearest to its middle."""
    if not clusters:
        return tuple(rows[:_FEW])
    # scikit-learn takes a second to import.
    from sklearn.cluster import KMeans  # noqa: PLC0415

    some = rows[:_CLUSTERED]
    places = _places(some)
    number = min(clusters, len(np.unique(places, axis=0)))
    found = KMeans(number, n_init=3, random_state=seed).fit(places)
    nearest = {int(np.square(places - middle).sum(axis=1).argmin()) for middle in found.cluster_centers_}
    return tuple(some[place] for place in sorted(nearest))


def _row(row: Any, features: Sequence[str]) -> Row:
    values = [row[name] for name in features] if isinstance(row, Mapping) else row
    return tuple("" if cell is None else str(cell) for cell in values)


def _of_file(where: str, features: Sequence[str]) -> list[Row]:
    place = storage.location(where)
    with tempfile.TemporaryDirectory(prefix="monitor-") as folder:
        path = Path(folder, "baseline.csv") if isinstance(place, Folder) else place
        if (isinstance(place, Folder) and not storage.bring(place, path)) or not path.is_file():
            raise EngineError(f"there is no file at {where}, which shap_config.baseline names")
        try:
            with storage.text(path, newline="") as file:
                rows = [tuple(row) for row in csv.reader(file, strict=True) if row]
        except (UnicodeDecodeError, csv.Error) as error:
            raise EngineError(f"{where} is no CSV in UTF-8, which shap_config.baseline needs: {error}") from error
    # With or without a header.
    rows = rows[1:] if rows and rows[0] == tuple(features) else rows
    if not rows:
        raise EngineError(f"{where} has no rows, which shap_config.baseline needs")
    if len(rows) > _MOST:
        raise EngineError(f"{where} has {len(rows)} rows, and SHAP's baseline may have {_MOST}: give fewer")
    return rows


def _places(rows: Sequence[Row]) -> Numbers:
    """Rows as points: numbers in standard deviations from their mean, texts as one of their frequent values."""
    columns: list[Numbers] = []
    for cells in zip(*rows, strict=True):
        numbers = _numbers(cells)
        if numbers is not None:
            columns.append((numbers - numbers.mean()) / (numbers.std() or 1.0))
            continue
        values, counts = np.unique(np.array(cells, dtype=str), return_counts=True)
        frequent = values[np.argsort(-counts, kind="stable")][:20]
        columns += [np.array([float(cell == value) for cell in cells]) for value in frequent]
    return np.array(columns).T


def _numbers(cells: Sequence[str]) -> Numbers | None:
    try:
        found = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    return found if np.isfinite(found).all() else None
