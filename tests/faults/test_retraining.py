# SPDX-License-Identifier: Apache-2.0
"""Retraining when events come twice, late, at once and by the hundred, and when what it rests on is lost or gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.automation import journal, pauses, requests, retrainings
from orchestrator.automation.pauses import Pause
from orchestrator.aws import calls
from orchestrator.plan import layout
from tests.faults import retraining
from tests.faults.conftest import Laboratory
from tests.faults.invoking import Event, Outcome
from tests.faults.retraining import MONITOR, TRAINING, Loop, job_of_run
from tests.faults.scenarios import Scenario
from tests.faults.turns import Turns
from tests.faults.world import World

PIPELINE = f"{TRAINING}-codepipeline"
Arranged = Callable[..., Loop]


@pytest.fixture
def loop(laboratory: Laboratory) -> Iterator[Arranged]:
    """`loop(cooldown="2 hours")`: a trained model and a monitor that may have it trained again."""
    found: list[Loop] = []

    def arrange(world: World) -> Event:
        found.append(Loop(world))
        return found[0].ended("unused")

    with laboratory.arranged(Scenario("retraining", arrange)):

        def make(**asked: Any) -> Loop:
            found[0].asks(MONITOR, **asked)
            return found[0]

        yield make


def handled(event: Event, loop: Loop, invocation: str = "first") -> None:
    outcome = event.once(loop.world, invocation)
    assert outcome.has_ended, outcome


def trained(loop: Loop) -> int:
    """How many executions the training pipeline has had, the first of the request itself included."""
    return len(loop.world.pipelines.executions[PIPELINE])


def settled(loop: Loop, run: str, status: str = "Completed") -> None:
    """The pipeline has started the job of a retraining, which has ended."""
    loop.world.settle()
    loop.trains(run, status)


def steps(loop: Loop, common: str = MONITOR) -> list[tuple[str, str]]:
    """What the journal of a pipeline tells, the oldest first: how it ended, and the detail."""
    bucket = loop.world.settings.launch.pipelines_bucket
    return [(one.outcome, one.detail) for one in reversed(journal.newest(bucket, common, 50))]


def messages(loop: Loop) -> list[str]:
    return [one for one in loop.world.snapshot()["messages"] if "retraining" in one]


class TestWhatIsStarted:
    def test_the_stored_request_under_a_job_name_that_follows_from_the_run(self, loop: Arranged) -> None:
        made = loop()
        handled(made.ended("run-a"), made)
        assert trained(made) == 2
        bucket = made.world.settings.launch.pipelines_bucket
        request = requests.stored(bucket, TRAINING)
        assert request == {**made.training.body, "job_name": made.job_of("run-a")}
        cause = retrainings.find(bucket, TRAINING, made.job_of("run-a"))
        assert cause is not None
        assert (cause.monitor, cause.run, cause.data) == (MONITOR, job_of_run("run-a"), "request")
        assert [(one.feature, one.check) for one in cause.violations] == [("rmse", "GreaterThanThreshold")]
        assert messages(made) == ["MLOps retraining started: berth-occupancy"]
        for common in (MONITOR, TRAINING):
            ((outcome, detail),) = steps(made, common)
            assert (outcome, made.job_of("run-a") in detail, "rmse" in detail) == ("started", True, True)

    def test_merged_data_is_written_first_and_trained_on(self, loop: Arranged) -> None:
        made = loop(data="merged", minimum_rows=1000, days=7)
        made.scheduled()
        handled(made.ended("run-a"), made)
        assert trained(made) == 1
        (job,) = (job for name, job in made.world.sagemaker.described.items() if name.startswith("mlops-retrain-"))
        asked = job["Environment"]
        assert asked["analysis_type"] == "TRAINING_DATA"
        start, end = (datetime.fromisoformat(asked[name]) for name in ("start_time", "end_time"))
        assert end - start == timedelta(days=7)
        folder = f"retraining/{MONITOR}/{job_of_run('run-a')}"
        assert asked["output_path"] == f"s3://{made.world.settings.launch.assets_bucket}/{folder}"

        handled(made.written("run-a", 800), made)
        assert trained(made) == 2
        bucket = made.world.settings.launch.pipelines_bucket
        data = {"training_data": f"{folder}/train.csv", "validation_data": f"{folder}/validation.csv"}
        assert requests.stored(bucket, TRAINING) == {
            **made.training.body,
            "job_name": made.job_of("run-a"),
            **data,
        }
        cause = retrainings.find(bucket, TRAINING, made.job_of("run-a"))
        assert cause is not None
        assert (cause.rows, cause.baseline_data) == (1000, f"{folder}/labelled.csv")
        assert [outcome for outcome, _ in steps(made)] == ["started", "done", "started"]

    @pytest.mark.parametrize(
        ("rows", "status", "outcome", "subject"),
        [
            pytest.param(100, "Completed", "held", "held back", id="too few rows"),
            pytest.param(0, "Completed", "held", "held back", id="none"),
            pytest.param(0, "Failed", "failed", "failed", id="the job fails"),
            pytest.param(0, "Stopped", "failed", "failed", id="the job is stopped"),
        ],
    )
    def test_without_data_nothing_is_trained(
        self, loop: Arranged, rows: int, status: str, outcome: str, subject: str
    ) -> None:
        made = loop(data="merged")
        made.scheduled()
        handled(made.ended("run-a"), made)
        handled(made.written("run-a", rows, status), made)
        assert trained(made) == 1
        assert messages(made) == [f"MLOps retraining {subject}: berth-occupancy"]
        assert steps(made)[-1][0] == outcome
        # The preparation counts for the cooldown: no job an hour for rows that are not there.
        handled(made.ended("run-b"), made)
        assert "may begin after" in steps(made)[-1][1]

    def test_a_request_that_is_refused_is_told_with_every_problem(self, loop: Arranged) -> None:
        made = loop()
        made.world.sagemaker.groups_are_gone = True
        handled(made.ended("run-a"), made)
        assert trained(made) == 1
        assert messages(made) == ["MLOps retraining failed: berth-occupancy"]
        assert steps(made)[-1][0] == "failed"
        assert "model package group" in steps(made)[-1][1]


class TestEventsInAnyOrder:
    def test_twice(self, loop: Arranged) -> None:
        made = loop()
        event = made.ended("run-a")
        for invocation in ("first", "second", "third"):
            handled(event, made, invocation)
            made.world.settle()
        assert (trained(made), len(messages(made))) == (2, 1)

    def test_again_from_the_dead_letter_queue_after_another_retraining(self, loop: Arranged) -> None:
        made = loop(cooldown="1 hour")
        event = made.ended("run-a", age=timedelta(hours=3))
        handled(made.ended("run-b"), made)
        settled(made, "run-b")
        handled(event, made)
        assert trained(made) == 2
        assert "What the run saw was before the retraining" in steps(made)[-1][1]

    def test_while_the_first_one_trains_and_within_the_cooldown(self, loop: Arranged) -> None:
        made = loop(cooldown="1 hour")
        handled(made.ended("run-a"), made)
        handled(made.ended("run-b"), made)
        settled(made, "run-a", "InProgress")
        handled(made.ended("run-c"), made)
        assert trained(made) == 2
        assert [outcome for outcome, _ in steps(made)] == ["started", "held", "held"]
        # They are in the journal; a mail each hour helps nobody.
        assert len(messages(made)) == 1

    def test_when_the_causes_are_lost_sagemakers_own_list_bounds_it(self, loop: Arranged) -> None:
        made = loop(cooldown="1 day", max_per_week=1)
        handled(made.ended("run-a"), made)
        settled(made, "run-a")
        made.world.sagemaker.tags = {"stack_name": TRAINING}
        forget(made, layout.AUTOMATION)
        forget(made, layout.REPORTED)
        handled(made.ended("run-b"), made)
        assert trained(made) == 2
        assert made.job_of("run-a") in steps(made)[-1][1]

    def test_jobs_of_another_model_whose_name_begins_alike_do_not_count(self, loop: Arranged) -> None:
        made = loop()
        made.trains("of another pipeline")
        made.world.sagemaker.tags = {"stack_name": "mlops-pipeline-another-modeltraining"}
        handled(made.ended("run-a"), made)
        assert trained(made) == 2


def forget(loop: Loop, prefix: str) -> None:
    """Lose what is kept below a prefix."""
    s3, bucket = calls.client("s3"), loop.world.settings.launch.pipelines_bucket
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=entry["Key"])


@pytest.mark.sampled(1)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("monitors", [2, 12])
def test_monitors_at_once(laboratory: Laboratory, loop: Arranged, monitors: int, seed: int) -> None:
    """One trains; the others are held back, whatever the order of their calls."""
    made = loop()
    events = []
    for number in range(monitors):
        made.asks(f"{MONITOR}-{number}")
        events.append(made.ended(f"run-{number}", f"{MONITOR}-{number}"))

    def once(event: Event, name: str) -> Callable[[], Outcome]:
        return lambda: event.once(made.world, name)

    outcomes = Turns(laboratory.wire, seed).run([once(event, f"i-{at}") for at, event in enumerate(events)])
    assert all(outcome.has_ended for outcome in outcomes), outcomes
    made.world.settle()
    assert trained(made) == 2
    told = [steps(made, f"{MONITOR}-{number}") for number in range(monitors)]
    assert sorted(outcome for one in told for outcome, _ in one) == ["held"] * (monitors - 1) + ["started"]
    assert len(messages(made)) == 1


def test_two_hundred_monitors_within_a_minute(laboratory: Laboratory, loop: Arranged) -> None:
    """After the first, each costs a few reads of the bucket and a look at the stack, and none of SageMaker's lists."""
    made = loop()
    for number in range(200):
        made.asks(f"{MONITOR}-{number}")
        event = made.ended(f"run-{number}", f"{MONITOR}-{number}")
        laboratory.wire.listen()
        handled(event, made, f"i-{number}")
        if number:
            used = [f"{call}" for call in laboratory.wire.calls if call.service != "s3"]
            assert used == ["sagemaker.DescribeProcessingJob", "sns.Publish", "cloudformation.DescribeStacks"]
    assert trained(made) == 2
    assert len(messages(made)) == 1


