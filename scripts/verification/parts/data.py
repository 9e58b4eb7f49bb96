# SPDX-License-Identifier: Apache-2.0
"""The data of the main job: cell samples, whose first column says whether they are malignant (1) or not (0)."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Sequence
from typing import Final

from scripts import paths
from scripts.verification.scene import Scene

_FILE: Final = paths.ROOT / "scripts" / "demo" / "demo_data" / "breast_cancer.csv"
_HOLDOUT_EVERY: Final = 5
LABEL: Final = "malignant"
TRAINING: Final = "verify/training.csv"
VALIDATION: Final = "verify/validation.csv"

Row = tuple[str, ...]


@functools.cache
def _table() -> tuple[Row, tuple[Row, ...]]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return tuple(header), tuple(map(tuple, rows))


def header() -> Row:
    """The names of the columns, the label first."""
    return _table()[0]


def learned() -> tuple[Row, ...]:
    """The rows to learn from, each with its label first."""
    return tuple(row for number, row in enumerate(_table()[1]) if number % _HOLDOUT_EVERY)


def held_out() -> tuple[Row, ...]:
    """The rows that no model has seen, each with its label first."""
    return _table()[1][::_HOLDOUT_EVERY]


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as SageMaker reads them."""
    return "".join(f"{','.join(row)}\n" for row in rows).encode()


def stored(scene: Scene, key: str, content: bytes, root: str = "") -> str:
    """Put an object into the assets bucket, and return its key."""
    scene.aws.client("s3").put_object(Bucket=scene.outputs(root)["AssetsBucketName"], Key=key, Body=content)
    return key
