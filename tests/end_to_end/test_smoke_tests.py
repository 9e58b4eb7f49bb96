# SPDX-License-Identifier: Apache-2.0
"""A model is asked before its deployment counts: figures if it answers as wanted, and no new model if it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scripts.demo.demo_model import TrainedModel
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import SERVED, Orchestrator

Until = Callable[[Callable[[], Any]], Any]


@pytest.fixture(scope="module")
def asked(model: TrainedModel) -> dict[str, Any]:
    """A smoke test that the demo's model passes."""
    row = ",".join(str(value) for value in model.holdout_rows[0])
    return {"payload": row, "content_type": "text/csv", "expression": "@ >= `0` && @ <= `1`", "calls": 3}


def _request(orchestrator: Orchestrator, name: str, test: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return orchestrator.request(name, smoke_test=test, **SERVED, **changes)


def _figures(orchestrator: Orchestrator, pipeline_id: str, until: Until, after: str = "") -> dict[str, Any]:
    """The newest figures; `after` is when those before were written."""

    def newer() -> dict[str, Any] | None:
        found: list[dict[str, Any]] = orchestrator.deployment.api.details(pipeline_id).body["smoke_tests"]
        return next((one for one in found if one["at"] > after), None)

    told: dict[str, Any] = until(newer)
    return told


def test_a_model_that_fails_its_test_leaves_the_one_before_serving(
    orchestrator: Orchestrator, asked: dict[str, Any], subscriber: Subscriber, until: Until
) -> None:
    stack = "mlops-pipeline-smoked-byompipelinerealtimebuiltin"
    pipeline_id = orchestrator.provisioned(_request(orchestrator, "smoked", asked))
    figures = _figures(orchestrator, pipeline_id, until)
    assert (figures["calls"], figures["errors"], figures["problem"], figures["stage"]) == (3, 0, "", "")
    assert 0 < figures["p50_ms"] <= figures["p95_ms"] <= figures["max_ms"]
    assert "Smoke test here, " in subscriber.next_about("smoked-byom", until, "SUCCEEDED")

    wrong = {**asked, "expression": "@ > `1`"}
    changed = _request(orchestrator, "smoked", wrong, inference_instance="ml.c5.xlarge")
    assert orchestrator.changed(pipeline_id, changed).has_failed
    told = subscriber.next_about("smoked-byom", until, "FAILED")
    assert "The smoke test failed at call 1 of 3: @ > `1` is false, true was expected. The answer: 0." in told
    assert orchestrator.stack(stack)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    configuration = orchestrator.outputs(stack)["SageMakerEndpointConfigName"]
    described = orchestrator.client("sagemaker").describe_endpoint_config(EndpointConfigName=configuration)
    assert described["ProductionVariants"][0]["InstanceType"] == "ml.m5.large"
    status, _ = orchestrator.predict(stack, {"payload": asked["payload"], "content_type": "text/csv"})
    assert status == 200


def test_a_throttle_below_the_calls_is_waited_for(
    orchestrator: Orchestrator, asked: dict[str, Any], until: Until
) -> None:
    throttle = {"throttle_rate": 1, "throttle_burst": 2}
    pipeline_id = orchestrator.provisioned(_request(orchestrator, "smoked-slowly", asked, inference_api=throttle))
    figures = _figures(orchestrator, pipeline_id, until)
    assert (figures["calls"], figures["errors"], figures["problem"]) == (3, 0, "")


def test_a_first_deployment_that_fails_its_test_leaves_nothing(
    orchestrator: Orchestrator, asked: dict[str, Any]
) -> None:
    refused = {**asked, "payload": "1,2", "calls": 2}
    pipeline_id = orchestrator.provision(_request(orchestrator, "unsmoked", refused))["pipeline_id"]
    failed = orchestrator.ended(pipeline_id)
    assert failed.has_failed
    (detail,) = [action.detail for action in failed.actions if action.status == "Failed"]
    assert "The smoke test failed at call 1 of 2: status 400 came, 200 was expected." in detail
    assert "The model refused the payload." in detail
    stack = "mlops-pipeline-unsmoked-byompipelinerealtimebuiltin"
    assert orchestrator.stack(stack)["StackStatus"] == "ROLLBACK_COMPLETE"
