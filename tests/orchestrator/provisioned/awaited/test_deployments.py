# SPDX-License-Identifier: Apache-2.0
"""Deployments that wait for a decision, where what they change cannot be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.codepipeline.codepipelines import Execution
from orchestrator.aws.s3.objects import ReadPackage
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.launch.settings import MultiAccount, Settings
from orchestrator.provisioned.awaited import deployments, packages
from orchestrator.provisioned.awaited.deployments import Seen
from orchestrator.provisioned.awaited.packages import Package
from orchestrator.provisioned.pipeline_stacks import Pipeline
from tests.orchestrator.stage_action.played_aws import parameter_file, zipped

ASKED = {"actionName": "DeployStaging", "latestExecution": {"status": "InProgress", "token": "t"}}
STATE = {
    "pipelineName": "the-churn",
    "stageStates": [
        {"stageName": "DeployDev", "latestExecution": {"pipelineExecutionId": "e-1"}, "actionStates": [ASKED]}
    ],
}
PIPELINE = Pipeline(
    "arn:aws:cloudformation:eu-west-1:111122223333:stack/mlops-pipeline-churn-x-codepipeline/a-b",
    "byom_realtime_builtin",
    "churn",
    "",
    {"dev": "churn-dev", "staging": "churn-staging", "prod": "churn-prod"},
)
CODE = "bus,bucket,provisioned/mlops-pipeline-churn-x/functions/smoke_test-a.zip,b"
NEWEST = Execution("e-1", "InProgress", "version-1", None)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, multi_account=MultiAccount({}, "StageDeployer", "SELF"))


def told(settings: Settings, newest: Execution | None = NEWEST, content: bytes | None = None) -> dict[str, Any]:
    package = Package(ReadPackage("version-1", content), {}) if content is not None else None
    (waiting,) = deployments.of(Seen(PIPELINE, {}, STATE, newest, package, ["dev"]), settings)
    return dict(waiting)


def test_an_execution_that_tells_no_package_is_a_sentence(settings: Settings) -> None:
    waiting = told(settings, replace(NEWEST, source_version=""))
    assert (waiting["stage"], waiting["execution"], waiting["changed_parameters"]) == ("staging", "e-1", [])
    assert waiting["problem"].startswith("What would be deployed is not known: the execution")


def test_an_older_execution_is_looked_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(codepipelines, "execution", lambda name, id_: {("the-churn", "e-1"): NEWEST}[name, id_])
    monkeypatch.setattr(packages, "read", lambda *given: read.append(given[-1]))
    waiting = told(settings, replace(NEWEST, id="e-2", source_version="version-2"), b"")
    # The package that is known is of version 1, which is the one that waits.
    assert read == []
    assert "zip archive" in waiting["problem"]
    assert "not there any more" in told(settings, replace(NEWEST, id="e-2"))["problem"]
    assert read == ["version-1"]


def test_a_damaged_package_is_a_sentence(settings: Settings) -> None:
    assert "cannot be read as a zip archive" in told(settings, content=b"no zip")["problem"]


def test_what_aws_refuses_is_a_sentence_and_what_is_busy_is_asked_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Package:
        raise refusal

    monkeypatch.setattr(packages, "read", refuse)
    refusal: ServiceRefusedError = ServiceRefusedError("read it", "AccessDenied", "no")
    assert told(settings)["problem"] == "AWS did not read it: AccessDenied: no"
    refusal = ServiceBusyError("read it", "SlowDown", "later")
    with pytest.raises(ServiceBusyError):
        told(settings)


@pytest.mark.parametrize(
    ("code", "figures_of", "missing"),
    [
        pytest.param(CODE, [], ["dev"], id="not yet"),
        pytest.param(CODE, ["dev"], [], id="told"),
        pytest.param("", [], [], id="no test"),
    ],
)
def test_a_smoke_test_without_figures_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, code: str, figures_of: list[str], missing: list[str]
) -> None:
    monkeypatch.setattr(deployments.stack_sets, "definition_of", lambda _: None)
    monkeypatch.setattr(deployments.models, "of", lambda *_: None)
    monkeypatch.setattr(deployments.figures, "of", lambda *_: [])
    file = parameter_file({"SmokeTestCode": code})
    names = {"TemplateFileName": "t.yaml", "DevParamsName": "dev.json", "StagingParamsName": "staging.json"}
    content = zipped({"t.yaml": "Resources: {}", "dev.json": file, "staging.json": file})
    package = Package(ReadPackage("version-1", content), names)
    tests: Any = [{"stage": stage} for stage in figures_of]
    (waiting,) = deployments.of(Seen(PIPELINE, {}, STATE, NEWEST, package, ["dev"], tests), settings)
    assert waiting["problem"] == ""
    assert waiting["smoke_tests_missing"] == missing
