# SPDX-License-Identifier: Apache-2.0
"""`mlops monitor`: runs of a monitor listed, shown and started, at an API that answers what a test says."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_orchestrator.client import waiting
from tests.cli.conftest import Mlops
from tests.client import monitor_stub
from tests.client.monitor_stub import STACK, Stub

_NAME = f"{STACK}-codepipeline"
_NOTHING = "Completed: nothing was captured in the window."


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setattr(waiting, "_FIRST_PAUSE_SECONDS", 0.01)
    with monitor_stub.serving() as found:
        for name, value in monitor_stub.environment(found).items():
            monkeypatch.setenv(name, value)
        found.runs = [
            monitor_stub.run(13, "InProgress", ""),
            monitor_stub.violated(12),
            monitor_stub.run(11, message=_NOTHING),
            monitor_stub.run(10),
        ]
        yield found


class TestList:
    def test_runs_are_told_newest_first_with_window_and_outcome(self, stub: Stub, mlops: Mlops) -> None:
        ended = mlops("monitor", "list", "harbour")
        assert (ended.status, ended.err) == (0, "")
        rows = [line.split("  ") for line in ended.out.splitlines() if line.startswith("2026-")]
        told = [[cell.strip() for cell in row if cell.strip()] for row in rows]
        assert told == [
            ["2026-11-30 13:00 - 14:00", "InProgress", "0000000d"],
            ["2026-11-30 12:00 - 13:00", "CompletedWithViolations", "1", "0000000c", "draught"],
            ["2026-11-30 11:00 - 12:00", "Completed", "0", "0000000b", _NOTHING],
            ["2026-11-30 10:00 - 11:00", "Completed", "0", "0000000a"],
        ]
        assert ended.out.endswith(f"next: mlops monitor show {_NAME} 0000000c\n"), "the newest that has ended"

    @pytest.mark.parametrize("name", ["harbour/data-quality", monitor_stub.ID], ids=["short", "id"])
    def test_any_name_of_a_pipeline_is_taken(self, stub: Stub, mlops: Mlops, name: str) -> None:
        assert "0000000c" in mlops("monitor", "list", name).out

    def test_programs_get_what_the_api_tells(self, stub: Stub, mlops: Mlops) -> None:
        (document,) = mlops("monitor", "list", "harbour", "--limit", "2", "--json").documents
        assert document == {"runs": stub.runs[:2]}

    def test_runs_of_several_accounts_tell_their_stage(self, stub: Stub, mlops: Mlops) -> None:
        stub.runs = [monitor_stub.violated(12) | {"stage": "prod", "account": "333333333333"}]
        lines = mlops("monitor", "list", "harbour", "--output", "text").out.splitlines()
        assert lines[0].startswith("stage\t")
        assert lines[1].startswith("prod\t2026-11-30 12:00")

    def test_text_has_whole_ids_between_tabs(self, stub: Stub, mlops: Mlops) -> None:
        lines = mlops("monitor", "list", "harbour", "--output", "text").out.splitlines()
        assert lines[0].split("\t") == ["window (UTC)", "outcome", "violations", "run", ""]
        assert lines[2].split("\t")[3] == stub.runs[1]["id"]

    def test_before_the_first_run_the_next_step_is_told(self, stub: Stub, mlops: Mlops) -> None:
        stub.runs = []
        out = mlops("monitor", "list", "harbour").out
        assert out == f"There has been no run yet.\nnext: mlops monitor run {_NAME} --watch\n"

    def test_what_is_not_there_is_named(self, stub: Stub, mlops: Mlops) -> None:
        ended = mlops("monitor", "list", "nobody")
        assert ended.status == 2
        assert "there is no pipeline nobody in us-east-1" in ended.err

    def test_a_pipeline_without_runs_is_the_api_s_answer(self, stub: Stub, mlops: Mlops) -> None:
        stub.refusal = 409, {"message": "This pipeline is no monitor. POST /pipelines/{id}/runs starts runs of those."}
        ended = mlops("monitor", "list", "harbour")
        assert ended.status == 1
        assert "`mlops monitor run` starts runs of those" in ended.err


class TestShow:
    def test_the_last_run_is_told_with_its_violations(self, stub: Stub, mlops: Mlops) -> None:
        stub.runs = stub.runs[1:]
        ended = mlops("monitor", "show", "harbour")
        assert ended.status == 0
        assert "CompletedWithViolations\nwindow: 2026-11-30 12:00 - 13:00, UTC\n" in ended.out
        (row,) = [line for line in ended.out.splitlines() if line.startswith("draught")]
        assert [cell for cell in row.split("  ") if cell] == [
            "draught",
            " baseline_drift_check",
            " distance 0.43",
            " 0.1 at most",
        ]
        assert "files: s3://reports/harbour/schedule/2026/11/30/13\n" in ended.out
        assert ended.out.endswith(f"next: mlops monitor show {_NAME} 0000000c --open\n")

    def test_a_run_is_named_by_the_end_of_its_id(self, stub: Stub, mlops: Mlops) -> None:
        (document,) = mlops("monitor", "show", "harbour", "000b", "--json").documents
        assert document == stub.runs[2]

    def test_a_report_is_saved_and_its_path_told(self, stub: Stub, mlops: Mlops) -> None:
        ended = mlops("monitor", "show", "harbour", "000c", "--report", "found.html")
        assert "report: found.html\n" in ended.out
        assert Path("found.html").read_text() == monitor_stub.REPORT
        (document,) = mlops("monitor", "show", "harbour", "000c", "--report", "again.html", "--json").documents
        assert document["report_file"] == "again.html"

    def test_a_report_alone_goes_to_standard_output(self, stub: Stub, mlops: Mlops) -> None:
        assert mlops("monitor", "show", "harbour", "000c", "--report", "-").out == monitor_stub.REPORT

    def test_a_report_is_opened(self, stub: Stub, mlops: Mlops, monkeypatch: pytest.MonkeyPatch) -> None:
        opened = list[str]()
        monkeypatch.setattr(webbrowser, "open", opened.append)
        ended = mlops("monitor", "show", "harbour", "000c", "--open")
        (address,) = opened
        file = Path(address.removeprefix("file://"))
        assert file.read_text() == monitor_stub.REPORT
        assert f"report: {file}\n" in ended.out

    def test_a_report_that_is_gone_is_a_sentence(self, stub: Stub, mlops: Mlops) -> None:
        stub.reports = {}
        ended = mlops("monitor", "show", "harbour", "000c", "--report", "found.html")
        assert (ended.status, Path("found.html").exists()) == (2, False)
        assert "there is no report at s3://reports/" in ended.err

    def test_a_run_that_is_not_there_is_named(self, stub: Stub, mlops: Mlops) -> None:
        ended = mlops("monitor", "show", "harbour", "xyz")
        assert (ended.status, "the monitor has no run xyz" in ended.err) == (2, True)


class TestRun:
    def test_a_run_is_started_and_the_next_step_told(self, stub: Stub, mlops: Mlops) -> None:
        stub.becomes = [monitor_stub.run(14, "InProgress", "")]
        ended = mlops("monitor", "run", "harbour", "--start", "2026-11-30T14:00", "--end", "2026-11-30T17:00+02:00")
        assert ended.status == 0
        assert stub.posted == [{"start_time": "2026-11-30T14:00:00+00:00", "end_time": "2026-11-30T15:00:00+00:00"}]
        assert ended.out == (
            f"The run has begun.\nrun: {stub.becomes[0]['id']}\nnext: mlops monitor show {_NAME} 0000000e\n"
        )

    def test_without_a_window_none_is_sent(self, stub: Stub, mlops: Mlops) -> None:
        stub.becomes = [monitor_stub.run(14, "InProgress", "")]
        (document,) = mlops("monitor", "run", "harbour", "--json").documents
        assert document["run"]["id"] == stub.becomes[0]["id"]
        assert stub.posted == [{}]

    @pytest.mark.parametrize(
        ("end", "options", "status"),
        [
            (monitor_stub.run(14), (), 0),
            (monitor_stub.violated(14), (), 0),
            (monitor_stub.violated(14), ("--fail-on-violations",), 1),
            (monitor_stub.run(14), ("--fail-on-violations",), 0),
            (monitor_stub.run(14, "Failed", "AlgorithmError: no memory."), (), 1),
        ],
        ids=["quiet", "violations", "violations-that-fail", "quiet-that-may-not-fail", "failed"],
    )
    def test_a_watch_ends_as_the_run_does(
        self, stub: Stub, mlops: Mlops, end: dict[str, object], options: tuple[str, ...], status: int
    ) -> None:
        stub.becomes = [monitor_stub.run(14, "InProgress", ""), end]
        ended = mlops("monitor", "run", "harbour", "--watch", *options)
        assert ended.status == status
        assert f"{end['id']}: {end['status']}\n" in ended.out
        assert str(end["message"]) in ended.out

    def test_a_watch_is_lines_for_programs(self, stub: Stub, mlops: Mlops) -> None:
        stub.becomes = [monitor_stub.run(14, "InProgress", ""), monitor_stub.run(14, "Failed", "no memory")]
        ended = mlops("monitor", "run", "harbour", "--watch", "--json")
        event, *states, result = ended.documents
        assert (ended.status, event["kind"]) == (1, "event")
        assert [state["status"] for state in states] == ["InProgress", "Failed"]
        assert (result["kind"], result["status"], result["error"]["message"]) == ("result", "Failed", "no memory")

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (("--start", "yesterday"), "--start takes 30s, 10m, 2h, 1d or a time such as"),
            (("--fail-on-violations",), "--fail-on-violations needs --watch"),
        ],
        ids=["window", "unwatched"],
    )
    def test_wrong_use_starts_nothing(self, stub: Stub, mlops: Mlops, options: tuple[str, ...], words: str) -> None:
        ended = mlops("monitor", "run", "harbour", *options)
        assert (ended.status, words in ended.err) == (2, True)
        assert stub.posted == []


def test_runs_are_completed(stub: Stub) -> None:
    words = "mlops monitor show harbour/data-quality 0000000"
    environment = {
        **os.environ, "_MLOPS_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")),
    }  # fmt: skip
    program = Path(sys.executable).with_name("mlops")
    ran = subprocess.run([program], env=environment, capture_output=True, text=True, check=False)
    assert ran.stdout.split() == ["0000000d", "0000000c", "0000000b", "0000000a"], ran.stderr
