# SPDX-License-Identifier: Apache-2.0
"""Everything in an account that a launch, a pipeline or their removal could leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mlops_orchestrator.aws.aws_access import Aws

# Service, operation, member of the answer, what names one.
_LISTED: Final = (
    ("apigateway", "get_rest_apis", "items", "id"),
    ("cloudformation", "describe_stacks", "Stacks", "StackName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("codepipeline", "list_pipelines", "pipelines", "name"),
    ("ecr", "describe_repositories", "repositories", "repositoryName"),
    ("events", "list_rules", "Rules", "Name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("kms", "list_keys", "Keys", "KeyId"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("resource-groups", "list_groups", "GroupIdentifiers", "GroupName"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("sagemaker", "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
    ("sagemaker", "list_endpoints", "Endpoints", "EndpointName"),
    ("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList", "ModelPackageGroupArn"),
    ("sagemaker", "list_models", "Models", "ModelName"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("sns", "list_topics", "Topics", "TopicArn"),
)


_OF_SAGEMAKER: Final = "logs /aws/sagemaker/"
"""SageMaker makes a log group for each kind of job in an account, and nobody removes it."""


def names(aws: Aws) -> set[str]:
    """The names of all that is there, each with its service."""
    return {name for name in {*_listed(aws), *_others(aws)} if not name.startswith(_OF_SAGEMAKER)}


def _listed(aws: Aws) -> Iterator[str]:
    for service, operation, member, name in _LISTED:
        client = aws.client(service)
        for page in _pages(client, operation):
            yield from (f"{service} {one[name]}" for one in page.get(member, ()))


def _others(aws: Aws) -> Iterator[str]:
    for url in aws.client("sqs").list_queues().get("QueueUrls", ()):
        yield f"sqs {url.rsplit('/', 1)[-1]}"
    dashboards = aws.client("cloudwatch").list_dashboards()["DashboardEntries"]
    yield from (f"cloudwatch {one['DashboardName']}" for one in dashboards)
    stack_sets = aws.client("cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"]
    yield from (f"cloudformation {one['StackSetName']}" for one in stack_sets)


def _pages(client: Any, operation: str) -> Iterator[dict[str, Any]]:
    if client.can_paginate(operation):
        yield from client.get_paginator(operation).paginate()
    else:
        yield getattr(client, operation)()
