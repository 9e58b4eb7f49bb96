# SPDX-License-Identifier: Apache-2.0
"""Permissions of the orchestrator to have models trained again because of runs of monitors.

A managed policy of its own, which exists only where the launch wants it: without, the orchestrator can start nothing by
itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from awacs import sagemaker
from awacs.aws import Action, Statement
from troposphere import If, NoValue, Ref, Template, iam

from generator import arns, permissions
from generator.root import launch
from orchestrator.automation import retrainings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.built_in.training.job_types import kinds_by_type
from orchestrator.sagemaker.monitor_runs import DATA_JOBS

_POLICY: Final = "RetrainingPolicy"


def add_to(template: Template) -> None:
    """Add the policy, which depends on a launch parameter."""
    template.add_resource(
        iam.ManagedPolicy(
            _POLICY,
            Condition=launch.RETRAINS,
            Description="Finds retrainings that there were, and starts jobs that write data for them",
            PolicyDocument=permissions.document(*_looks(), _prepares()),
        )
    )


def attached_policy() -> If:
    """The policy, for a role's list of managed policies; absent without it."""
    return If(launch.RETRAINS, Ref(_POLICY), NoValue)


def _looks() -> Iterator[Statement]:
    """List jobs, about which SageMaker knows no resource, and read the tags of those with the names of retrainings."""
    # Jobs without events are listed and looked at anyway.
    kinds = [kind for kind in dict.fromkeys(kinds_by_type(BUILT_IN).values()) if kind.event]
    yield permissions.allow([Action("sagemaker", f"List{kind.noun}s") for kind in kinds], "*")
    named = f"*{retrainings.MIDDLE}*"
    yield permissions.allow(
        [sagemaker.ListTags], [arns.regional("sagemaker", f"{kind.resource}/{named}") for kind in kinds]
    )


def _prepares() -> Statement:
    """Start jobs with these names only; the roles of monitors, under which they run, are handed on for runs already."""
    named = arns.regional("sagemaker", f"processing-job/{DATA_JOBS}*")
    return permissions.allow([sagemaker.AddTags, sagemaker.CreateProcessingJob], named)
