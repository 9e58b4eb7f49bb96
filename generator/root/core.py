# SPDX-License-Identifier: Apache-2.0
"""Parts of both root templates, which differ in what they share with other accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from awacs.aws import PolicyDocument, Statement
from troposphere import Output, Ref, Template

from generator.deployment import Kind
from generator.root import api, launch, looks, model_cards, network, orchestrator, reach, roles
from generator.root.data import encryption, models, storage
from generator.root.events import (
    approved_versions,
    automation,
    bucket_events,
    comparisons,
    digest,
    jobs,
    monitors,
    pipeline_ends,
    removal,
    retraining,
    runs,
)
from generator.root.launch import LaunchParameters
from generator.root.observability import alarms, dashboard, notifications


@dataclass(frozen=True)
class Sharing:
    """Permissions that a root template gives to other accounts, and settings of its own functions for them."""

    variables: Mapping[str, Any]
    assets_readers: Sequence[Statement] = ()
    pipelines_readers: Sequence[Statement] = ()
    repository_policy: PolicyDocument | None = None
    package_group_policy: PolicyDocument | None = None
    pipeline_statements: Sequence[Statement] = field(default=())
    orchestrator_statements: Sequence[Statement] = ()
    comparison_statements: Sequence[Statement] = ()
    """Permissions of the same role to compare models elsewhere."""
    orchestrator_policies: Sequence[Any] = ()
    """Policies of the orchestrator's role that depend on conditions."""
    functions: Sequence[str] = (orchestrator.FUNCTION,)
    """The functions on alarms and dashboard."""
    has_approvals: bool = False
    accounts: Sequence[Any] = ()
    """Ids of the accounts of the stages, one or several with commas between in each text."""
    ended_work: Sequence[dict[str, Any]] = ()
    """Patterns of the events about CloudFormation's work in other accounts."""


def template(description: str, declared: type[LaunchParameters], kinds: Sequence[Kind], sharing: Sharing) -> Template:
    """A root template; `kinds` are what the blueprints deploy into this account."""
    built = Template(Description=description)
    launch.add_to(built, declared)
    encryption.add_to(built)
    network.add_to(built, declared)
    storage.add_to(built, sharing.assets_readers, [*sharing.pipelines_readers, roles.read_code()])
    notifications.add_to(built)
    models.add_to(built, sharing.repository_policy, sharing.package_group_policy)
    reach.add_to(built, sharing.accounts)
    looks.add_to(built)
    runs.add_to(built)
    comparisons.add_to(built, sharing.comparison_statements)
    automation.add_to(built)
    retraining.add_to(built)
    roles.add_to(built, kinds, sharing.pipeline_statements)
    statements = [*jobs.statements(), *monitors.statements(), *model_cards.statements(), *removal.statements()]
    statements += [*pipeline_ends.statements(), *sharing.orchestrator_statements]
    orchestrator.add_to(built, sharing.variables, statements, sharing.orchestrator_policies)
    jobs.add_to(built)
    pipeline_ends.add_to(built)
    approved_versions.add_to(built)
    removal.add_to(built, sharing.ended_work)
    monitors.add_to(built)
    digest.add_to(built)
    bucket_events.add_to(built)
    api.add_to(built)
    alarms.add_to(built, sharing.functions)
    dashboard.add_to(built, sharing.functions, has_approvals=sharing.has_approvals)
    add_outputs(built)
    return built


def add_outputs(built: Template) -> None:
    """The names that outsiders rely on (compatibility 1.2)."""
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
