# SPDX-License-Identifier: Apache-2.0
"""Runs that read and write S3: what is read, where it goes, what is said and sent."""

from __future__ import annotations

import json

import pytest

from monitor_engine import aws
from tests.monitor_engine import jobs
from tests.monitor_engine.cloud import Cloud
from tests.monitor_engine.jobs import record

_ROWS = [(0.1 * (number % 10), number % 7, "north" if number % 3 else "south") for number in range(200)]
_BASELINE = jobs.csv_of(["score", "size", "berth"], _ROWS)
_RECORDS = [record(f"{size},{berth}\n", f"{score}\n", number) for number, (score, size, berth) in enumerate(_ROWS)]
_SHIFTED = [record(f"{size},{berth}", f"{score + 0.5}", number) for number, (score, size, berth) in enumerate(_ROWS)]
_AT = "monitor/live/hourly/2026/11/24/16"


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    cloud.baseline(_BASELINE)
    return cloud


def test_a_scheduled_run_reads_its_window_and_writes_its_folder(cloud: Cloud) -> None:
    cloud.capture(_RECORDS[:120])
    cloud.capture(_RECORDS[120:], hour="canary/2026/11/24/15")
    cloud.capture(["not read: another hour"] * 99, hour="AllTraffic/2026/11/24/14")
    cloud.capture(["not read: too late"] * 99, hour="AllTraffic/2026/11/24/17")
    ended = cloud.run()
    assert (ended.status, ended.message) == (0, "Completed: Job completed successfully with no violations.")
    names = {"statistics.json", "constraint_violations.json", "report.html", "run.json"}
    assert set(ended.files) == {f"{_AT}/{name}" for name in names}
    assert ended.document("statistics.json")["dataset"]["item_count"] == 200
    assert ended.document("run.json") == {
        "start_time": jobs.START,
        "end_time": jobs.END,
        "status": "Completed",
        "message": ended.message,
        "violations": 0,
        "records": 200,
        "files": sorted(names - {"run.json"}),
    }
    assert cloud.metric() == [0.0]


def test_a_run_that_finds_something_tells_which_feature_and_how_far(cloud: Cloud) -> None:
    cloud.capture(_SHIFTED)
    ended = cloud.run()
    assert ended.message == (
        "CompletedWithViolations: Job completed successfully with 1 violations. score: baseline_drift_check 0.32 > 0.1."
    )
    told = ended.document("run.json")
    assert (told["status"], told["violations"]) == ("CompletedWithViolations", 1)
    assert cloud.metric() == [1.0]


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ({"schedule_expression": "rate(15 minutes)"}, "2026/11/24/16/00"),
        ({"schedule_expression": "rate(1 day)"}, "2026/11/24/16"),
        ({"schedule_expression": "cron(0/30 * ? * * *)", "scheduled_time": "2026-11-24T15:30:59Z"}, "2026/11/24/15/30"),
        (
            {"scheduled_time": "", "start_time": jobs.START, "end_time": "2026-11-24T15:45:10Z", "run_id": "7f-2"},
            "2026/11/24/15/7f-2",
        ),
    ],
    ids=["minutes", "day", "half-hours", "on-demand"],
)
def test_the_folder_follows_from_the_window(cloud: Cloud, given: dict[str, str], folder: str) -> None:
    cloud.capture(_RECORDS)
    assert f"monitor/live/hourly/{folder}/run.json" in cloud.run(**given).files


def test_a_window_is_honoured_to_the_second(cloud: Cloud) -> None:
    times = ["2026-11-24T15:29:59Z", "2026-11-24T15:30:00Z", "2026-11-24T15:44:59Z", "2026-11-24T15:45:00Z"]
    cloud.capture(record("1,north", "0.1", number, time) for number, time in enumerate(times))
    ended = cloud.run(schedule_expression="rate(15 minutes)", scheduled_time="2026-11-24T15:45:00Z")
    assert ended.document("run.json")["records"] == 2


def test_a_second_attempt_overwrites_the_first(cloud: Cloud) -> None:
    cloud.capture(_RECORDS)
    first = cloud.run()
    assert cloud.run().files == first.files
    cloud.capture(_SHIFTED)
    again = cloud.run()
    assert again.files.keys() == first.files.keys()
    assert again.document("run.json")["violations"] == 1


