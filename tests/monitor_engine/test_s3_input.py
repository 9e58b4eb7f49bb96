# SPDX-License-Identifier: Apache-2.0
"""What lies in S3 and is not as it should be: other times, long windows, broken files, labels that do not fit."""

from __future__ import annotations

import base64
import functools
import gzip
import json
from collections.abc import Iterable
from typing import Any

import pytest

from monitor_engine import aws
from tests.monitor_engine import jobs
from tests.monitor_engine.cloud import Cloud
from tests.monitor_engine.jobs import record

_ROWS = [(number % 5, number % 7) for number in range(140)]
_RECORDS = [record(f"{size}", f"{score}", number) for number, (score, size) in enumerate(_ROWS)]
_QUALITY = {"analysis_type": "MODEL_QUALITY", "problem_type": "Regression"}
_GOOD = "Completed: Job completed successfully with no violations."


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    cloud.baseline(jobs.csv_of(["score", "size"], _ROWS))
    return cloud


@pytest.fixture
def quality(cloud: Cloud) -> Cloud:
    columns = {"inference_attribute": "guess", "ground_truth_attribute": "truth"}
    rows = [(score, score + number % 2) for number, (score, _) in enumerate(_ROWS)]
    cloud.baseline(jobs.csv_of(["guess", "truth"], rows), **_QUALITY, **columns)
    cloud.capture(_RECORDS)
    return cloud


def _records(cloud: Cloud, **more: str) -> int:
    ended = cloud.run(**more)
    assert ended.status == 0, ended.message
    return int(ended.document("run.json")["records"])


def test_a_clock_that_is_wrong_is_told(cloud: Cloud) -> None:
    """Records in the folders of a window that belong to none of those that read them."""
    wrong = [record("1", "1", 900, "2027-01-01T00:00:00Z"), record("1", "1", 901, "2026-11-24T09:00:00Z")]
    other = [record("1", "1", 902, "2026-11-24T14:59:59Z"), record("1", "1", 903, jobs.END)]
    cloud.capture([*_RECORDS, *other, *wrong])
    ended = cloud.run()
    assert ended.document("run.json")["records"] == 140
    assert ended.message == (
        f"{_GOOD} records left out because their time is not that of their folder: 2; "
        "a.jsonl, line 143: 2027-01-01T00:00:00Z; a.jsonl, line 144: 2026-11-24T09:00:00Z."
    )


def test_a_window_of_nothing_but_a_wrong_clock_is_no_silent_zero(cloud: Cloud) -> None:
    cloud.capture([record("1", "1", 1, "2027-01-01T00:00:00Z")])
    ended = cloud.run()
    assert ended.message.startswith(
        "Completed: nothing was captured in the window. records left out because their time "
    )
    assert "2027-01-01T00:00:00Z" in ended.files["monitor/live/hourly/2026/11/24/16/report.html"].decode()


