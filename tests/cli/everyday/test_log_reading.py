# SPDX-License-Identifier: Apache-2.0
"""`mlops logs`: which groups are read, how far back, and how they are followed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.sagemaker import job_kinds
from scripts.cli.errors import WrongUseError
from scripts.cli.everyday import log_reading
from scripts.cli.everyday.log_groups import Line
from tests.cli.conftest import Mlops
from tests.end_to_end.running import Running
from tests.end_to_end.users import Orchestrator

_NOW = 1_800_000_000.0


def _line(id_: str, second: int) -> Line:
    return Line(id_, datetime.fromtimestamp(_NOW + second, UTC), "group", f"line {id_}")


@pytest.mark.parametrize(
    ("since", "seconds"),
    [("30s", _NOW - 30), ("10m", _NOW - 600), ("2h", _NOW - 7200), ("1d", _NOW - 86_400)],
    ids=["seconds", "minutes", "hours", "a day"],
)
def test_a_span_is_counted_from_now(since: str, seconds: float) -> None:
    assert log_reading.start_of(since, _NOW) == seconds * 1000


@pytest.mark.parametrize("since", ["2027-01-15T08:00", "2027-01-15T08:00+00:00", "2027-01-15T09:00+01:00"])
def test_a_time_is_in_utc_unless_it_says_otherwise(since: str) -> None:
    assert log_reading.start_of(since, _NOW) == _NOW * 1000


@pytest.mark.parametrize("since", ["", "yesterday", "5", "5w", "-1h"])
def test_other_words_are_wrong_use(since: str) -> None:
    with pytest.raises(WrongUseError, match="--since takes"):
        log_reading.start_of(since, _NOW)


def test_each_line_is_told_once_and_late_ones_are_not_lost() -> None:
    """The last lines are read after the work was seen to have ended."""
    reads = iter([[_line("a", 0)], [_line("late", -20), _line("a", 0), _line("b", 5)], [_line("b", 5), _line("c", 9)]])
    ends = iter([False, False, True])
    starts, waits = list[int](), list[float]()

    def read(start: int) -> list[Line]:
        starts.append(start)
        return next(reads)

    told = [line.id for line in log_reading.follow(read, 0, lambda: next(ends), waits.append)]
    assert told == ["a", "late", "b", "c"]
    assert starts == [0, int((_NOW - 30) * 1000), int((_NOW - 25) * 1000)]
    assert len(waits) == 2


def test_jobs_that_make_jobs_are_looked_for_in_the_logs_of_these() -> None:
    assert job_kinds.TRAINING.log_groups == ("/aws/sagemaker/TrainingJobs",)
    assert job_kinds.TUNING.log_groups == ("/aws/sagemaker/TrainingJobs",)
    assert "/aws/sagemaker/TransformJobs" in job_kinds.AUTOPILOT.log_groups


def test_what_the_inference_function_logged_is_shown(local: Running, orchestrator: Orchestrator, mlops: Mlops) -> None:
    """The function logs why the endpoint does not answer."""
    orchestrator.provisioned(orchestrator.request("logged"))
    stack = "mlops-pipeline-logged-byompipelinerealtimebuiltin"
    silent = mlops("logs", "logged", "--local")
    assert (silent.status, "Nothing was logged in the last 1d." in silent.out) == (0, True)
    assert f"/aws/sagemaker/Endpoints/{orchestrator.outputs(stack)['SageMakerEndpointName']}" in silent.out
    assert orchestrator.predict(stack, {"payload": "1", "content_type": "text/csv"})[0] == 424

    ended = mlops("logs", "logged", "--local", "--json")
    assert ended.status == 0
    line, result = ended.documents
    assert (line["kind"], result) == ("event", {"kind": "result", "lines": 1})
    assert "The local AWS cannot run the image" in line["message"]
    assert f"{stack}-InferenceLogs" in mlops("logs", "logged", "--local").out
