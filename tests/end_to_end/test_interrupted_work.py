# SPDX-License-Identifier: Apache-2.0
"""AWS refuses something in the middle: the caller hears so, and the same call again completes the work."""

from __future__ import annotations

import pytest

from tests.end_to_end.users import Orchestrator


@pytest.fixture
def published(orchestrator: Orchestrator) -> tuple[str, str]:
    """Bucket and prefix of the published version."""
    (stack,) = orchestrator.client("cloudformation").describe_stacks(StackName=orchestrator.deployment.stack_name)[
        "Stacks"
    ]
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in stack["Parameters"]}
    return given["ArtifactBucket"], given["ArtifactPrefix"]


def test_a_refusal_of_cloudformation_is_502_and_a_repeat_completes(
    orchestrator: Orchestrator, published: tuple[str, str]
) -> None:
    """Defect 20: nothing half-made stands in the way of the corrected call."""
    bucket, prefix = published
    key, s3 = f"{prefix}/pipelines/single_account_codepipeline.yaml", orchestrator.client("s3")
    template = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    request = orchestrator.request("interrupted")
    s3.delete_object(Bucket=bucket, Key=key)
    try:
        refused = orchestrator.deployment.api.provision(request)
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=template)
    assert refused.status == 502
    assert refused.body["request_id"]
    assert "mlops-pipeline-interrupted-byompipelinerealtimebuiltin-codepipeline" not in orchestrator.stacks()

    pipeline_id = orchestrator.provisioned(request)
    assert len(orchestrator.executions(pipeline_id)) == 1
