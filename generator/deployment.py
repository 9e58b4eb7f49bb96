# SPDX-License-Identifier: Apache-2.0
"""Permissions that CloudFormation needs to deploy a blueprint, by kind of resource.

A blueprint lists the kinds that it makes (`DEPLOYS`); the deployment role of the root stack gets their union. The
actions are those that CloudFormation's resource handlers name in their schemas, less those that change properties not
used. All read actions of handlers are allowed: they read each property, used or not (lesson 103).
"""

from __future__ import annotations

from collections.abc import Callable

from awacs import apigateway, application_autoscaling, awslambda, cloudwatch, iam, kms, logs, sagemaker, scheduler
from awacs.aws import Action, Condition, Statement, StringEquals
from troposphere import Sub

from generator import arns, iam_roles, names, permissions

Kind = Callable[[], list[Statement]]

_SCHEDULES = [scheduler.CreateSchedule, scheduler.DeleteSchedule, scheduler.GetSchedule, scheduler.UpdateSchedule]
_TAGGING = [sagemaker.AddTags, sagemaker.DeleteTags, sagemaker.ListTags]


def roles() -> list[Statement]:
    """Roles of the blueprint, named after its stack, for SageMaker, Lambda and EventBridge Scheduler only."""
    return roles_for("lambda.amazonaws.com", "sagemaker.amazonaws.com", "scheduler.amazonaws.com")


def roles_for(*services: str) -> list[Statement]:
    """Roles named after their stack, to be passed to these services only; their policies are all inline.

    What gives a role permissions asks for the operator's boundary; what takes them does not, so that roles from
    before the boundary can be removed. Nothing can take a boundary away.
    """
    own_roles = iam_roles.named(arns.PIPELINE_PREFIX)
    giving = [iam.CreateRole, iam.PutRolePermissionsBoundary, iam.PutRolePolicy]
    others = [
        *(iam.DeleteRole, iam.DeleteRolePolicy, iam.GetRole, iam.GetRolePolicy, iam.ListAttachedRolePolicies),
        *(iam.ListRolePolicies, iam.ListRoleTags, iam.TagRole, iam.UntagRole, iam.UpdateAssumeRolePolicy),
        *(iam.UpdateRole, iam.UpdateRoleDescription),
    ]
    return [
        permissions.allow(giving, own_roles, iam_roles.only_bounded()),
        permissions.allow(others, own_roles),
        permissions.pass_role(own_roles, *services),
    ]


def functions() -> list[Statement]:
    """Functions of the blueprint, perhaps in a VPC: `networks` goes with them."""
    actions = [
        *(awslambda.AddPermission, awslambda.CreateFunction, awslambda.DeleteFunction),
        *(awslambda.DeleteFunctionConcurrency, awslambda.GetFunction, awslambda.GetFunctionCodeSigningConfig),
        *(awslambda.GetFunctionScalingConfig, awslambda.GetPolicy, awslambda.GetRuntimeManagementConfig),
        *(Action("lambda", "GetFunctionRecursionConfig"), awslambda.ListTags),
        *(awslambda.PutFunctionConcurrency, awslambda.RemovePermission, awslambda.TagResource),
        *(awslambda.UntagResource, awslambda.UpdateFunctionCode, awslambda.UpdateFunctionConfiguration),
    ]
    return [permissions.allow(actions, arns.regional("lambda", f"function:{arns.PIPELINE_PREFIX}*"))]


def networks() -> list[Statement]:
    """Looks at the networks of functions and jobs."""
    return [permissions.look_at_networks()]


def custom_resources() -> list[Statement]:
    """Resources that a function of the blueprint makes: CloudFormation calls it as this role."""
    return [permissions.allow([awslambda.InvokeFunction], arns.regional("lambda", f"function:{arns.PIPELINE_PREFIX}*"))]


def schedules() -> list[Statement]:
    """Schedules of the blueprint, in the default group."""
    return [permissions.allow(_SCHEDULES, arns.regional("scheduler", f"schedule/default/{arns.PIPELINE_PREFIX}*"))]


def monitor_schedules() -> list[Statement]:
    """Schedules of monitors, named after endpoints that people name, with the monitor's kind and four digits."""
    return [
        permissions.allow(
            _SCHEDULES, [arns.regional("scheduler", f"schedule/default/{name}") for name in names.MONITORS]
        )
    ]


