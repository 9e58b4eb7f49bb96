# SPDX-License-Identifier: Apache-2.0
"""Filters of a transform job on lines of CSV: which columns the model gets, and which the output has.

A row is an array for the filters. Joined, it is the row followed by the model's answer.
https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.sagemaker.exceptions import ValidationError

_WHOLE = "$"
_SELECTION = re.compile(r"\$\[(?P<parts>-?\d*(:-?\d*)?(,-?\d*(:-?\d*)?)*)\]")


class FilterError(Exception):
    """Raised for rows and answers that cannot be joined."""


@dataclass(frozen=True)
class Filters:
    """The three members of DataProcessing."""

    of_input: str
    of_output: str
    is_joined: bool

    @classmethod
    def of(cls, processing: Mapping[str, Any]) -> Filters:
        """Read them as CreateTransformJob takes them."""
        return cls(
            processing.get("InputFilter") or _WHOLE,
            processing.get("OutputFilter") or _WHOLE,
            processing.get("JoinSource") == "Input",
        )

    def for_model(self, batch: bytes) -> bytes:
        """Return the rows as the model gets them."""
        return batch if self.of_input == _WHOLE else _written(_selected(_rows(batch), self.of_input))

    def joined(self, batch: bytes, answer: bytes) -> bytes:
        """Return the rows of the output; raise FilterError."""
        rows = _rows(answer)
        if self.is_joined:
            given = _rows(batch)
            if len(given) != len(rows):
                raise FilterError(f"{len(given)} records cannot be joined with {len(rows)} answers of the model")
            rows = [one + other for one, other in zip(given, rows, strict=True)]
        return _written(_selected(rows, self.of_output))


def check(request: Mapping[str, Any]) -> None:
    """Raise SageMaker's ValidationError for filters that it does not take, or that need rows where there are none."""
    processing = request.get("DataProcessing") or {}
    for name in ("InputFilter", "OutputFilter"):
        given = processing.get(name) or _WHOLE
        if given != _WHOLE and not _SELECTION.fullmatch(given):
            raise ValidationError(
                f"The local AWS takes filters of columns, such as $[1:] or $[0,-1]; {name} is {given}."
            )
    if processing.get("JoinSource", "None") == "None":
        return
    source, output = request["TransformInput"], request["TransformOutput"]
    if source.get("ContentType") != output.get("Accept"):
        raise ValidationError("To join input and output, ContentType of the input must be the Accept of the output.")
    if source.get("SplitType", "None") != output.get("AssembleWith", "None"):
        raise ValidationError("To join input and output, AssembleWith must be the SplitType.")


def _rows(content: bytes) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(content.decode())) if row]


def _written(rows: Iterable[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _selected(rows: list[list[str]], expression: str) -> list[list[str]]:
    found = _SELECTION.fullmatch(expression)
    if found is None:
        return rows
    parts = found["parts"].split(",")
    return [[value for part in parts for value in _part(row, part)] for row in rows]


def _part(row: list[str], part: str) -> list[str]:
    if ":" in part:
        start, stop = (int(bound) if bound else None for bound in part.split(":"))
        return row[start:stop]
    index = int(part)
    return [row[index]] if -len(row) <= index < len(row) else []
