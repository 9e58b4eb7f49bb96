# SPDX-License-Identifier: Apache-2.0
"""The multi-account root template: pipelines deploy to dev, staging and prod, each in accounts of its own."""

from __future__ import annotations

from collections.abc import Sequence

from troposphere import GetAtt, Ref, Template

from generator.deployment import Kind
from generator.root import accounts, application, core, launch, orchestrator, stages
from generator.root.accounts import MultiAccountLaunchParameters
from generator.root.core import Sharing
from generator.root.events import monitors, pipeline_ends
from generator.root.observability import alarms, security_events
from orchestrator.launch import settings

_DESCRIPTION = "MLOps Workload Orchestrator (multi account): provisions machine-learning pipelines in three stages."


def template(kinds: Sequence[Kind]) -> Template:
    """The template; `kinds` are what the blueprints deploy into this account."""
    sharing = Sharing(
        variables={
            "MULTI_ACCOUNT": "Yes",
            "FUNCTION_ROLE_ARN": GetAtt(f"{orchestrator.FUNCTION}Role", "Arn"),
            "STAGE_FUNCTION": Ref(stages.FUNCTION),
            **stages.call_as(),
            **launch.variables(settings.MULTI_ACCOUNT_PARAMETERS),
        },
        assets_readers=accounts.read_assets(),
        pipelines_readers=monitors.read_configurations(),
        repository_policy=accounts.pull_images(),
        package_group_policy=accounts.use_model_packages(),
        pipeline_statements=stages.pipeline_statements(),
        orchestrator_statements=[
            *stages.removal_statements(),
            *stages.decision_statements(),
            *pipeline_ends.approval_statements(),
        ],
        comparison_statements=[accounts.compare_models()],
        orchestrator_policies=stages.removal_policies(),
        functions=(orchestrator.FUNCTION, stages.FUNCTION),
        has_approvals=True,
        accounts=accounts.ids(),
        ended_work=[stages.ended_operations()],
    )
    built = core.template(_DESCRIPTION, MultiAccountLaunchParameters, kinds, sharing)
    stages.add_to(built)
    built.add_resource(alarms.approvals_alarm())
    monitors.add_bus_policy(built)
    accounts.add_instructions(built)
    security_events.add_to(built)
    application.add_to(built)
    return built
