# SPDX-License-Identifier: Apache-2.0
"""What the closed loop keeps in the pipelines bucket, and what it costs whoever asks and finds nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.automation import followers, journal, pauses, retrainings
from orchestrator.automation.journal import Step
from orchestrator.automation.pauses import Pause
from orchestrator.automation.retrainings import Cause, Violated
from orchestrator.aws.s3 import objects
from orchestrator.plan import layout

MONITOR = "mlops-pipeline-churn-byomdataqualitymonitor"
TRAINING = "mlops-pipeline-churn-mlopsmodeltrainingbuiltin"
NOW = datetime(2026, 11, 30, 7, 0, 0, 123456, UTC)
CAUSE = Cause(at=NOW, monitor=MONITOR, run="mlops-run-1234-56", violations=(Violated(feature="age", check="x_check"),))


def step(after: timedelta, detail: str = "") -> Step:
    return Step(at=NOW + after, step="retrain", cause="a run", outcome="held", detail=detail)


class TestPauses:
    def test_a_pipeline_is_paused_until_somebody_resumes_it(self, bucket: str) -> None:
        pause = Pause(at=NOW, by="arn:aws:iam::111122223333:user/anna", reason="the data is being mended")
        pauses.pause(bucket, MONITOR, pause)
        assert pauses.find(bucket, MONITOR) == pause
        assert pauses.find(bucket, TRAINING) is None
        pauses.resume(bucket, MONITOR)
        assert pauses.find(bucket, MONITOR) is None

    def test_what_is_not_paused_can_be_resumed(self, bucket: str) -> None:
        pauses.resume(bucket, MONITOR)
        assert pauses.find(bucket, MONITOR) is None


class TestJournal:
    def test_the_newest_steps_come_first(self, bucket: str) -> None:
        for seconds in (2, 0, 3, 1):
            journal.record(bucket, MONITOR, step(timedelta(seconds=seconds)))
        found = journal.newest(bucket, MONITOR, most=3)
        assert [one.at - NOW for one in found] == [timedelta(seconds=seconds) for seconds in (3, 2, 1)]

    def test_a_microsecond_decides(self, bucket: str) -> None:
        for microseconds in (0, 1, 999_999):
            journal.record(bucket, MONITOR, step(timedelta(microseconds=microseconds)))
        assert [one.at.microsecond for one in journal.newest(bucket, MONITOR, 1)] == [123_455]

    def test_two_steps_of_one_moment_are_two_and_one_recorded_twice_is_one(self, bucket: str) -> None:
        for detail in ("one", "two", "one"):
            journal.record(bucket, MONITOR, step(timedelta(), detail))
        assert sorted(one.detail for one in journal.newest(bucket, MONITOR, 10)) == ["one", "two"]

    def test_nothing_recorded_is_one_call(self, bucket: str, sent: list[Any]) -> None:
        assert journal.newest(bucket, MONITOR, 10) == []
        assert [call.operation for call in sent] == ["s3.ListObjectsV2"]


class TestFollowers:
    def test_names_are_of_one_case_and_of_no_other_group(self, bucket: str) -> None:
        for group, name in (("Churn", "b"), ("churn", "a"), ("churn-2", "c")):
            followers.follow(bucket, layout.follower_of_group(group, name))
        assert [one.common_name for one in followers.of_group(bucket, "CHURN")] == ["a", "b"]
        assert followers.of_endpoint(bucket, "churn") == []

    def test_a_forgotten_entry_is_gone(self, bucket: str) -> None:
        key = layout.follower_of_endpoint("churn-live", MONITOR)
        followers.follow(bucket, key)
        (found,) = followers.of_endpoint(bucket, "churn-live")
        assert (found.key, found.common_name) == (key, MONITOR)
        followers.forget(bucket, found.key)
        assert followers.of_endpoint(bucket, "churn-live") == []

    def test_no_follower_is_left_out_of_a_long_list(self, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A page of S3 has a thousand keys."""
        monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
        for number in range(5):
            followers.follow(bucket, layout.follower_of_group("churn", f"pipeline-{number}"))
        assert len(followers.of_group(bucket, "churn")) == 5

    def test_no_follower_is_one_call(self, bucket: str, sent: list[Any]) -> None:
        assert followers.of_group(bucket, "churn") == []
        assert [call.operation for call in sent] == ["s3.ListObjectsV2"]


class TestRetrainings:
    @pytest.mark.parametrize("longest", [32, 63])
    @pytest.mark.parametrize("model", ["churn", "a-model-with-a-name-as-long-as-a-name-may-be-which-is-80"])
    def test_the_name_of_a_job_fits_and_tells_what_it_is(self, model: str, longest: int) -> None:
        name = retrainings.job_name(model, longest, "mlops-run-1234-56")
        assert len(name) <= longest
        assert retrainings.is_retraining(name)
        assert "--" not in name
        assert name == retrainings.job_name(model, longest, "mlops-run-1234-56")
        assert name != retrainings.job_name(model, longest, "mlops-run-1234-57")

    @pytest.mark.parametrize("name", ["churn", "churn-retrain", "churn-retrain-0f1e2d3c4b5a6", "-retrain-0f1e2d3c4b5a"])
    def test_another_name_has_no_cause(self, name: str) -> None:
        assert not retrainings.is_retraining(name)

    def test_a_cause_is_found_by_its_job(self, bucket: str) -> None:
        retrainings.keep(bucket, TRAINING, "churn-retrain-0f1e2d3c4b5a", CAUSE)
        assert retrainings.find(bucket, TRAINING, "churn-retrain-0f1e2d3c4b5a") == CAUSE
        assert retrainings.find(bucket, TRAINING, "churn-retrain-a5b4c3d2e1f0") is None
        assert retrainings.find(bucket, MONITOR, "churn-retrain-0f1e2d3c4b5a") is None

    def test_those_kept_since_a_moment_are_found_without_a_list_of_names(self, bucket: str) -> None:
        retrainings.keep(bucket, TRAINING, "churn-retrain-0f1e2d3c4b5a", CAUSE)
        pauses.pause(bucket, TRAINING, Pause(at=NOW, by="anna"))
        now = datetime.now(UTC)
        found = retrainings.since(bucket, TRAINING, now - timedelta(days=7))
        assert found == {"churn-retrain-0f1e2d3c4b5a": CAUSE}
        assert retrainings.since(bucket, TRAINING, now + timedelta(seconds=10)) == {}


def test_what_is_kept_for_a_pipeline_lies_below_its_name() -> None:
    """So a deletion takes it along, and that of `churn` nothing of `churn-2`."""
    for key in (layout.paused(MONITOR), layout.retrainings(MONITOR), layout.steps(MONITOR)):
        assert f"/{MONITOR}/" in key


def test_an_object_that_is_not_there_is_no_error(bucket: str) -> None:
    assert objects.content_if_there(bucket, "automation/x/paused.json") is None
