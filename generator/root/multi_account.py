# SPDX-License-Identifier: Apache-2.0
"""The multi-account root template: pipelines deploy to dev, staging and prod, each in accounts of its own."""

from __future__ import annotations

from collections.abc import Sequence

from troposphere import Ref, Template

from generator.deployment import Kind
from generator.root import accounts, core, stages
from generator.root.accounts import MultiAccountLaunchParameters
from generator.root.core import Sharing

_DESCRIPTION = "MLOps Workload Orchestrator (multi account): provisions machine-learning pipelines in three stages."


def template(kinds: Sequence[Kind]) -> Template:
    """The template; `kinds` are what the blueprints deploy into this account."""
    sharing = Sharing(
        variables={"MULTI_ACCOUNT": "Yes", "STAGE_FUNCTION": Ref(stages.FUNCTION), **accounts.environment()},
        assets_readers=accounts.read_assets(),
        repository_policy=accounts.pull_images(),
        package_group_policy=accounts.use_model_packages(),
        pipeline_statements=stages.pipeline_statements(),
    )
    built = core.template(_DESCRIPTION, MultiAccountLaunchParameters, kinds, sharing)
    stages.add_to(built)
    accounts.add_instructions(built)
    return built