def log_groups() -> list[Statement]:
    """Log groups of the blueprint; the key's own policy lets CloudWatch Logs use it for them."""
    actions = [
        *(logs.AssociateKmsKey, logs.CreateLogGroup, logs.DeleteLogGroup, logs.DeleteRetentionPolicy),
        *(logs.DisassociateKmsKey, logs.GetDataProtectionPolicy, logs.ListTagsForResource),
        *(logs.PutRetentionPolicy, logs.TagResource, logs.UntagResource),
    ]
    own_groups = arns.regional("logs", f"log-group:{arns.PIPELINE_PREFIX}*")
    # Describing log groups is a listing: it cannot be limited to names. For the other two IAM knows no resource.
    listing = permissions.allow([logs.DescribeLogGroups], arns.regional("logs", "log-group:*"))
    looked_at = permissions.allow([logs.DescribeIndexPolicies, logs.DescribeResourcePolicies], "*")
    return [permissions.allow(actions, own_groups), listing, looked_at]


def rest_apis() -> list[Statement]:
    """REST APIs of the blueprint. API Gateway gives ids, so that no name can limit them."""
    actions = [
        *(apigateway.DELETE, apigateway.GET, apigateway.PATCH, apigateway.POST, apigateway.PUT),
        # Of a private API.
        apigateway.UpdateRestApiPolicy,
    ]
    paths = ["/restapis", "/restapis/*", "/tags/*"]
    prefix = "arn:${AWS::Partition}:apigateway:${AWS::Region}::"
    return [permissions.allow(actions, [Sub(prefix + path) for path in paths])]


def _named_by_cloudformation(noun: str, logical_id: str) -> list[Sub]:
    """ARNs of resources that CloudFormation names after the logical id or, for other types, the stack (lesson 104)."""
    return [arns.regional("sagemaker", f"{noun}/{prefix}*") for prefix in (f"{logical_id}-", arns.PIPELINE_PREFIX)]


def models() -> list[Statement]:
    """SageMaker models, which CloudFormation names."""
    actions = [sagemaker.CreateModel, sagemaker.DeleteModel, sagemaker.DescribeModel, *_TAGGING]
    variants = arns.regional("sagemaker", "model/mlopssagemakermodelvariant*")
    # A model package may be of another account that shares its group with this one; who makes a model of it reads it.
    packages = Sub("arn:${AWS::Partition}:sagemaker:${AWS::Region}:*:model-package/*")
    return [
        permissions.allow(actions, [*_named_by_cloudformation("model", "mlopssagemakermodel"), variants]),
        permissions.allow([sagemaker.CreateModel, sagemaker.DescribeModelPackage], packages),
    ]


def endpoints() -> list[Statement]:
    """Endpoints, which people name, and their configurations, which CloudFormation names."""
    actions = [
        *(sagemaker.CreateEndpoint, sagemaker.CreateEndpointConfig, sagemaker.DeleteEndpoint),
        *(sagemaker.DeleteEndpointConfig, sagemaker.DescribeEndpoint, sagemaker.DescribeEndpointConfig),
        # Application Auto Scaling tries the second in the name of who has an endpoint scaled.
        *(sagemaker.UpdateEndpoint, sagemaker.UpdateEndpointWeightsAndCapacities, *_TAGGING),
        # AWS may ask for it on the endpoint, too, on which the component is made.
        Action("sagemaker", "CreateInferenceComponent"),
    ]
    configurations = _named_by_cloudformation("endpoint-config", "mlopssagemakerendpointconfig")
    return [permissions.allow(actions, [*configurations, arns.regional("sagemaker", "endpoint/*")])]


def inference_components() -> list[Statement]:
    """Inference components, which have the names of their endpoints."""
    actions = [
        *(Action("sagemaker", f"{verb}InferenceComponent") for verb in ("Create", "Delete", "Describe", "Update")),
        # Application Auto Scaling tries it, too, in the name of who has copies scaled.
        *(Action("sagemaker", "UpdateInferenceComponentRuntimeConfig"), *_TAGGING),
    ]
    return [permissions.allow(actions, arns.regional("sagemaker", "inference-component/*"))]


