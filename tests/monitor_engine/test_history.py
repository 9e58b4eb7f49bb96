# SPDX-License-Identifier: Apache-2.0
"""Metrics of the runs before in a report of model quality."""

from __future__ import annotations

import json

import pytest

from tests.monitor_engine import jobs
from tests.monitor_engine.cloud import Cloud, Ended, allowed
from tests.monitor_engine.jobs import record

QUALITY = {"analysis_type": "MODEL_QUALITY", "problem_type": "BinaryClassification"}
ROWS = [(number % 2, number % 2, number) for number in range(60)]


def told(identifier: str, label: int) -> str:
    truth = {"groundTruthData": {"data": str(label), "encoding": "CSV"}}
    return json.dumps(truth | {"eventMetadata": {"eventId": identifier}, "eventVersion": "0"})


@pytest.fixture
def quality(cloud: Cloud) -> Cloud:
    columns = {"inference_attribute": "guess", "ground_truth_attribute": "truth"}
    cloud.baseline(jobs.csv_of(["guess", "truth", "size"], ROWS), **QUALITY, **columns)
    cloud.capture(record(f"{size}", f"{guess}", size) for guess, _, size in ROWS)
    cloud.put("truth", "harbour/2026/11/24/15/a.jsonl", "\n".join(told(f"event-{size}", it) for _, it, size in ROWS))
    return cloud


def left(cloud: Cloud, hour: str, content: str) -> None:
    cloud.put("output", f"monitor/live/hourly/2026/11/24/{hour}/statistics.json", content)


def statistics(accuracy: float, end: str) -> str:
    metrics = {"accuracy": {"value": accuracy, "standard_deviation": 0.0}, "confusion_matrix": {}}
    return json.dumps({"dataset": {"end_time": end}, "binary_classification_metrics": metrics})


def run(cloud: Cloud, *more: dict[str, object], **given: str) -> Ended:
    source = f"s3://{cloud.bucket('truth')}/harbour"
    role = cloud.make_role("reader", *cloud.needed(), *more) if more else ""
    return cloud.run(role, ground_truth_source=source, inference_attribute="0", **QUALITY, **given)


def reading(cloud: Cloud) -> tuple[dict[str, object], dict[str, object]]:
    arn = f"arn:aws:s3:::{cloud.bucket('output')}"
    return allowed("s3:GetObject", f"{arn}/*"), allowed("s3:ListBucket", arn)


@pytest.mark.parametrize(
    "given",
    [{}, {"scheduled_time": "", "start_time": jobs.START, "end_time": jobs.END, "run_id": "by-hand"}],
    ids=["scheduled", "on demand"],
)
def test_the_runs_before_stand_beside_this_one_the_oldest_first(quality: Cloud, given: dict[str, str]) -> None:
    left(quality, "15", statistics(0.87, "2026-11-24T15:00:00Z"))
    left(quality, "14", json.dumps({"dataset": {"item_count": 0}}))
    left(quality, "13", statistics(0.91, "2026-11-24T13:00:00Z"))
    left(quality, "12", "no JSON")
    left(quality, "09", statistics(0.4321, "too long ago"))
    ended = run(quality, *reading(quality), **given)
    assert ended.status == 0, ended.message
    report = next(text for key, text in ended.files.items() if key.endswith("report.html")).decode()
    section = report.partition("<h2>The last runs</h2>")[2].partition("</section>")[0]
    assert section.index("2026-11-24 13:00") < section.index("2026-11-24 15:00") < section.index("this run")
    row = section.partition('<th scope="row">accuracy</th>')[2].partition("</tr>")[0]
    assert row.index("0.91") < row.index("0.87") < row.index(">1<")
    assert "0.4321" not in section


def test_the_first_run_has_none_before_it(quality: Cloud) -> None:
    ended = run(quality, *reading(quality))
    assert (
        "The last runs" not in next(text for key, text in ended.files.items() if key.endswith("report.html")).decode()
    )
    assert "runs before" not in ended.message


def test_a_role_that_may_not_read_them_fails_no_run(quality: Cloud) -> None:
    ended = run(quality)
    assert ended.status == 0, ended.message
    assert "metrics of the runs before are not shown: " in ended.message
