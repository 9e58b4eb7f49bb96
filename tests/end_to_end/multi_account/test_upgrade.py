# SPDX-License-Identifier: Apache-2.0
"""From each release that was published before to this checkout, with a model in all three accounts of the stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops_orchestrator.aws import aws_access
from mlops_orchestrator.aws.api_addresses import local_url
from mlops_orchestrator.aws.aws_access import Aws
from scripts.launch import launch, local_stack
from scripts.launch.launch import EMAIL_PARAMETER, Launching
from scripts.launch.local_deployment import STAGE_ACCOUNTS, LocalDeployment
from scripts.local_aws.enforcement import authorization
from scripts.local_aws.server import LocalAws
from tests.end_to_end import users, waiting
from tests.end_to_end.multi_account import accounts
from tests.end_to_end.users import Nobody, Orchestrator
from tests.releases import kept

STACK = "upgraded"
ENDPOINT = "lasting-live"


def _deployed(aws: Aws, state: Any) -> Orchestrator:
    url = local_url(state.outputs["ApiEndpoint"], aws.endpoint_url)
    return users.with_artifact(LocalDeployment(aws, url, STACK, state.outputs, STAGE_ACCOUNTS))


def _approved(orchestrator: Orchestrator, pipeline_id: str) -> str:
    """Let a pipeline through all stages, and give the execution that has come to its end."""
    for following in ("staging", "prod"):
        orchestrator.decide(pipeline_id, orchestrator.asked(pipeline_id, following))
    ended = orchestrator.ended(pipeline_id)
    assert ended.has_succeeded, ended
    return str(ended.execution)


def _instances(orchestrator: Orchestrator) -> set[str]:
    """What the endpoints of all stages run on."""
    return {accounts.instance_type(orchestrator.in_account(stage), ENDPOINT) for stage in STAGE_ACCOUNTS}


def _endpoints(orchestrator: Orchestrator) -> list[Any]:
    clients = (orchestrator.in_account(stage).client("sagemaker") for stage in STAGE_ACCOUNTS)
    return [client.describe_endpoint(EndpointName=ENDPOINT)["CreationTime"] for client in clients]


@pytest.mark.sampled(1)
@pytest.mark.sampled(1)
@pytest.mark.parametrize("old", kept.FOLDERS, ids=lambda folder: folder.name)
def test_a_pipeline_of_an_old_release_is_repeated_changed_and_deleted(old: Path, tmp_path: Path) -> None:
    release = kept.release(old, tmp_path)
    # What an old release was allowed to do is not held against what is known of AWS today.
    with LocalAws(accounts=STAGE_ACCOUNTS, enforce_iam=False) as running:
        assert running.organization is not None
        aws = aws_access.local(running.endpoint_url, running.region)
        stages = local_stack.stage_parameters(STAGE_ACCOUNTS, running.organization)
        options = {EMAIL_PARAMETER: "you@example.com", **stages}
        launched = launch.deploy(aws, Launching("multi-account", STACK, options), Nobody(), bool, release).state
        before = _deployed(aws, launched)
        request = before.request("lasting", endpoint_name=ENDPOINT)
        pipeline_id = before.provision(request)["pipeline_id"]
        first = _approved(before, pipeline_id)
        made = _endpoints(before)

        state = launch.deploy(aws, Launching("multi-account", STACK), Nobody(), lambda _: True).state
        authorization.switch(True)
        now = _deployed(aws, state)
        assert now.executions(pipeline_id)[0]["pipelineExecutionId"] == first
        assert _endpoints(now) == made

        assert now.provision(request)["pipeline_id"] == pipeline_id
        assert _approved(now, pipeline_id) != first
        assert _endpoints(now) == made
        assert now.provision(request)["message"].endswith("No updates are to be performed.")

        now.provision({**request, "inference_instance": "ml.m5.xlarge"})
        _approved(now, pipeline_id)
        assert _instances(now) == {"ml.m5.xlarge"}

        assert now.deployment.api.delete(pipeline_id).status == 202
        waiting.until(lambda: not accounts.left(now, "lasting"))