def test_the_file_that_ends_a_run_is_written_last(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.capture(_RECORDS)
    sent: list[str] = []
    really = aws.send

    def noting(path: object, bucket: str, key: str, kms_key: str) -> None:
        sent.append(key)
        really(path, bucket, key, kms_key)  # type: ignore[arg-type]

    monkeypatch.setattr(aws, "send", noting)
    cloud.run()
    assert sent[-1] == f"{_AT}/run.json"
    assert len(sent) == 4


def test_files_are_encrypted_with_the_key_that_is_given(cloud: Cloud) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    cloud.capture(_RECORDS)
    cloud.run(output_kms_key=key)
    head = cloud.s3.head_object(Bucket=cloud.bucket("output"), Key=f"{_AT}/report.html")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    assert head["ContentType"] == "text/html"


@pytest.mark.parametrize("records", [None, []], ids=["no-folder", "empty-file"])
def test_nothing_captured_is_no_failure(cloud: Cloud, records: list[object] | None) -> None:
    if records is not None:
        cloud.capture(records)
    ended = cloud.run()
    assert (ended.status, ended.message) == (0, "Completed: nothing was captured in the window.")
    assert ended.document("run.json")["records"] == 0
    assert "nothing was captured" in ended.files[f"{_AT}/report.html"].decode()
    assert cloud.metric() == [0.0]


def test_a_baseline_that_is_not_there_yet_is_no_failure_and_no_good_news(cloud: Cloud) -> None:
    """Without `violations` the alarm on runs that stop coming tells of a baseline that never comes."""
    cloud.capture(_RECORDS)
    location = f"s3://{cloud.bucket('baseline')}/other/constraints.json"
    ended = cloud.run(baseline_constraints=location)
    assert (ended.status, ended.message) == (
        0, f"Completed: there is no baseline yet: {location} has not been written.",
    )  # fmt: skip
    assert ended.document("run.json")["status"] == "Completed"
    assert cloud.metric() == []


def test_metrics_that_are_refused_are_told_and_the_run_is_whole(cloud: Cloud) -> None:
    cloud.capture(_RECORDS)
    role = cloud.make_role("silent", *(one for one in cloud.needed() if not one["Action"].startswith("cloudwatch")))
    ended = cloud.run(role)
    assert ended.status == 0
    assert ended.message.startswith(
        "Completed: Job completed successfully with no violations. CloudWatch did not take the metrics: "
    )
    assert ended.document("run.json")["message"] == ended.message
    assert cloud.metric() == []


def _told(identifier: str, label: int) -> str:
    truth = {"groundTruthData": {"data": str(int(label)), "encoding": "CSV"}}
    return json.dumps(truth | {"eventMetadata": {"eventId": identifier}, "eventVersion": "0"})


def test_ground_truth_is_of_the_window_and_later(cloud: Cloud) -> None:
    rows = [(number % 2, number % 2, number) for number in range(60)]
    given = {"analysis_type": "MODEL_QUALITY", "problem_type": "BinaryClassification"}
    columns = {"inference_attribute": "guess", "ground_truth_attribute": "truth"}
    cloud.baseline(jobs.csv_of(["guess", "truth", "size"], rows), **given, **columns)
    cloud.capture(record(f"{size}", f"{guess}", size) for guess, _, size in rows)

    # Late ones count, also those of a later hour; what came before the window does not.
    for hour, some in (("24/15", rows[:40]), ("25/03", rows[40:50]), ("24/14", rows[50:])):
        wrong = hour == "25/03"
        told = [_told(f"event-{size}", label != wrong) for _, label, size in some]
        cloud.put("truth", f"harbour/2026/11/{hour}/a.jsonl", "\n".join(told))
    ended = cloud.run(ground_truth_source=f"s3://{cloud.bucket('truth')}/harbour", inference_attribute="0", **given)
    assert ended.message.startswith("CompletedWithViolations: ")
    assert "10 of 60 records have no ground truth yet" in ended.message
    assert ended.document("statistics.json")["binary_classification_metrics"]["accuracy"]["value"] == pytest.approx(0.8)
    assert len(ended.files[f"{_AT}/merged.jsonl"].splitlines()) == 50
    assert ended.document("run.json")["records"] == 60


def test_training_data_goes_where_it_is_asked_for_and_its_summary_last(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.capture(_RECORDS)
    told = ({"groundTruthData": {"data": "1"}, "eventMetadata": {"eventId": f"event-{one}"}} for one in range(200))
    cloud.put("truth", "labels/2026/11/24/17/a.jsonl", "".join(f"{json.dumps(one)}\n" for one in told))
    cloud.put("baseline", "known.csv", "late,size,berth\n")
    sent: list[str] = []
    really = aws.send

    def noting(path: object, bucket: str, key: str, kms_key: str) -> None:
        sent.append(key)
        really(path, bucket, key, kms_key)  # type: ignore[arg-type]

    monkeypatch.setattr(aws, "send", noting)
    ended = cloud.run(
        analysis_type="TRAINING_DATA",
        start_time=jobs.START,
        end_time=jobs.END,
        scheduled_time="",
        output_path=f"s3://{cloud.bucket('output')}/retraining/harbour/run-1",
        ground_truth_source=f"s3://{cloud.bucket('truth')}/labels",
        baseline_data=f"s3://{cloud.bucket('baseline')}/known.csv",
    )
    assert ended.message.startswith("Completed: ")
    assert ended.document("data.json")["rows"] + ended.document("data.json")["validation_rows"] == 200
    names = ["baseline.csv", "labelled.csv", "train.csv", "validation.csv", "data.json"]
    assert sent == [f"retraining/harbour/run-1/{name}" for name in names]
    assert ended.files[f"retraining/harbour/run-1/{names[1]}"].startswith(b"late,size,berth\n1,0,south\n")
    assert cloud.metric() == []
