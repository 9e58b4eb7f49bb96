# SPDX-License-Identifier: Apache-2.0
"""A launch with what an organization asks for, and with what it has already."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.stack_following import StackState
from scripts.launch import launch
from scripts.launch.launch import EMAIL_PARAMETER, Launching
from tests.end_to_end.users import ARTIFACT_KEY, Nobody, Orchestrator

STACK: Final = "with-options"
BOUNDARY: Final = "workload-boundary"
CONFIGURATIONS: Final = "the-operators-configurations"
ASSETS: Final = "the-operators-models"
TAGS: Final = {"team": "harbour", "cost-centre": "4711"}
PARAMETERS: Final = {
    EMAIL_PARAMETER: "tests@example.com",
    "RolePath": "/mlops/",
    "PermissionsBoundaryName": f"security/{BOUNDARY}",
    "ResourceTags": ",".join(f"{key}={value}" for key, value in TAGS.items()),
    "LogRetentionDays": "30",
    "LogLevel": "DEBUG",
    "FunctionSubnetIds": "subnet-0a1b2c3d,subnet-1a1b2c3d",
    "FunctionSecurityGroupIds": "sg-0a1b2c3d",
    "FunctionConcurrency": "20",
    "DailyDigestHour": "7",
    "ConfigS3Bucket": CONFIGURATIONS,
    "ExistingS3Bucket": ASSETS,
    "AutomaticRetraining": "Yes",
    "UseModelRegistry": "Yes",
    "CreateModelRegistry": "Yes",
    "AllowedBuckets": "harbour-*",
    "AllowedRepositories": "harbour/*",
    "AllowedPackageGroups": "mlops-model-registry-*",
    "AllowedKeys": "alias/harbour-*",
    "AllowedAccounts": "",
}
IMAGE: Final = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


@dataclass(frozen=True)
class Given:
    """What an administrator has made before the launch."""

    boundary_arn: str
    key_arn: str

    @property
    def parameters(self) -> dict[str, str]:
        """Of the launch."""
        return {**PARAMETERS, "ExistingKmsKeyArn": self.key_arn}


def prepared(aws: Aws) -> Given:
    """Make a boundary, a key, and two buckets, one with a notification of its own."""
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [anything]})
    boundary = aws.client("iam").create_policy(PolicyName=BOUNDARY, Path="/security/", PolicyDocument=policy)
    key = aws.client("kms").create_key(Description="ours")
    s3 = aws.client("s3")
    for bucket in (CONFIGURATIONS, ASSETS):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    topic = aws.client("sns").create_topic(Name="already-subscribed")["TopicArn"]
    removed = {"Id": "theirs", "TopicArn": topic, "Events": ["s3:ObjectRemoved:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=CONFIGURATIONS, NotificationConfiguration={"TopicConfigurations": [removed]}
    )
    return Given(boundary["Policy"]["Arn"], key["KeyMetadata"]["Arn"])


def launched(aws: Aws, parameters: Mapping[str, str]) -> StackState:
    """Launch or update the root stack."""
    launching = Launching(stack_name=STACK, parameters=parameters)
    state = launch.deploy(aws, launching, Nobody(), agree=lambda _: True).state
    assert state is not None
    return state


def registered(orchestrator: Orchestrator) -> str:
    """Register the artifact as a version in the launch's own group; gives its ARN."""
    outputs = orchestrator.deployment.outputs
    created = orchestrator.client("sagemaker").create_model_package(
        ModelPackageGroupName=outputs["ModelRegistryArn"].rpartition("/")[2],
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{outputs['AssetsBucketName']}/{ARTIFACT_KEY}"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        ModelApprovalStatus="Approved",
    )
    return str(created["ModelPackageArn"])
