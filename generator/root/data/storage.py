# SPDX-License-Identifier: Apache-2.0
"""The four buckets: access logs, assets, pipelines, configurations. What people put into them outlives the stack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from awacs import s3 as s3_actions
from awacs.aws import Action, Allow, ArnLike, Condition, Deny, Principal, Statement, StringEquals
from troposphere import GetAtt, If, Ref, Sub, Template, s3

from generator import arns, checkov, names, permissions
from generator.root import launch
from orchestrator.plan import layout

_RETAIN = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
# Days after which unfinished or outdated objects are removed: parts of broken uploads, access logs, markers of
# notifications sent.
_ABANDONED_UPLOAD_DAYS = 7
_ACCESS_LOG_DAYS = 365

ACCESS_LOGS = "AccessLogsBucket"
ASSETS = "AssetsBucket"
PIPELINES = "PipelinesBucket"
CONFIG = "ConfigBucket"

PACKAGES: Final = f"{layout.ROOT}*"
"""Objects of the pipelines bucket that pipelines are made of: packages, and configurations of their jobs."""
FUNCTIONS: Final = f"{layout.folder('*')}{layout.FUNCTIONS}*"
"""Those among them that are the code of functions."""


def add_to(template: Template, readers: Sequence[Statement], pipelines_readers: Sequence[Statement]) -> None:
    """Add the buckets and their policies; the readers are statements for the assets and the pipelines bucket."""
    for bucket in (access_logs_bucket(), assets_bucket(), pipelines_bucket(), config_bucket()):
        template.add_resource(bucket)
    for policy in (access_logs_policy(), assets_policy(readers), pipelines_policy(pipelines_readers), config_policy()):
        template.add_resource(policy)


def assets_bucket_name() -> If:
    """Name of the bucket for models and data: the new one or the operator's."""
    return If(launch.CREATE_ASSETS_BUCKET, Ref(ASSETS), Ref("ExistingS3Bucket"))


def config_bucket_name() -> If:
    """Name of the bucket in which configurations are dropped: the new one or the operator's."""
    return If(launch.CREATE_CONFIG_BUCKET, Ref(CONFIG), Ref("ConfigS3Bucket"))


def reserved_names() -> list[Any]:
    """Names of the buckets in which no location of a request may lie: what they hold is deployed or believed."""
    return [Ref("ArtifactBucket"), Ref(PIPELINES), config_bucket_name(), Ref(ACCESS_LOGS)]


def access_logs_bucket() -> s3.Bucket:
    """Server access logs of the other three."""
    expire = s3.LifecycleRule(Id="ExpireAccessLogs", Status="Enabled", ExpirationInDays=_ACCESS_LOG_DAYS)
    return _bucket(
        ACCESS_LOGS,
        Metadata=checkov.skipped(checkov.ACCESS_LOG_OF_BUCKET),
        LifecycleConfiguration=s3.LifecycleConfiguration(Rules=[expire]),
    )


def access_logs_policy() -> s3.BucketPolicy:
    """S3 may deliver the logs of this account's buckets."""
    delivery = Statement(
        Sid="DeliverAccessLogs",
        Effect=Allow,
        Principal=Principal("Service", ["logging.s3.amazonaws.com"]),
        Action=[s3_actions.PutObject],
        Resource=[arns.objects_in(GetAtt(ACCESS_LOGS, "Arn"))],
        Condition=Condition(
            [
                StringEquals("aws:SourceAccount", Ref("AWS::AccountId")),
                ArnLike("aws:SourceArn", [arns.s3("*")]),
            ]
        ),
    )
    return _policy(ACCESS_LOGS, delivery)


def assets_bucket() -> s3.Bucket:
    """Models and data, uploaded by people. S3 reports each upload to EventBridge, for what is built from them."""
    return _bucket(
        ASSETS, Condition=launch.CREATE_ASSETS_BUCKET, NotificationConfiguration=_to_eventbridge(), **_logged("assets")
    )


def assets_policy(readers: Sequence[Statement]) -> s3.BucketPolicy:
    """Policy of the bucket: TLS only, and the readers."""
    return _policy(ASSETS, *readers, Condition=launch.CREATE_ASSETS_BUCKET)


