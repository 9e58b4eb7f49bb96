# SPDX-License-Identifier: Apache-2.0
"""Stacks of pipelines in moto, as provisioning leaves them, and what CodePipeline says of them, which moto does not."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from orchestrator.aws import calls
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.codepipeline.codepipelines import Execution
from orchestrator.plan.codepipeline_parameters import MultiAccountPipelineParameters

REALTIME: Final = "byompipelinerealtimebuiltin"
RELEASE: Final = {"mlops:release": "mlops/0.1.0"}
TOPIC: Final = {"Topic": {"Type": "AWS::SNS::Topic"}}


def deployed_name(model: str, postfix: str = REALTIME) -> str:
    return f"mlops-pipeline-{model}-{postfix}"


def make_stack(
    name: str, parameters: dict[str, str] | None = None, tags: dict[str, str] | None = None, **outputs: str
) -> str:
    """A stack that the orchestrator has made, with these parameters, tags and outputs; gives its ARN."""
    template = {
        "Parameters": {key: {"Type": "String"} for key in parameters or {}},
        "Resources": TOPIC,
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    made = calls.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in (parameters or {}).items()],
        Tags=[{"Key": key, "Value": value} for key, value in (RELEASE | (tags or {})).items()],
    )
    return str(made["StackId"])


def make_pipeline(model: str, type_name: str = "byom_realtime_builtin", postfix: str = REALTIME) -> str:
    """The stack of a single-account pipeline; gives its ARN."""
    deployed = deployed_name(model, postfix)
    tags = {"pipeline_type": type_name, "model_name": model}
    return make_stack(f"{deployed}-codepipeline", {"StackName": deployed}, tags, PipelineName=f"the-{model}")


def make_multi_account_pipeline(model: str) -> str:
    """The same for a pipeline with stages."""
    given = dict.fromkeys(MultiAccountPipelineParameters.model_fields, "x") | {"StackName": deployed_name(model)}
    tags = {"pipeline_type": "byom_realtime_builtin", "model_name": model}
    return make_stack(f"{deployed_name(model)}-codepipeline", given, tags, PipelineName=f"the-{model}")


def make_foreign_stack(model: str) -> str:
    """A stack of the same name that somebody else has made, as the earlier solution does; gives its ARN."""
    made = calls.client("cloudformation").create_stack(
        StackName=f"{deployed_name(model)}-codepipeline", TemplateBody=json.dumps({"Resources": TOPIC})
    )
    return str(made["StackId"])


def stage(name: str, status: str, *actions: dict[str, Any], execution: str = "e-1") -> dict[str, Any]:
    latest = {"pipelineExecutionId": execution, "status": status}
    return {"stageName": name, "latestExecution": latest, "actionStates": list(actions)}


def states(monkeypatch: pytest.MonkeyPatch, *stages: dict[str, Any]) -> None:
    """Have CodePipeline tell this of every pipeline."""
    newest = Execution("e-1", "InProgress", "", None, "CreatePipeline")
    monkeypatch.setattr(codepipelines, "state", lambda name: {"pipelineName": name, "stageStates": list(stages)})
    monkeypatch.setattr(codepipelines, "newest_execution", lambda _: newest)
