# SPDX-License-Identifier: Apache-2.0
"""Container images of one's own through the deployed orchestrator."""

from __future__ import annotations

from tests.end_to_end.users import ARTIFACT_KEY, Orchestrator

IMAGE = "444455556666.dkr.ecr.us-east-1.amazonaws.com/vision/hulls:7"


def test_an_image_of_another_account_is_deployed_with_leave_to_pull_it(orchestrator: Orchestrator) -> None:
    request = orchestrator.request(
        "hulls", pipeline_type="byom_realtime_custom", custom_image_uri=IMAGE, model_framework=None,
        model_framework_version=None,
    )  # fmt: skip
    orchestrator.provisioned(request)
    outputs = orchestrator.outputs("mlops-pipeline-hulls-byompipelinerealtimecustom")
    model = orchestrator.client("sagemaker").describe_model(ModelName=outputs["SageMakerModelName"])
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    container = model["PrimaryContainer"]
    assert (container["Image"], container["ModelDataUrl"]) == (IMAGE, f"s3://{bucket}/{ARTIFACT_KEY}")
    role = model["ExecutionRoleArn"].rpartition("/")[2]
    policy = orchestrator.client("iam").get_role_policy(RoleName=role, PolicyName="ModelImage")["PolicyDocument"]
    assert policy["Statement"][0]["Resource"] == ["arn:aws:ecr:us-east-1:444455556666:repository/vision/hulls"]


def test_an_image_that_sagemaker_cannot_pull_is_refused_with_the_way_out(orchestrator: Orchestrator) -> None:
    request = orchestrator.request(
        "public", pipeline_type="byom_realtime_custom", custom_image_uri="public.ecr.aws/team/image:v1",
        model_framework=None, model_framework_version=None,
    )  # fmt: skip
    answer = orchestrator.deployment.api.provision(request)
    assert answer.status == 400
    (error,) = answer.body["errors"]
    assert error["key"] == "custom_image_uri"
    assert (
        f"push the image to the repository {orchestrator.deployment.outputs['EcrRepositoryName']}" in error["problem"]
    )