def pipelines_bucket() -> s3.Bucket:
    """Packaged templates and the artifacts of all pipelines; people who upload models cannot write here (lesson 58)."""
    expire = [
        _expiring("ExpireMarkers", layout.REPORTED, layout.REPORTED_DAYS),
        _expiring("ExpireRuns", layout.RUNS, layout.RUNS_DAYS),
        _expiring("ExpireSteps", layout.STEPS, layout.STEPS_DAYS),
    ]
    return _bucket(PIPELINES, **_logged("pipelines"), LifecycleConfiguration=s3.LifecycleConfiguration(Rules=expire))


def _expiring(name: str, prefix: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        Id=name,
        Status="Enabled",
        Prefix=prefix,
        ExpirationInDays=days,
        NoncurrentVersionExpiration=s3.NoncurrentVersionExpiration(NoncurrentDays=1),
    )


def pipelines_policy(readers: Sequence[Statement]) -> s3.BucketPolicy:
    """Policy of the bucket: TLS only, and the readers."""
    return _policy(PIPELINES, _refuse_what_pipelines_make(), *readers)


def _refuse_what_pipelines_make() -> Statement:
    """Refuse writes by roles that pipelines create, in any account: a request chooses where its jobs write."""
    bucket = GetAtt(PIPELINES, "Arn")
    roles = [Sub(f"arn:${{AWS::Partition}}:iam::*:role${{RolePath}}{prefix}*") for prefix in names.ROLE_PREFIXES]
    return Statement(
        Sid="RefuseWhatPipelinesMake",
        Effect=Deny,
        Principal=Principal("*"),
        Action=[Action("s3", action) for action in names.WRITES],
        Resource=[bucket, arns.objects_in(bucket)],
        Condition=Condition(ArnLike("aws:PrincipalArn", roles)),
    )


def config_bucket() -> s3.Bucket:
    """Configurations. S3 reports each upload to EventBridge."""
    return _bucket(
        CONFIG, Condition=launch.CREATE_CONFIG_BUCKET, NotificationConfiguration=_to_eventbridge(), **_logged("config")
    )


def config_policy() -> s3.BucketPolicy:
    """TLS only."""
    return _policy(CONFIG, Condition=launch.CREATE_CONFIG_BUCKET)


def _bucket(name: str, **properties: Any) -> s3.Bucket:
    abandoned = s3.LifecycleRule(
        Id="AbortAbandonedUploads",
        Status="Enabled",
        AbortIncompleteMultipartUpload=s3.AbortIncompleteMultipartUpload(DaysAfterInitiation=_ABANDONED_UPLOAD_DAYS),
    )
    lifecycle = properties.setdefault("LifecycleConfiguration", s3.LifecycleConfiguration(Rules=[]))
    lifecycle.Rules.append(abandoned)
    return s3.Bucket(
        name,
        BucketEncryption=s3.BucketEncryption(
            ServerSideEncryptionConfiguration=[
                s3.ServerSideEncryptionRule(
                    ServerSideEncryptionByDefault=s3.ServerSideEncryptionByDefault(SSEAlgorithm="AES256")
                )
            ]
        ),
        OwnershipControls=s3.OwnershipControls(Rules=[s3.OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]),
        PublicAccessBlockConfiguration=s3.PublicAccessBlockConfiguration(
            BlockPublicAcls=True, BlockPublicPolicy=True, IgnorePublicAcls=True, RestrictPublicBuckets=True
        ),
        VersioningConfiguration=s3.VersioningConfiguration(Status="Enabled"),
        **_RETAIN,
        **properties,
    )


def _to_eventbridge() -> s3.NotificationConfiguration:
    return s3.NotificationConfiguration(EventBridgeConfiguration=s3.EventBridgeConfiguration(EventBridgeEnabled=True))


def _logged(prefix: str) -> dict[str, s3.LoggingConfiguration]:
    return {
        "LoggingConfiguration": s3.LoggingConfiguration(
            DestinationBucketName=Ref(ACCESS_LOGS), LogFilePrefix=f"{prefix}/"
        )
    }


def _policy(bucket: str, *statements: Statement, **attributes: Any) -> s3.BucketPolicy:
    arn = GetAtt(bucket, "Arn")
    transport = permissions.deny_unencrypted_transport(arn, arns.objects_in(arn))
    return s3.BucketPolicy(
        f"{bucket}Policy",
        Bucket=Ref(bucket),
        PolicyDocument=permissions.document(transport, *statements),
        **_RETAIN,
        **attributes,
    )
