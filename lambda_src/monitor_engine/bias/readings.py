# SPDX-License-Identifier: Apache-2.0
"""Records of a bias analysis: a baseline's rows, or captured requests with answers and the labels that came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from monitor_engine.bias import predictions
from monitor_engine.bias.configuration import Configuration, Predicting, normal
from monitor_engine.bias.tallies import Tallies
from monitor_engine.contract import CSV, PARTS, Attributes, Job
from monitor_engine.data import attributes, captures, columns, csv_files, dataset, ground_truth, payloads
from monitor_engine.data.captures import Reading, Record
from monitor_engine.data.payloads import Row, UnreadableError
from monitor_engine.problems import EngineError

_OUTPUT, _INPUT = PARTS
# A column of numbers with more values than this is compared with a threshold, where one number is given.
_FEW: Final = 20


@dataclass
class Read:
    """What was read."""

    tallies: Tallies
    reading: Reading = field(default_factory=Reading)
    remarks: list[str] = field(default_factory=list)


def of_baseline(job: Job, stated: Configuration) -> Read:
    """Return the counts of a CSV file's rows, predictions included if the attributes name their column."""
    if job.format.kind != CSV or not job.format.has_header:
        raise EngineError("a baseline of bias is a CSV file with a header")
    given = job.attributes
    if stated.predicting is not None and not (given.inference or given.probability):
        return _asked(job, stated, stated.predicting)
    read = Read(Tallies(stated.with_thresholds(_continuous(job, stated))))
    needed = {stated.label, *(facet.name for facet in stated.facets), stated.group, given.inference, given.probability}
    for path in dataset.files(job.source):
        for line, cells in csv_files.rows(path, sorted(filter(None, needed))):
            read.reading.records += 1
            try:
                predicted = _predicted(given, cells.get(given.inference), cells.get(given.probability))
                read.tallies.add(cells, attributes.label(cells[stated.label]), predicted)
            except UnreadableError as error:
                read.reading.leave_out(f"{path.name}, line {line}", str(error))
    read.reading.check(job.unreadable_share, "rows of the baseline", "the file")
    return read


def _asked(job: Job, stated: Configuration, predicting: Predicting) -> Read:
    """Return the counts of rows that the endpoint predicted for, all of them or as many as may be asked."""
    read = Read(Tallies(stated.with_thresholds(_continuous(job, stated))))
    rows = dataset.sample(_labelled(job, stated, read.reading), job.asking.rows)
    predicted = predictions.of([[cells[name] for name in stated.features] for _, cells in rows], predicting, job)
    for (where, cells), guess in zip(rows, predicted, strict=True):
        try:
            read.tallies.add(cells, attributes.label(cells[stated.label]), guess)
        except UnreadableError as error:
            read.reading.leave_out(where, str(error))
    if len(rows) < read.reading.records:
        read.remarks.append(f"{len(rows)} of {read.reading.records} rows were predicted for, and analysed")
    read.reading.check(job.unreadable_share, "rows of the baseline", "the file")
    return read


def _labelled(job: Job, stated: Configuration, reading: Reading) -> Iterator[tuple[str, tuple[str, dict[str, str]]]]:
    for path in dataset.files(job.source):
        for line, cells in csv_files.rows(path, sorted({*stated.features, stated.label})):
            reading.records += 1
            yield f"{path.name}:{line}", (f"{path.name}, line {line}", cells)


def of_window(job: Job, stated: Configuration) -> Read:
    """Return the counts of the captured records that have ground truth. Raise EngineError."""
    source, window, read = job.attributes.truth_source, job.window, Read(Tallies(stated))
    if source is None or window is None:
        raise EngineError("a run of bias needs ground_truth_source, start_time and end_time")
    without = 0
    with ground_truth.opened() as truth:
        truth.read(captures.truth_files(source, window))
        for record in captures.records(captures.files(job.source, window), window, read.reading):
            label = truth.of(record.ids)
            if label is None:
                without += 1
                continue
            try:
                _take(read.tallies, job.attributes, record, label)
            except UnreadableError as error:
                read.reading.leave_out(record.where, str(error))
        read.remarks += truth.remarks(read.reading.records, without)
    read.reading.check(job.unreadable_share)
    return read


def _continuous(job: Job, stated: Configuration) -> frozenset[str]:
    """Of the columns with one number given, those that have many numbers: the one is a threshold."""
    wanted, met = stated.thresholds, {name: set[str]() for name in stated.thresholds}
    if not wanted:
        return frozenset()
    for path in dataset.files(job.source):
        for _, cells in csv_files.rows(path, wanted):
            for name, values in met.items():
                if len(values) <= _FEW:
                    values.add(normal(cells[name]))
    return frozenset(
        name
        for name, values in met.items()
        if len(values) > _FEW and all(columns.kind_of(value) != columns.STRING for value in values if value)
    )


def _predicted(given: Attributes, inference: Any, probability: Any) -> str | bool | None:
    if given.inference and inference is not None:
        return attributes.label(inference)
    if given.probability and probability is not None:
        return attributes.probability(probability) >= given.threshold
    return None


def _take(tallies: Tallies, given: Attributes, record: Record, label: str) -> None:
    answer, asked = record.data.get(_OUTPUT), record.data.get(_INPUT)
    if not isinstance(answer, dict) or not isinstance(asked, dict):
        raise UnreadableError("it has no request or no answer: is the endpoint's capture on for both?")
    rows = payloads.rows_of(asked, given.features)
    text = payloads.text_of(answer).strip("\r\n")
    is_json = payloads.is_json(answer, text)
    by_probability = bool(given.probability) and not given.inference
    found = attributes.values(text, is_json, given.probability if by_probability else given.inference)
    labels = attributes.truths(label, given.truth)
    if not len(rows) == len(found) == len(labels):
        raise UnreadableError(f"it has {len(labels)} labels and {len(found)} answers for {len(rows)} rows")
    for row, value, true in zip(rows, found, labels, strict=True):
        predicted = attributes.probability(value) >= given.threshold if by_probability else attributes.label(value)
        tallies.add(_cells(row, tallies.configuration), attributes.label(true), predicted)


def _cells(row: Row, stated: Configuration) -> dict[str, str]:
    if isinstance(row, dict):
        return {name: value or "" for name, value in row.items()}
    if len(row) != len(stated.features):
        raise UnreadableError(f"it has {len(row)} values for the {len(stated.features)} features of the baseline")
    return {name: value or "" for name, value in zip(stated.features, row, strict=True)}
