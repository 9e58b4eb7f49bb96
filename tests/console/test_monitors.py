# SPDX-License-Identifier: Apache-2.0
"""Monitors on the page: a run is started, what it found stands there, and its report can be read and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlops_orchestrator.client import answers
from scripts.console import payloads
from scripts.console.guard import DOCUMENT_POLICY
from tests.console.visiting import Visitor
from tests.end_to_end import windy

if TYPE_CHECKING:
    from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
MONITOR = "seen/data-quality"


def test_a_run_is_started_and_its_report_is_shown(orchestrator: Orchestrator, until: Until) -> None:
    windy.watch(orchestrator, "seen", "seen-live")
    visitor = Visitor(orchestrator.deployment.api)
    assert MONITOR in visitor.visit("/monitors").text
    assert "None yet." in visitor.visit(f"/monitors/{MONITOR}").text

    assert visitor.send(f"/monitors/{MONITOR}").status == 303
    page = until(lambda: (found := visitor.visit(f"/monitors/{MONITOR}")).text.count("Violations") and found)
    assert "CompletedWithViolations" in page.text
    assert {"wind", "baseline_drift_check", "0.1 at most"} <= set(page.words)
    assert "All its runs" in visitor.visit(f"/pipelines/{MONITOR}").text

    api = orchestrator.deployment.api
    found = payloads.prepared(api, answers.pipelines(api, model_name="seen"))
    assert (found.text, found.columns) == ("9.1,21068,5.4,south", ("draught", "cargo", "wind", "berth"))
    assert found.source.endswith("/baselines/seen.csv")
    gone = {"pipeline_type": "a_monitor", "pipeline_stack_name": "mlops-pipeline-gone-codepipeline"}
    assert payloads.prepared(api, [gone, {**gone, "pipeline_type": "none"}]).text == ""

    report = page.html.partition('<iframe src="')[2].partition('"')[0]
    answer = visitor.read(report)
    assert "Data quality of seen-live" in answer.text
    assert answer.headers["Content-Security-Policy"] == DOCUMENT_POLICY
    assert visitor.visit("/reports/none/seen").status == 404


def test_a_model_has_its_monitors_beside_it_and_a_row_to_ask_for(orchestrator: Orchestrator) -> None:
    windy.watch(orchestrator, "beside", "beside-live")
    orchestrator.provisioned(orchestrator.request("beside", endpoint_name="beside-served"))
    page = Visitor(orchestrator.deployment.api).visit("/pipelines/beside/realtime")
    assert "beside/data-quality" in page.words
    assert "9.1,21068,5.4,south" in page.words
    assert "draught, cargo, wind, berth." in page.text


def test_what_is_no_monitor_has_no_runs(orchestrator: Orchestrator) -> None:
    assert Visitor(orchestrator.deployment.api).visit("/monitors/nowhere").status == 404