def autoscaling() -> list[Statement]:
    """Scaling of endpoints. IAM knows no resource for it; the namespace is what limits it.

    Application Auto Scaling tries what it will do, in the name of who asks for it.
    https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html
    """
    changed = [
        *(application_autoscaling.DeleteScalingPolicy, application_autoscaling.DeleteScheduledAction),
        *(application_autoscaling.DeregisterScalableTarget, application_autoscaling.PutScalingPolicy),
        *(application_autoscaling.PutScheduledAction, application_autoscaling.RegisterScalableTarget),
    ]
    looked_at = [
        *(application_autoscaling.DescribeScalableTargets, application_autoscaling.DescribeScalingPolicies),
        *(application_autoscaling.DescribeScheduledActions, application_autoscaling.ListTagsForResource),
    ]
    tagged = [Action("application-autoscaling", verb) for verb in ("TagResource", "UntagResource")]
    of_endpoints = Condition(StringEquals("application-autoscaling:service-namespace", "sagemaker"))
    alarms_of_policies = [cloudwatch.DeleteAlarms, cloudwatch.DescribeAlarms, cloudwatch.PutMetricAlarm]
    scaled = ("endpoint", "inference-component")
    alarm_names = [arns.regional("cloudwatch", f"alarm:TargetTracking-{kind}/*") for kind in scaled]
    for_endpoints = Condition(StringEquals("iam:AWSServiceName", "sagemaker.application-autoscaling.amazonaws.com"))
    own_role = arns.in_account("iam", "role/aws-service-role/*")
    return [
        permissions.allow(changed, "*", of_endpoints),
        permissions.allow([*looked_at, *tagged, cloudwatch.GetMetricData], "*"),
        permissions.allow(alarms_of_policies, alarm_names),
        permissions.allow([iam.CreateServiceLinkedRole], own_role, for_endpoints),
    ]


def keys_for_volumes() -> list[Statement]:
    """The key of a request may be any key that its own policy lets this account use."""
    granted = Condition([permissions.through("sagemaker"), permissions.for_aws_resource()])
    return [permissions.allow([kms.DescribeKey], _keys()), permissions.allow([kms.CreateGrant], _keys(), granted)]


def _keys() -> Sub:
    return Sub("arn:${AWS::Partition}:kms:${AWS::Region}:*:key/*")


_MONITORS = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")


def baselines() -> list[Statement]:
    """Processing jobs, which have no names of ours."""
    jobs = [
        *(sagemaker.CreateProcessingJob, Action("sagemaker", "DeleteProcessingJob")),
        *(sagemaker.DescribeProcessingJob, sagemaker.StopProcessingJob, *_TAGGING),
    ]
    return [
        permissions.allow(jobs, arns.regional("sagemaker", "processing-job/*")),
        # CloudFormation's handler of processing jobs asks for it beside the grant.
        permissions.allow([kms.Decrypt], _keys(), Condition(permissions.through("sagemaker"))),
        *permissions.made_interfaces(),
    ]


def monitors() -> list[Statement]:
    """Job definitions and schedules of Model Monitor, which are named after endpoints that people name."""
    definitions = [
        Action("sagemaker", f"{verb}{kind}JobDefinition")
        for kind in _MONITORS
        for verb in ("Create", "Delete", "Describe")
    ]
    schedules_of_monitors = [
        *(sagemaker.CreateMonitoringSchedule, sagemaker.DeleteMonitoringSchedule),
        *(sagemaker.DescribeMonitoringSchedule, sagemaker.UpdateMonitoringSchedule, *_TAGGING),
    ]
    return [
        permissions.allow([*definitions, *_TAGGING], arns.regional("sagemaker", "*-job-definition/*")),
        permissions.allow(schedules_of_monitors, arns.regional("sagemaker", "monitoring-schedule/*")),
    ]


def alarms() -> list[Statement]:
    """Alarms of the blueprint, named after its stack."""
    actions = [
        *(cloudwatch.DeleteAlarms, cloudwatch.DescribeAlarms, cloudwatch.ListTagsForResource),
        *(cloudwatch.PutMetricAlarm, cloudwatch.TagResource, cloudwatch.UntagResource),
    ]
    return [permissions.allow(actions, arns.regional("cloudwatch", f"alarm:{arns.PIPELINE_PREFIX}*"))]


def rollback_alarms() -> list[Statement]:
    """Alarms that take an endpoint's update back, which people may name: SageMaker looks at them for whoever updates.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    """
    return [permissions.allow([cloudwatch.DescribeAlarms], arns.regional("cloudwatch", "alarm:*"))]
