# SPDX-License-Identifier: Apache-2.0
"""`mlops shift` and what it changes, against an endpoint of two models on the local AWS."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final
from urllib.parse import quote

import pytest

from mlops_orchestrator import Orchestrator as Client
from mlops_orchestrator import RequestRefused
from scripts.console import looks
from scripts.demo.demo_model import TrainedModel
from tests.cli.conftest import Mlops
from tests.console.visiting import Visitor
from tests.end_to_end.running import Running
from tests.end_to_end.users import ARTIFACT_KEY, SERVED, Orchestrator
from tests.end_to_end.waiting import minute_told

ENDPOINT: Final = "shifted-calls"
CALLS: Final = 40


@pytest.fixture
def compared(local: Running, orchestrator: Orchestrator, model: TrainedModel) -> Orchestrator:
    """The pipeline of the model `shifted`: its endpoint has a challenger with as many calls, whatever was before."""
    challenger = {"name": "challenger", "model_artifact_location": ARTIFACT_KEY}
    orchestrator.provisioned(orchestrator.request("shifted", endpoint_name=ENDPOINT, variants=[challenger], **SERVED))
    even = [{"VariantName": name, "DesiredWeight": 1} for name in ("AllTraffic", "challenger")]
    orchestrator.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT, DesiredWeightsAndCapacities=even
    )
    return orchestrator


def answered(orchestrator: Orchestrator, model: TrainedModel) -> Counter[str]:
    """How many of some calls each variant answers."""
    return orchestrator.answering(ENDPOINT, model.holdout_rows[0], CALLS)


def weights(orchestrator: Orchestrator) -> dict[str, float]:
    described = orchestrator.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    return {one["VariantName"]: one["CurrentWeight"] for one in described["ProductionVariants"]}


def told(orchestrator: Orchestrator) -> dict[str, Any]:
    body = orchestrator.deployment.api.details("shifted").body
    return {one["name"]: one for one in body["endpoint"]["variants"]}


def test_calls_follow_the_weights(compared: Orchestrator, mlops: Mlops, model: TrainedModel) -> None:
    ran = mlops("shift", "shifted", "AllTraffic=0", "challenger=1", "--local")
    assert (ran.status, ran.err) == (0, "")
    assert "Calls of shifted/realtime are to be shared: AllTraffic 0%, challenger 100%." in ran.out
    assert weights(compared) == {"AllTraffic": 0.0, "challenger": 1.0}
    assert answered(compared, model) == {"challenger": CALLS}
    assert "are shared so already" in mlops("shift", "shifted", "AllTraffic=0", "challenger=1", "--local").out

    assert mlops("shift", "shifted", "AllTraffic=1", "challenger=3", "--local").status == 0
    assert answered(compared, model).keys() == {"AllTraffic", "challenger"}
    assert {name: one["share"] for name, one in told(compared).items()} == {"AllTraffic": 0.25, "challenger": 0.75}
    assert "challenger: 75% of the calls, weight 3" in mlops("status", "shifted", "--local").out


def test_what_each_has_answered_is_told(compared: Orchestrator, mlops: Mlops, model: TrainedModel) -> None:
    assert mlops("shift", "shifted", "AllTraffic=0", "challenger=1", "--local").status == 0
    minute_told()
    before = told(compared)["challenger"]["last_hour"]["calls"]
    answered(compared, model)
    minute_told()
    figures = told(compared)["challenger"]["last_hour"]
    assert figures["calls"] - before == CALLS
    assert (figures["errors_4xx"], figures["errors_5xx"]) == (0, 0)
    assert 0 < figures["latency_p50_ms"] <= figures["latency_p95_ms"]
    shown = mlops("status", "shifted", "--local").out
    assert f"last hour: {figures['calls']} calls, 0 errors 4xx, 0 5xx, p50 " in shown

    name = quote(compared.deployment.api.details("shifted").body["pipeline_id"], safe="")
    text = Visitor(compared.deployment.api).visit(f"/pipelines/{name}").text
    assert "Share of the calls" in text
    latency = ", ".join(looks.milliseconds(figures[f"latency_{name}_ms"]) for name in ("p50", "p95"))
    assert f"challenger 100% 1 {figures['calls']} 0, 0 {latency} ms" in text


def test_what_cannot_be_is_told_in_words(compared: Orchestrator, mlops: Mlops) -> None:
    before = weights(compared)
    ran = mlops("shift", "shifted", "next=1", "--local")
    assert ran.status == 2
    assert "there is no variant of this name; the endpoint has AllTraffic, challenger" in ran.err
    ran = mlops("shift", "shifted", "AllTraffic=0", "challenger=0", "--local")
    assert "one variant at least with a weight above 0" in ran.err
    assert weights(compared) == before


def test_python_shifts_calls_too(compared: Orchestrator) -> None:
    pipeline = Client(local=True).get("shifted")
    assert pipeline.shift({"AllTraffic": 2, "challenger": 2}).id == pipeline.id
    assert weights(compared) == {"AllTraffic": 2.0, "challenger": 2.0}
    with pytest.raises(RequestRefused, match="No weight was changed"):
        pipeline.shift({"next": 1})
