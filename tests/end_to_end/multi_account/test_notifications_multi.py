# SPDX-License-Identifier: Apache-2.0
"""What people hear of stages and approvals when a pipeline deploys to several accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts import demo_model
from scripts.cli.local_stack import LocalDeployment
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import ARTIFACT_KEY, Orchestrator, mlops_local

Until = Callable[[Callable[[], Any]], Any]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    with mlops_local(tmp_path_factory.mktemp("multi"), "--option", "multi-account") as running:
        yield running


@pytest.fixture(scope="module")
def orchestrator(deployment: LocalDeployment) -> Orchestrator:
    bucket = deployment.outputs["AssetsBucketName"]
    body = demo_model.package(demo_model.train())
    deployment.aws.client("s3").put_object(Bucket=bucket, Key=ARTIFACT_KEY, Body=body)
    return Orchestrator(deployment)


def waiting_for(orchestrator: Orchestrator, pipeline: str) -> dict[str, Any] | None:
    """What an approval of the pipeline's next stage needs, as soon as it waits for one."""
    for stage in orchestrator.client("codepipeline").get_pipeline_state(name=pipeline)["stageStates"]:
        for action in stage["actionStates"]:
            if token := action.get("latestExecution", {}).get("token"):
                names = {"stageName": stage["stageName"], "actionName": action["actionName"]}
                return {"pipelineName": pipeline, **names, "token": token}
    return None


def test_a_stage_and_a_rejection_are_told_with_their_words(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """Contract 1.7's sentences come first; the reviewer's reason reaches everybody."""
    pipeline_id = orchestrator.provision(orchestrator.request("told"))["pipeline_id"]
    stage = subscriber.next("finished executing", until)
    assert stage.text.startswith("DeployDev action DeployDevStackSet in the Pipeline mlops-pipeline-told-")
    assert "finished executing. Action execution result is SUCCEEDED" in stage.text.split("\n\n")[0]
    assert stage.attributes == {
        "pipeline_type": "byom_realtime_builtin",
        "model_name": "told",
        "stage": "dev",
        "state": "SUCCEEDED",
    }

    pipeline = orchestrator.status(pipeline_id).pipeline
    waiting = until(lambda: waiting_for(orchestrator, pipeline))
    decision = {"status": "Rejected", "summary": "recall is too low"}
    orchestrator.client("codepipeline").put_approval_result(**waiting, result=decision)
    ended = subscriber.next("Pipeline execution result is FAILED", until)
    assert "Why it failed: in stage DeployDev, action DeployStaging, it was rejected: recall is too low" in ended.text
    assert "change what was not accepted" in ended.text
    assert ended.attributes["stage"] == "dev"
