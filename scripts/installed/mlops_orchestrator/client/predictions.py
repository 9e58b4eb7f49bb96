# SPDX-License-Identifier: Apache-2.0
"""Predictions of a deployed model: rows in any common form to what its API takes, and its answer back.

https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mlops_orchestrator.aws.api_client import Answer, SignedClient
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.errors import Failed

CSV: Final = "text/csv"
JSON: Final = "application/json"
URL_OUTPUT: Final = "InferenceApiUrl"
"""Output of a deployed stack with the address for predictions."""


class DataFrame(Protocol):
    """What a pandas DataFrame has; pandas itself is not needed."""

    def to_csv(self, *, index: bool, header: bool) -> str | None:
        """Return the rows as CSV."""


Rows = Iterable[Iterable[object]]
Data = DataFrame | Rows | str | bytes
"""Rows to predict for: a DataFrame, a list of lists, an array of two dimensions, or text as the model reads it."""


@dataclass(frozen=True)
class Prediction:
    """What the model answered."""

    content: bytes

    @property
    def text(self) -> str:
        """Answer as text."""
        return self.content.decode(errors="replace")

    @property
    def rows(self) -> list[list[str]]:
        """Answer as the rows of a CSV text."""
        return [row for row in csv.reader(io.StringIO(self.text)) if row]

    @property
    def numbers(self) -> list[float]:
        """Every number of an answer in CSV, or of lists in JSON, in order. Raise ValueError if it has other values."""
        return [float(cell.strip(" []")) for row in self.rows for cell in row]

    def json(self) -> Any:
        """Answer as decoded JSON. Raise ValueError if it is none."""
        return json.loads(self.content)

    def __str__(self) -> str:
        return self.text


def predict(client: SignedClient, url: str, data: Data, content_type: str | None) -> Prediction:
    """Ask an inference API. Raise RequestRefused or Failed."""
    payload = text(data)
    asked = {"payload": payload, "content_type": content_type or _type_of(payload)}
    status, content = client.post(url, json.dumps(asked).encode())
    if status == 200:
        return Prediction(content)
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Failed(f"{url} answered {status}, and not in JSON: {content[:200]!r}")
    accepted(Answer(status, body))
    raise Failed(f"{url} answered {status}: {content[:200]!r}")


def text(data: Data) -> str:
    """Return rows as CSV without header, and text as it is."""
    if isinstance(data, str):
        return data
    if isinstance(data, bytes):
        return data.decode()
    to_csv = getattr(data, "to_csv", None)
    if to_csv is not None:
        return str(to_csv(index=False, header=False))
    rows: Iterable[Any] = data.tolist() if hasattr(data, "tolist") else data  # type: ignore[assignment]
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(_row(row) for row in rows)
    return written.getvalue()


def _row(row: Any) -> list[object]:
    if isinstance(row, str | bytes) or not isinstance(row, Iterable):
        raise TypeError(f"rows are lists of values; this is none: {row!r}. One row alone is [row]")
    return list(row.values()) if isinstance(row, dict) else list(row)


def _type_of(payload: str) -> str:
    try:
        decoded = json.loads(payload)
    except ValueError:
        return CSV
    return JSON if isinstance(decoded, dict | list) else CSV