def test_a_month_is_listed_by_what_is_there(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """744 hours of two variants are three listings, not 1,488; other hours, days and endpoints are not read."""
    for hour in ("AllTraffic/2026/10/24/16", "AllTraffic/2026/11/10/00", "canary/2026/11/24/15"):
        day = hour.partition("/")[2]
        when = f"{day[:10].replace('/', '-')}T{day[11:]}:30:00Z"
        cloud.capture([record("1", "1", number, when) for number in range(10)], hour=hour)
    for hour in ("AllTraffic/2026/10/24/15", "AllTraffic/2026/11/24/18", "canary/2025/11/24/15"):
        cloud.capture(["of no interest"] * 100, hour=hour)
    cloud.put("captures", "capture/live-2/AllTraffic/2026/11/10/00/a.jsonl", "of another endpoint")
    asked: list[str] = []
    make = aws.client.__wrapped__

    @functools.cache
    def noting(service: str) -> Any:
        client = make(service)
        client.meta.events.register("provide-client-params.s3", lambda params, model, **_: asked.append(model.name))
        return client

    monkeypatch.setattr(aws, "client", noting)
    assert _records(cloud, start_time_offset="-P31D") == 30
    assert asked.count("ListObjectsV2") == 3
    # Two files of the baseline, three of captures.
    assert asked.count("GetObject") == 5


def test_more_objects_than_a_page_are_all_read(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "_PAGE", 5)
    for number in range(12):
        cloud.put("captures", f"capture/live/AllTraffic/2026/11/24/15/{number:05}.jsonl", json.dumps(_RECORDS[0]))
    cloud.put("captures", "capture/live/AllTraffic/2026/11/24/15/", "")
    cloud.put("captures", "capture/live/AllTraffic/2026/11/24/15/notes.txt", "of no interest")
    assert _records(cloud) == 12


def test_hours_may_lie_in_the_source_itself(cloud: Cloud) -> None:
    cloud.capture(_RECORDS)
    source = f"s3://{cloud.bucket('captures')}/capture/live/AllTraffic/"
    assert _records(cloud, dataset_source=source) == 140


def test_a_file_that_is_cut_loses_its_last_record_only(cloud: Cloud) -> None:
    text = "".join(f"{json.dumps(one)}\n" for one in _RECORDS)
    cloud.put("captures", "capture/live/AllTraffic/2026/11/24/15/a.jsonl", text[:-100])
    ended = cloud.run()
    assert ended.message.startswith(
        f"{_GOOD} 1 of 140 records could not be read and were left out: a.jsonl, line 140: no record of a capture"
    )


def test_a_file_that_is_compressed_is_read(cloud: Cloud) -> None:
    text = "".join(f"{json.dumps(one)}\n" for one in _RECORDS).encode()
    cloud.put("captures", "capture/live/AllTraffic/2026/11/24/15/a.jsonl", gzip.compress(text))
    cloud.put("captures", "capture/live/AllTraffic/2026/11/24/15/b.jsonl.gz", gzip.compress(text))
    assert _records(cloud) == 280
    cloud.put("captures", "capture/live/AllTraffic/2026/11/24/15/a.jsonl", gzip.compress(text)[:-200])
    ended = cloud.run()
    assert ended.status == 1
    assert "a.jsonl is compressed with gzip and cannot be read to its end" in ended.message


def test_a_data_set_that_is_compressed_is_read_and_one_that_is_cut_is_named(cloud: Cloud) -> None:
    text = gzip.compress(jobs.csv_of(["score", "size"], _ROWS).encode())
    given = {"dataset_format": '{"csv": {"header": true}}', "dataset_source": f"s3://{cloud.bucket('captures')}/data"}
    cloud.put("captures", "data/a.csv", text)
    cloud.put("captures", "data-of-others/a.csv", "x,y\n1,2\n")
    assert _records(cloud, **given) == 140
    cloud.put("captures", "data/a.csv", text[:-20])
    ended = cloud.run(**given)
    assert ended.message.startswith("a.csv is compressed with gzip and cannot be read to its end")


@pytest.mark.parametrize("where", ["record", "request"])
def test_what_is_too_deep_to_be_read_is_one_record(cloud: Cloud, where: str) -> None:
    deep = "[" * 100_000
    broken = deep if where == "record" else json.dumps(record(jobs.part(deep, "JSON", "application/json"), "1"))
    cloud.capture([*_RECORDS, broken])
    ended = cloud.run()
    assert ended.message.startswith(
        f"{_GOOD} 1 of 141 records could not be read and were left out: a.jsonl, line 141: "
    )


def test_an_object_that_is_gone_since_it_was_listed_is_passed_over(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.capture(_RECORDS)
    really = aws.keys

    def keys(bucket: str, prefix: str, after: str = "") -> Iterable[str]:
        yield from really(bucket, prefix, after)
        yield f"{prefix}2026/11/24/15/gone.jsonl"

    monkeypatch.setattr(aws, "keys", keys)
    assert _records(cloud) == 140


def test_forms_are_mixed_in_a_window(cloud: Cloud) -> None:
    def encoded(text: str) -> dict[str, str]:
        return jobs.part(base64.b64encode(text.encode()).decode(), "BASE64", "application/octet-stream")

    some = []
    for number, (score, size) in enumerate(_ROWS):
        csv, listed = (f"{size}\n", f"{score}\n"), ([size], {"predictions": [score]})
        some.append(record(*(csv, listed, (encoded(f"{size}"), encoded(f"[{score}]")))[number % 3], number))
    cloud.capture(some)
    ended = cloud.run()
    assert (ended.status, ended.message) == (0, _GOOD)
    types = {one["name"]: one["inferred_type"] for one in ended.document("statistics.json")["features"]}
    assert types == {"score": "Integral", "size": "Integral"}


def _told(identifiers: Iterable[str], label: object, name: str = "eventId") -> str:
    truth = {"groundTruthData": {"data": str(label), "encoding": "CSV"}, "eventVersion": "0"}
    return "".join(f"{json.dumps(truth | {'eventMetadata': {name: identifier}})}\n" for identifier in identifiers)


def _source(cloud: Cloud) -> dict[str, str]:
    return {"ground_truth_source": f"s3://{cloud.bucket('truth')}/harbour", "inference_attribute": "0", **_QUALITY}


_EVENTS = [f"event-{number}" for number in range(140)]


def test_ground_truth_that_is_told_twice_counts_once_and_the_last_wins(quality: Cloud) -> None:
    quality.put("truth", "harbour/2026/11/24/15/a.jsonl", _told(_EVENTS, 2) + _told(_EVENTS, 2))
    quality.put("truth", "harbour/2026/11/24/17/a.jsonl", _told(_EVENTS[:1], 3))
    ended = quality.run(**_source(quality))
    assert ended.document("statistics.json")["dataset"]["item_count"] == 140
    assert "given another label later, which counts: event-0." in ended.message
    merged = ended.files["monitor/live/hourly/2026/11/24/16/merged.jsonl"].decode().splitlines()
    assert json.loads(merged[0])["groundTruthData"]["data"] == "3"


@pytest.mark.parametrize("truth", ["of another model", "none"])
def test_ground_truth_that_does_not_fit_is_no_silent_zero(quality: Cloud, truth: str) -> None:
    if truth != "none":
        quality.put("truth", "harbour/2026/11/24/15/a.jsonl", _told(["cargo-1", "cargo-2"], 2))
    ended = quality.run(**_source(quality))
    words = "none of its identifiers is captured, as 'cargo-1': is it of another model?"
    none = "none has come since the start of the window"
    assert ended.message == (f"Completed: none of 140 records has ground truth: {words if truth != 'none' else none}.")
    assert ended.document("run.json")["records"] == 140


def test_an_inference_id_wins_over_an_event_id(quality: Cloud) -> None:
    some = [record(f"{size}", f"{score}", at, inference_id=f"mine-{at}") for at, (score, size) in enumerate(_ROWS)]
    quality.capture(some)
    mine = [f"mine-{number}" for number in range(140)]
    told = _told(_EVENTS, 9) + _told(mine[:70], 2) + _told(mine[70:], 2, "inferenceId")
    quality.put("truth", "harbour/2026/11/24/15/a.jsonl", told)
    ended = quality.run(**_source(quality))
    merged = ended.files["monitor/live/hourly/2026/11/24/16/merged.jsonl"].decode().splitlines()
    assert {json.loads(line)["groundTruthData"]["data"] for line in merged} == {"2"}
    assert len(merged) == 140


def test_lines_that_are_no_ground_truth_are_named(quality: Cloud) -> None:
    quality.put("truth", "harbour/2026/11/24/15/a.jsonl", _told(_EVENTS, 2) + '{"oops": 1}\nno JSON\n')
    ended = quality.run(**_source(quality))
    assert "2 of 142 lines of ground truth could not be read: a.jsonl, line 141, a.jsonl, line 142" in ended.message
