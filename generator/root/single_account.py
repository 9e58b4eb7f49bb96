# SPDX-License-Identifier: Apache-2.0
"""The single-account root template: every pipeline deploys into the account of the stack itself."""

from __future__ import annotations

from collections.abc import Sequence

from troposphere import Output, Ref, Template

from generator.deployment import Kind
from generator.root import (
    api,
    bucket_events,
    encryption,
    launch,
    models,
    notifications,
    orchestrator,
    roles,
    storage,
)

_DESCRIPTION = "MLOps Workload Orchestrator (single account): provisions machine-learning pipelines by API or upload."


def template(kinds: Sequence[Kind]) -> Template:
    """The template; `kinds` are what the blueprints deploy."""
    built = Template(Description=_DESCRIPTION)
    launch.add_to(built, launch.LaunchParameters)
    encryption.add_to(built)
    storage.add_to(built)
    notifications.add_to(built)
    models.add_to(built)
    roles.add_to(built, kinds)
    orchestrator.add_to(built, multi_account=False)
    bucket_events.add_to(built)
    api.add_to(built)
    add_outputs(built)
    return built


def add_outputs(built: Template) -> None:
    """The names that outsiders rely on (design section 8)."""
    values = {
        "ApiEndpoint": ("Address of the API; sign requests for execute-api", api.API.url()),
        "AssetsBucketName": ("Bucket for models and data", storage.assets_bucket_name()),
        "PipelinesBucketName": ("Bucket of packaged templates and pipeline artifacts", Ref(storage.PIPELINES)),
        "ConfigBucketName": ("Bucket in which mlops-config.json is dropped", storage.config_bucket_name()),
        "EcrRepositoryName": ("Repository for images of custom algorithms", models.repository_name()),
        "EcrRepositoryArn": ("ARN of that repository", models.repository_arn()),
        "ModelRegistryArn": ("ARN of the model package group, if one was made", models.package_group_arn()),
        "NotificationsTopicArn": ("Topic of all notifications", Ref(notifications.TOPIC)),
    }
    for name, (description, value) in values.items():
        built.add_output(Output(name, Description=description, Value=value))
