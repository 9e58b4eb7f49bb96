# SPDX-License-Identifier: Apache-2.0
"""The rule for ended pipelines, and the permissions to find out why one failed (compatibility 1.7).

The rule matches every pipeline by its prefix, so a pipeline adds none of its own.
"""

from __future__ import annotations

from typing import Any

from awacs import codebuild
from awacs import codepipeline as cp
from awacs.aws import Statement
from troposphere import Template, events

from generator import arns, permissions
from generator.root import orchestrator, roles
from generator.root.events import jobs
from orchestrator.events.pipelines.ends import PIPELINE_EVENT


def add_to(template: Template) -> None:
    """Add the rule; the permission of the rules for jobs is for it, too."""
    template.add_resource(ended_rule())


def ended_rule() -> events.Rule:
    """Rule for ended pipelines of this solution, however they ended (lesson 82)."""
    return events.Rule(
        "PipelineEndedRule",
        Name=jobs.named("pipelines"),
        Description="Tells the orchestrator that a pipeline has ended",
        EventPattern=pattern(PIPELINE_EVENT, state=["SUCCEEDED", "FAILED", "STOPPED", "SUPERSEDED", "CANCELED"]),
        Targets=[orchestrator.to_function()],
    )


def pattern(detail_type: str, **detail: list[str]) -> dict[str, Any]:
    """The pattern of CodePipeline's events about pipelines of this solution."""
    return {
        "source": ["aws.codepipeline"],
        "detail-type": [detail_type],
        "detail": {"pipeline": [{"prefix": arns.PIPELINE_PREFIX}], **detail},
    }


def statements() -> list[Statement]:
    """Read the tags of a pipeline, the outcome of its actions and why a build failed."""
    return [
        permissions.allow([cp.ListActionExecutions, cp.ListTagsForResource], roles.PIPELINES),
        permissions.allow([codebuild.BatchGetBuilds], roles.BUILDS),
    ]


def approval_statements() -> list[Statement]:
    """Find the pipelines that may wait for an approval; a listing of pipelines is about no pipeline."""
    return [permissions.allow([cp.ListPipelines], "*")]
