# SPDX-License-Identifier: Apache-2.0
"""A monitor by commands and by the client, from its first run to its report, on the local AWS."""

from __future__ import annotations

from contextlib import chdir
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from mlops_orchestrator import Orchestrator as Client
from tests.cli.conftest import Mlops
from tests.end_to_end import windy
from tests.end_to_end.running import Running
from tests.end_to_end.users import Orchestrator

_ENDPOINT: Final = "shown-live"


@pytest.fixture(scope="module")
def monitored(orchestrator: Orchestrator) -> str:
    """The model of a monitor whose endpoint has captured something half an hour ago."""
    windy.watch(orchestrator, "shown", _ENDPOINT)
    return "shown"


def test_a_run_is_started_followed_and_shown(local: Running, mlops: Mlops, monitored: str) -> None:
    ran = mlops("monitor", "run", monitored, "--start", "1h", "--watch", "--fail-on-violations", "--local")
    assert (ran.status, ran.err) == (1, ""), ran.out
    assert "wind" in ran.out
    assert "0.1 at most" in ran.out

    listed = mlops("monitor", "list", monitored, "--local")
    assert "CompletedWithViolations" in listed.out
    hint = listed.out.splitlines()[-1].removeprefix("next: mlops ")
    shown = mlops(*hint.split())
    assert "CompletedWithViolations" in shown.out
    assert "files: s3://" in shown.out

    file = local.folder / "found.html"
    assert mlops("monitor", "show", monitored, "--report", str(file), "--local").status == 0
    assert f"Data quality of {_ENDPOINT}" in file.read_text("utf-8")
    status = mlops("status", f"{monitored}/data-quality", "--local").out
    assert "(open engine): Scheduled." in status
    assert "Its last run: CompletedWithViolations" in status
    assert f"what it found: mlops monitor show mlops-pipeline-{monitored}-" in status


def test_a_quiet_window_is_no_failure(local: Running, mlops: Mlops, monitored: str) -> None:
    begin, end = (f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M}" for days in (3, 2))
    ran = mlops("monitor", "run", monitored, "--start", begin, "--end", end, "--watch", "--json", "--local")
    *_, result = ran.documents
    assert (ran.status, result["kind"], result["status"]) == (0, "result", "Completed")
    assert "nothing was captured" in result["message"]


def test_the_client_runs_it_and_reads_its_report(local: Running, monitored: str) -> None:
    with chdir(local.folder):
        pipeline = Client(local=True).get(f"{monitored}/data-quality")
    run = pipeline.run_monitor(datetime.now(UTC) - timedelta(hours=1)).wait(120)
    assert run.status == "CompletedWithViolations"
    assert {violation.feature for violation in run.violations} == {"wind"}
    assert f"Data quality of {_ENDPOINT}" in run.report().html
    assert pipeline.monitor_run().id == run.id
    assert run.id in {one.id for one in pipeline.monitor_runs()}


@pytest.mark.usefixtures("monitored")
def test_a_window_that_cannot_be_is_told_in_words(local: Running, mlops: Mlops) -> None:
    ended = mlops("monitor", "run", "shown", "--start", "90d", "--local")
    assert ended.status == 2
    assert "31 days" in ended.err
