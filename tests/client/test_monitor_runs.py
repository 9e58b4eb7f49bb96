# SPDX-License-Identifier: Apache-2.0
"""Runs of a monitor by the client: lists, one of them, its report, and a run that is started and waited for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlops_orchestrator import Failed, NotFound, Orchestrator, Pipeline, RequestRefused, TimedOut
from mlops_orchestrator.client import monitor_runs, waiting
from tests.client import monitor_stub
from tests.client.monitor_stub import Stub


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setattr(waiting, "_FIRST_PAUSE_SECONDS", 0.01)
    with monitor_stub.serving() as found:
        for name, value in monitor_stub.environment(found).items():
            monkeypatch.setenv(name, value)
        yield found


@pytest.fixture
def pipeline(stub: Stub) -> Pipeline:
    return Orchestrator().get("harbour/data-quality")


def test_runs_of_all_pages_come_newest_first(stub: Stub, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor_runs, "_MOST", 2)
    stub.runs = [monitor_stub.run(number) for number in (4, 3, 2, 1, 0)]
    assert [run.id[-1] for run in pipeline.monitor_runs()] == ["4", "3", "2", "1", "0"]
    assert [run.id[-1] for run in pipeline.monitor_runs(3)] == ["4", "3", "2"]


def test_a_run_tells_what_it_looked_at_and_found(stub: Stub, pipeline: Pipeline) -> None:
    stub.runs = [monitor_stub.violated(9)]
    run = pipeline.monitor_run()
    assert (run.start, run.end) == (datetime(2026, 11, 30, 9, tzinfo=UTC), datetime(2026, 11, 30, 10, tzinfo=UTC))
    assert (run.status, run.window, run.has_ended, run.has_failed) == (
        "CompletedWithViolations", "2026-11-30 09:00 - 10:00", True, False,
    )  # fmt: skip
    (violation,) = run.violations
    assert (violation.feature, violation.check) == ("draught", "baseline_drift_check")
    assert (violation.found, violation.allowed) == ("distance 0.43", "0.1 at most")
    assert run.output.startswith("s3://reports/")


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        ("2026-11-30T09:00:00Z", "2026-11-30T10:30:00+00:00", "2026-11-30 09:00 - 10:30"),
        ("2026-11-29T09:00:00+01:00", "2026-11-30T10:00:00", "2026-11-29 08:00 - 2026-11-30 10:00"),
        (None, "2026-11-30T10:00:00Z", "until 2026-11-30 10:00"),
        (None, None, ""),
    ],
    ids=["one-day", "two-days", "end-alone", "unknown"],
)
def test_a_window_is_told_to_the_minute(
    stub: Stub, pipeline: Pipeline, start: str | None, end: str | None, window: str
) -> None:
    stub.runs = [monitor_stub.run(1, start_time=start, end_time=end)]
    assert pipeline.monitor_run().window == window


def test_a_report_is_read_saved_and_shown(stub: Stub, pipeline: Pipeline, tmp_path: Path) -> None:
    stub.runs = [monitor_stub.violated(9)]
    report = pipeline.monitor_run().report()
    assert report.html == monitor_stub.REPORT
    assert report.save(tmp_path / "report.html").read_text() == monitor_stub.REPORT
    assert 'srcdoc="&lt;!doctype html&gt;' in report._repr_html_()


def test_a_run_without_a_report_says_so(stub: Stub, pipeline: Pipeline) -> None:
    stub.runs = [monitor_stub.run(1, "Failed", "no baseline", report="")]
    with pytest.raises(NotFound, match="has no report: it is Failed"):
        pipeline.monitor_run().report()


def test_notebooks_show_runs_and_violations(stub: Stub, pipeline: Pipeline) -> None:
    stub.runs = [monitor_stub.violated(9), monitor_stub.run(8)]
    runs = pipeline.monitor_runs()
    assert "<td>CompletedWithViolations</td><td>1</td>" in runs._repr_html_()
    shown = runs[0]._repr_html_()
    assert "<th>outcome</th><td>CompletedWithViolations</td>" in shown
    assert "<td>distance 0.43</td><td>0.1 at most</td>" in shown


def test_a_run_is_found_by_the_end_of_its_id(stub: Stub, pipeline: Pipeline) -> None:
    stub.runs = [monitor_stub.run(number) for number in (17, 1)]
    assert pipeline.monitor_run("00011").id == stub.runs[0]["id"]
    with pytest.raises(RequestRefused, match="2 runs end in 1"):
        pipeline.monitor_run("1")
    with pytest.raises(NotFound, match="no run 5"):
        pipeline.monitor_run("5")


def test_a_monitor_that_has_not_run_has_no_last_run(stub: Stub, pipeline: Pipeline) -> None:
    assert pipeline.monitor_runs() == []
    with pytest.raises(NotFound, match="has had no run yet"):
        pipeline.monitor_run()


def test_a_run_is_started_for_a_window_and_waited_for(stub: Stub, pipeline: Pipeline) -> None:
    stub.becomes = [
        monitor_stub.run(2, "InProgress", ""),
        monitor_stub.run(2, "InProgress", ""),
        monitor_stub.violated(2),
    ]
    run = pipeline.run_monitor(datetime(2026, 11, 30, 2), "2026-11-30T03:00:00Z")
    assert (run.status, run.violations) == ("InProgress", [])
    ended = run.wait(60)
    assert (ended.id, ended.status, len(ended.violations)) == (run.id, "CompletedWithViolations", 1)
    assert stub.posted == [{"start_time": "2026-11-30T02:00:00+00:00", "end_time": "2026-11-30T03:00:00Z"}]


def test_without_a_window_the_orchestrator_chooses_it(stub: Stub, pipeline: Pipeline) -> None:
    stub.becomes = [monitor_stub.run(2)]
    assert pipeline.run_monitor().wait(60).status == "Completed"
    assert stub.posted == [{}]


def test_a_run_that_fails_ends_the_wait_with_its_message(stub: Stub, pipeline: Pipeline) -> None:
    stub.becomes = [monitor_stub.run(2, "Failed", "AlgorithmError: there is no memory.")]
    with pytest.raises(Failed, match=r"Failed\. AlgorithmError: there is no memory"):
        pipeline.run_monitor().wait(60)


def test_a_wait_has_an_end(stub: Stub, pipeline: Pipeline) -> None:
    stub.becomes = [monitor_stub.run(2, "InProgress", "")]
    with pytest.raises(TimedOut, match="it goes on"):
        pipeline.run_monitor().wait(0.05)


def test_a_run_that_nobody_lists_is_not_waited_for_without_end(
    stub: Stub, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor_runs, "_LISTED_SECONDS", 0.0)
    stub.becomes = [monitor_stub.run(2)]
    run = pipeline.run_monitor()
    stub.runs, stub.becomes = [], []
    with pytest.raises(Failed, match="is not listed"):
        run.wait(60)


def test_what_the_orchestrator_refuses_is_told(stub: Stub, pipeline: Pipeline) -> None:
    stub.refusal = 409, {"message": "SageMaker runs this monitor on its schedule alone."}
    with pytest.raises(Failed, match="on its schedule alone"):
        pipeline.run_monitor()
