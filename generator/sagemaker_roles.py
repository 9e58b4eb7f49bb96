# SPDX-License-Identifier: Apache-2.0
"""The role that SageMaker works under, in parts that the blueprints share."""

from __future__ import annotations

from typing import Any

from awacs import cloudwatch, logs, s3
from awacs import sagemaker as sagemaker_actions
from awacs.aws import Condition, Statement, StringLike
from troposphere import Sub, Template, iam

from generator import arns, permissions
from generator.conditions import if_provided

_ARTIFACT = "ModelArtifactLocation"


def role(name: str, *policies: Any) -> iam.Role:
    """A role for SageMaker; it can write its logs and metrics beside what the policies give."""
    return iam.Role(
        name,
        AssumeRolePolicyDocument=permissions.trusted_by("sagemaker.amazonaws.com"),
        Policies=[permissions.policy("LogsAndMetrics", *_logs_and_metrics()), *policies],
    )


def read_own_model(template: Template) -> list[Any]:
    """Policies to load the model that is deployed: its artifact and image, or its package; each only when given."""
    return [
        if_provided(template, _ARTIFACT, permissions.policy("ModelArtifact", *_artifact())),
        if_provided(template, "CustomAlgorithmsECRRepoArn", permissions.policy("ModelImage", *_image())),
        if_provided(template, "ModelPackageName", permissions.policy("ModelPackage", _package())),
    ]


def use_request_key(template: Template) -> Any:
    """Policy to use the key of the request, when it has one."""
    statement = permissions.use_key(Sub("${KmsKeyArn}"))
    return if_provided(template, "KmsKeyArn", permissions.policy("EncryptionKey", statement))


def write_objects(name: str, location_parameter: str) -> Any:
    """Policy to write below a `bucket/prefix` parameter."""
    return permissions.policy(name, permissions.allow([s3.PutObject], arns.s3(f"${{{location_parameter}}}/*")))


def _logs_and_metrics() -> list[Statement]:
    groups = arns.regional("logs", "log-group:/aws/sagemaker/*")
    # A metric has no ARN; the namespace is what limits it.
    metrics = Condition(StringLike("cloudwatch:namespace", ["/aws/sagemaker/*", "aws/sagemaker/*", "AWS/SageMaker"]))
    return [
        permissions.allow(
            [logs.CreateLogGroup, logs.CreateLogStream, logs.DescribeLogStreams, logs.PutLogEvents], groups
        ),
        permissions.allow([cloudwatch.PutMetricData], "*", metrics),
    ]


def _artifact() -> list[Statement]:
    listed = Condition(StringLike("s3:prefix", [Sub(f"${{{_ARTIFACT}}}*")]))
    return [
        permissions.allow([s3.GetObject], arns.s3(f"${{AssetsBucket}}/${{{_ARTIFACT}}}")),
        permissions.allow([s3.ListBucket], arns.s3("${AssetsBucket}"), listed),
    ]


def _image() -> list[Statement]:
    return [permissions.pull_images(Sub("${CustomAlgorithmsECRRepoArn}")), permissions.log_in_to_registry()]


def _package() -> Statement:
    return permissions.allow([sagemaker_actions.DescribeModelPackage], Sub("${ModelPackageName}"))
