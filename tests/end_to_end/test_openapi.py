# SPDX-License-Identifier: Apache-2.0
"""What the deployed API answers is what the OpenAPI document says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from mlops_orchestrator.aws.api_client import Answer
from tests.end_to_end.users import Orchestrator

DOCUMENT: Final = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text(encoding="utf-8"))


def assert_documented(operation: str, answer: Answer, status: int) -> None:
    """The answer has this status, and a body that the document describes for it."""
    (described,) = (
        found
        for methods in DOCUMENT["paths"].values()
        for found in methods.values()
        if found["operationId"] == operation
    )
    assert answer.status == status, answer.body
    response: dict[str, Any] = described["responses"][str(status)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rsplit("/", 1)[-1]]
    schema = {**response["content"]["application/json"]["schema"], "components": DOCUMENT["components"]}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(answer.body)] == []


def test_each_operation_answers_as_documented(orchestrator: Orchestrator) -> None:
    api = orchestrator.deployment.api
    request = orchestrator.request("documented")
    assert_documented("ProvisionPipeline", api.provision({**request, "dry_run": True}), 200)
    provisioned = api.provision({**request, "custom_image_uri": "ignored"})
    assert_documented("ProvisionPipeline", provisioned, 200)
    pipeline_id = provisioned.body["pipeline_id"]
    assert_documented("PipelineStatus", api.status(pipeline_id), 200)
    assert orchestrator.ended(pipeline_id).has_succeeded
    assert_documented("PipelineStatus", api.status(pipeline_id), 200)
    assert_documented("ListPipelines", api.list(limit=1), 200)
    assert_documented("ListPipelines", api.list(model_name="documented"), 200)
    assert_documented("ShowPipeline", api.details("documented"), 200)
    assert_documented("DeletePipeline", api.delete(pipeline_id), 202)


def test_model_cards_answer_as_documented(orchestrator: Orchestrator) -> None:
    api = orchestrator.deployment.api
    card = {"name": "documented-card"}
    for operation, more in (
        ("create_model_card", {"model_overview": {"model_description": "Tells which ships will berth late."}}),
        ("describe_model_card", {}),
        ("export_model_card", {"export_job_name": "documented-1"}),
        ("describe_model_card_export", {"export_job_name": "documented-1"}),
        ("delete_model_card", {"dry_run": True}),
        ("delete_model_card", {}),
    ):
        assert_documented("ProvisionPipeline", api.provision({"pipeline_type": operation, **card, **more}), 200)
    assert_documented("ProvisionPipeline", api.provision({"pipeline_type": "list_model_cards"}), 200)


def test_what_goes_wrong_is_answered_as_documented(orchestrator: Orchestrator) -> None:
    api = orchestrator.deployment.api
    assert_documented("ProvisionPipeline", api.provision({"pipeline_type": "byom_batch_custom", "model": 1}), 400)
    assert_documented("PipelineStatus", api.status("no-pipeline"), 400)
    assert_documented("ListPipelines", api.list(limit=0), 400)
    assert_documented("ShowPipeline", api.details("no-such-model"), 404)
    assert_documented("DeletePipeline", api.delete("no-such-model"), 404)
