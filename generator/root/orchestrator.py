# SPDX-License-Identifier: Apache-2.0
"""The orchestrator: one function behind the API and the configuration bucket, and what feeds it.

Rules of other modules may bring it further events: they have `to_function` as target and a `permission`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from awacs import cloudformation as cfn
from awacs import codepipeline as cp
from awacs import s3 as s3_actions
from awacs import sns as sns_actions
from awacs.aws import Statement
from troposphere import GetAtt, Join, Ref, Sub, Template, awslambda, events

from generator import arns, permissions
from generator.resources import functions
from generator.root import application, launch, looks, network, reach, roles
from generator.root.data import encryption, models, storage
from generator.root.events import automation, comparisons, retraining, runs
from generator.root.observability import notifications
from orchestrator.events.uploads.names import CONFIG_NAME, RESULT_SUFFIX
from orchestrator.launch import settings
from orchestrator.pipeline_types.custom.names import PREFIX as TYPES_PREFIX

FUNCTION = "Orchestrator"
_RULE = "ConfigUploadedRule"
_MEMORY_MB = 1024
# A configuration may hold fifty requests; callers of the API are answered by API Gateway after 29 s at the latest.
_TIMEOUT_SECONDS = 300
_ONE_HOUR = 3600
_TYPES = f"{TYPES_PREFIX}*"


def add_to(
    template: Template, variables: Mapping[str, Any], others: Sequence[Statement], policies: Sequence[Any]
) -> None:
    """Add the function with its log, role and retries, and the rule for uploaded configurations.

    `variables` are environment variables of only one of the two root templates. `others` are permissions for the routes
    and events of other modules, `policies` those that depend on conditions.
    """
    for resource in (
        functions.log_group(FUNCTION, encryption.key_arn()),
        functions.role(
            FUNCTION,
            [*statements(), *others],
            *policies,
            ManagedPolicyArns=[
                *network.attached_policies(template),
                *(part.attached_policy() for part in (reach, looks, runs, comparisons, automation, retraining)),
            ],
        ),
        function(template, variables),
        retries(),
        config_rule(),
        config_permission(),
    ):
        template.add_resource(resource)


def code() -> awslambda.Code:
    """The published bundle."""
    return awslambda.Code(S3Bucket=Ref("ArtifactBucket"), S3Key=Sub("${ArtifactPrefix}/orchestrator.zip"))


def function(template: Template, variables: Mapping[str, Any]) -> awslambda.Function:
    """The function behind the API and the configuration bucket."""
    return functions.function(
        template,
        FUNCTION,
        Description="Validates requests and provisions pipelines",
        Handler="orchestrator.api.handler",
        Code=code(),
        MemorySize=_MEMORY_MB,
        Timeout=_TIMEOUT_SECONDS,
        KmsKeyArn=encryption.key_arn(),
        DeadLetterConfig=notifications.kept_dead_letters(),
        Environment=awslambda.Environment(Variables=dict(sorted({**environment(), **variables}.items()))),
    )


def log_settings() -> dict[str, Any]:
    """Log settings of Powertools, for the environment of every function of the bundle."""
    return {"POWERTOOLS_LOG_LEVEL": Ref("LogLevel")}


def environment() -> dict[str, Any]:
    """Variables that `orchestrator.launch.settings` reads, and the log settings of Powertools."""
    return {
        **launch.variables(settings.PARAMETERS),
        "APPLICATION": application.name(),
        "ASSETS_BUCKET": storage.assets_bucket_name(),
        "CONFIG_BUCKET": storage.config_bucket_name(),
        "DEPLOY_ROLE_ARN": GetAtt(roles.DEPLOY_ROLE, "Arn"),
        "ECR_REPOSITORY_ARN": models.repository_arn(),
        "LOG_KMS_KEY_ARN": encryption.key_arn(),
        "NOTIFICATIONS_TOPIC_ARN": Ref(notifications.TOPIC),
        "PIPELINES_BUCKET": Ref(storage.PIPELINES),
        "PIPELINE_ROLE_ARN": GetAtt(roles.PIPELINE_ROLE, "Arn"),
        "PIPELINE_START_ROLE_ARN": GetAtt(roles.PIPELINE_START_ROLE, "Arn"),
        "PIPELINE_STACK_ROLE_ARN": GetAtt(roles.PIPELINE_STACK_ROLE, "Arn"),
        **log_settings(),
        # The dimension `service` of the metrics.
        "POWERTOOLS_SERVICE_NAME": Ref("AWS::StackName"),
        "RESERVED_BUCKETS": Join(",", storage.reserved_names()),
        "URL_SUFFIX": Ref("AWS::URLSuffix"),
    }


def statements() -> list[Statement]:
    """Permissions of the function, beside its log and traces. It creates no roles (lesson 60)."""
    return [*_types_and_packages(), *_configurations(), *_pipelines(), *_messages()]


def _types_and_packages() -> list[Statement]:
    pipelines = GetAtt(storage.PIPELINES, "Arn")
    return [
        # Pipeline types are the operator's: the function reads them and writes none.
        permissions.allow([s3_actions.GetObject], arns.objects_in(pipelines, _TYPES)),
        permissions.allow([s3_actions.GetObject, s3_actions.PutObject], arns.objects_in(pipelines, storage.PACKAGES)),
        permissions.allow([s3_actions.ListBucket], pipelines, permissions.below(storage.PACKAGES, _TYPES)),
    ]


def _configurations() -> list[Statement]:
    bucket = storage.config_bucket_name()
    results = [f"{CONFIG_NAME}{RESULT_SUFFIX}", f"*/{CONFIG_NAME}{RESULT_SUFFIX}"]
    return [
        permissions.allow([s3_actions.GetObject, s3_actions.GetObjectVersion], arns.s3("${Bucket}/*", Bucket=bucket)),
        # Beside a configuration and nowhere else; the rule below does not match these names.
        permissions.allow([s3_actions.PutObject], [arns.s3(f"${{Bucket}}/{key}", Bucket=bucket) for key in results]),
    ]


def _pipelines() -> list[Statement]:
    stack_actions = [
        *(cfn.CreateStack, cfn.DeleteStack, cfn.DescribeStacks, cfn.TagResource, cfn.UntagResource, cfn.UpdateStack),
    ]
    pipeline_actions = [cp.GetPipelineState, cp.ListPipelineExecutions, cp.StartPipelineExecution]
    return [
        permissions.allow(stack_actions, roles.orchestrator_stacks()),
        permissions.allow(pipeline_actions, roles.PIPELINES),
        permissions.pass_role(GetAtt(roles.PIPELINE_STACK_ROLE, "Arn"), "cloudformation.amazonaws.com"),
    ]


def _messages() -> list[Statement]:
    return [
        permissions.allow([sns_actions.Publish], Ref(notifications.TOPIC)),
        # The key is that of the topic, too.
        *notifications.keep_dead_letters(),
    ]


def retries() -> awslambda.EventInvokeConfig:
    """An event whose handling fails for AWS's reasons is tried twice more within the hour."""
    return awslambda.EventInvokeConfig(
        f"{FUNCTION}Retries",
        FunctionName=Ref(FUNCTION),
        Qualifier="$LATEST",
        MaximumRetryAttempts=2,
        MaximumEventAgeInSeconds=_ONE_HOUR,
    )


