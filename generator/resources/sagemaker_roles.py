# SPDX-License-Identifier: Apache-2.0
"""The role that SageMaker works under, in parts that the blueprints share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from awacs import cloudwatch, kms, logs, s3
from awacs import sagemaker as sagemaker_actions
from awacs.aws import Action, Allow, ArnLike, Condition, Statement, StringLike
from troposphere import NoValue, Ref, Select, Split, Sub, Template, iam

from generator import arns, permissions
from generator.conditions import if_provided

_ARTIFACT = "ModelArtifactLocation"
_NAMESPACES = ("/aws/sagemaker/*", "aws/sagemaker/*", "AWS/SageMaker")
INSTANCES = _NAMESPACES[0]
"""CloudWatch namespaces of the instances that run jobs."""


def role(
    name: str, *policies: Any, condition: Condition | None = None, namespaces: Sequence[str] = _NAMESPACES
) -> iam.Role:
    """A role for SageMaker; it can write its logs, and metrics of the namespaces, beside what the policies give."""
    return iam.Role(
        name,
        AssumeRolePolicyDocument=permissions.trusted_by("sagemaker.amazonaws.com", condition),
        Policies=[permissions.policy("LogsAndMetrics", *_logs_and_metrics(namespaces)), *policies],
    )


def only_for_this_account() -> Condition:
    """Condition on `aws:SourceArn`. AWS documents that SageMaker sends it for hosting, transform and training only.

    https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
    """
    return Condition(ArnLike("aws:SourceArn", arns.regional("sagemaker", "*")))


def read_own_model(template: Template) -> list[Any]:
    """Policies to load the model that is deployed: its artifact and image, or its package; each only when given."""
    return [
        if_provided(template, _ARTIFACT, permissions.policy("ModelArtifact", *_artifact())),
        if_provided(template, "CustomAlgorithmsECRRepoArn", permissions.policy("ModelImage", *_image())),
        if_provided(template, "ModelPackageName", permissions.policy("ModelPackage", *_package())),
        if_provided(template, "ModelPackageObjects", permissions.policy("PackagedModel", _packaged_objects())),
        if_provided(template, "ModelPackageBuckets", permissions.policy("PackagedModels", _packaged_prefixes())),
    ]


def use_request_key(template: Template) -> Any:
    """Policy to use the key of the request, when it has one, in containers, whose code is the request's.

    By themselves they can look at the key and encrypt, no more; SageMaker does so in the role's name to check the key.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html
    """
    return _request_key(
        template,
        ([kms.DescribeKey, kms.Encrypt], ()),
        ([kms.Decrypt, kms.GenerateDataKey], (permissions.through("s3", "sagemaker"),)),
        ([kms.CreateGrant], (permissions.for_aws_resource(),)),
    )


def hand_on_request_key(template: Template) -> Any:
    """Policy to start jobs that use the key of the request, when it has one."""
    return _request_key(template, (permissions.USE_OF_A_KEY, (permissions.through("sagemaker"),)))


def _request_key(template: Template, *uses: tuple[Sequence[Action], tuple[Any, ...]]) -> Any:
    """Actions, each with tests, on the key, or on the one among the keys of its account that has the alias."""
    # Taking apart what may be empty is safe this way round: there is always something before a separator.
    account = Select(0, Split(":alias/", Ref("KmsKeyArn")))
    key = if_provided(template, "KmsKeyAlias", Sub("${Account}:key/*", Account=account), Ref("KmsKeyArn"))
    by_alias = permissions.has_alias(Ref("KmsKeyAlias"))
    statements = [
        permissions.allow(
            actions,
            key,
            if_provided(
                template, "KmsKeyAlias", Condition([by_alias, *tests]), Condition([*tests]) if tests else NoValue
            ),
        )
        for actions, tests in uses
    ]
    return if_provided(template, "KmsKeyArn", permissions.policy("EncryptionKey", *statements))


def write_objects(name: str, location_parameter: str) -> Any:
    """Policy to write below a `bucket/prefix` parameter."""
    return permissions.policy(name, permissions.allow([s3.PutObject], arns.s3(f"${{{location_parameter}}}/*")))


def _logs_and_metrics(namespaces: Sequence[str]) -> list[Statement]:
    groups = arns.regional("logs", "log-group:/aws/sagemaker/*")
    # A metric has no ARN; the namespace is what limits it.
    metrics = Condition(StringLike("cloudwatch:namespace", list(namespaces)))
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
    return [permissions.pull_images(Split(",", Ref("CustomAlgorithmsECRRepoArn"))), permissions.log_in_to_registry()]


def _package() -> list[Statement]:
    """The package and its group in the account where they live, which is not the model's own in a stage (lesson 54)."""
    account = Select(0, Split(":model-package/", Ref("ModelPackageName")))
    group = Sub("${Account}:model-package-group/${ModelPackageGroupName}", Account=account)
    return [
        permissions.allow([sagemaker_actions.DescribeModelPackage], Ref("ModelPackageName")),
        permissions.allow([sagemaker_actions.DescribeModelPackageGroup], group),
    ]


def _packaged_objects() -> Statement:
    """Read the objects that the package names, as the orchestrator found them, and no others."""
    return Statement(Effect=Allow, Action=[s3.GetObject], Resource=Split(",", Ref("ModelPackageObjects")))


def _packaged_prefixes() -> Statement:
    """List by prefix: SageMaker finds the objects of a model that has several by how their keys begin."""
    listed = Condition(StringLike("s3:prefix", Split(",", Ref("ModelPackagePrefixes"))))
    return Statement(
        Effect=Allow, Action=[s3.ListBucket], Resource=Split(",", Ref("ModelPackageBuckets")), Condition=listed
    )