class TestWhatIsInTheWay:
    def test_a_pause_is_told_once_a_day(self, loop: Arranged) -> None:
        made = loop()
        bucket = made.world.settings.launch.pipelines_bucket
        pauses.pause(bucket, MONITOR, Pause(at=datetime.now(UTC), by="arn:aws:iam::1:user/x"))
        for run in ("run-a", "run-b"):
            handled(made.ended(run), made)
        assert trained(made) == 1
        assert [outcome for outcome, _ in steps(made)] == ["held", "held"]
        assert messages(made) == ["MLOps retraining held back: berth-occupancy"]
        pauses.resume(bucket, MONITOR)
        handled(made.ended("run-c"), made)
        assert trained(made) == 2

    def test_the_training_pipeline_is_deleted_in_between(self, loop: Arranged) -> None:
        made = loop()
        calls.client("cloudformation").delete_stack(StackName=PIPELINE)
        handled(made.ended("run-a"), made)
        assert "There is no pipeline" in steps(made)[-1][1]
        assert messages(made) == ["MLOps retraining held back: berth-occupancy"]

    def test_the_monitor_is_deleted_in_between(self, loop: Arranged) -> None:
        made = loop()
        event = made.ended("run-a")
        forget(made, layout.folder(MONITOR))
        handled(event, made)
        assert (trained(made), messages(made), steps(made)) == (1, [], [])

    def test_the_monitor_is_deleted_while_its_data_is_written(self, loop: Arranged) -> None:
        made = loop(data="merged")
        made.scheduled()
        handled(made.ended("run-a"), made)
        event = made.written("run-a", 800)
        forget(made, layout.folder(MONITOR))
        handled(event, made)
        assert trained(made) == 1

    def test_a_training_by_hand_that_still_runs(self, loop: Arranged) -> None:
        made = loop()
        made.world.pipelines.executions[PIPELINE][0]["status"] = "InProgress"
        handled(made.ended("run-a"), made)
        assert steps(made) == [("held", "berth-occupancy/training is being deployed.")]

    def test_checks_that_do_not_count(self, loop: Arranged) -> None:
        made = loop(on=["bias_drift_check"])
        handled(made.ended("run-a"), made)
        assert steps(made) == [("held", "Only bias_drift_check counts, and the run has found GreaterThanThreshold.")]

    @pytest.mark.parametrize("status", ["Failed", "Stopped"])
    def test_a_training_that_came_to_nothing_counts_all_the_same(self, loop: Arranged, status: str) -> None:
        made = loop()
        handled(made.ended("run-a"), made)
        settled(made, "run-a", status)
        handled(made.ended("run-b", age=-timedelta(minutes=1)), made)
        assert trained(made) == 2
        assert "the next may begin after" in steps(made)[-1][1]


def test_nothing_is_called_for_other_monitors_or_without_the_launch_parameter(
    laboratory: Laboratory, loop: Arranged
) -> None:
    made = loop()
    event, plain = made.ended("run-a"), made.ended("run-b")
    place = plain.event["detail"]["ProcessingInputs"][0]["S3Input"]
    place["S3Uri"] = place["S3Uri"].replace(made.retrain.engine_folder, "")
    laboratory.wire.listen()
    handled(plain, made)
    usual = [str(call) for call in laboratory.wire.calls]
    assert usual == ["sagemaker.DescribeProcessingJob", "s3.PutObject", "sns.Publish", "s3.PutObject"]
    retraining.disable(made.world)
    laboratory.wire.listen()
    handled(event, made)
    assert [str(call) for call in laboratory.wire.calls] == usual
    assert trained(made) == 1