def config_rule() -> events.Rule:
    """Uploads named exactly `mlops-config.json`, in any folder (lesson 42)."""
    return events.Rule(
        _RULE,
        Description="Hands uploaded configurations to the orchestrator",
        EventPattern={
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {
                "bucket": {"name": [storage.config_bucket_name()]},
                "object": {"key": [CONFIG_NAME, {"suffix": f"/{CONFIG_NAME}"}]},
            },
        },
        Targets=[to_function()],
    )


def config_permission() -> awslambda.Permission:
    """Allow only the rule for uploaded configurations to invoke the function."""
    return permission("ConfigUploadedPermission", GetAtt(_RULE, "Arn"))


def to_function() -> events.Target:
    """A rule's target: the function, with the queue for what could not be delivered."""
    return events.Target(
        Id="Orchestrator",
        Arn=GetAtt(FUNCTION, "Arn"),
        DeadLetterConfig=events.DeadLetterConfig(Arn=GetAtt(notifications.DEAD_LETTERS, "Arn")),
        RetryPolicy=events.RetryPolicy(MaximumEventAgeInSeconds=_ONE_HOUR, MaximumRetryAttempts=10),
    )


def permission(title: str, rules: Any) -> awslambda.Permission:
    """The rules with this ARN, or ARN with a star, may invoke the function."""
    return awslambda.Permission(
        title,
        FunctionName=Ref(FUNCTION),
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rules,
    )
