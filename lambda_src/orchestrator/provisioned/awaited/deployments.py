# SPDX-License-Identifier: Apache-2.0
"""What an approval would deploy, against what its stage has now: read for what waits, and for nothing else.

After the approval, the stage deployer makes the stage what the package of the waiting execution says; now, it is what
the StackSet says. What cannot be read is a sentence in the answer and hides nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.aws.cloudformation import stack_sets
from orchestrator.aws.cloudformation.stack_sets import StackSetName
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.codepipeline.codepipelines import Execution
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.provisioned.awaited import approvals, comparison, figures, models, packages
from orchestrator.provisioned.awaited.packages import Package
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.stage_action import tested
from orchestrator.stage_action.jobs import UnusableJobError
from orchestrator.values.per_stage import STAGES, Stage

if TYPE_CHECKING:
    from orchestrator import answers
    from orchestrator.answers.awaited import AwaitedDeployment, SmokeTestFigures


@dataclass(frozen=True)
class Seen:
    """What is known of a pipeline anyway."""

    pipeline: Pipeline
    parameters: Mapping[str, str]
    """Parameters of its stack."""
    state: Mapping[str, Any]
    """GetPipelineState's answer; empty while there is no pipeline."""
    newest: Execution | None
    package: Package | None
    """The newest package."""
    deployed: Collection[Stage]
    """Stages that have stacks."""
    smoke_tests: Sequence[SmokeTestFigures] = ()
    """The newest smoke test in each account."""


def of(seen: Seen, settings: Settings) -> list[AwaitedDeployment]:
    """Return the deployments that wait for a decision. Raise `ServiceBusyError`, after which a repeat may succeed."""
    return [_awaited(seen, stage, asked, settings) for stage, asked in _waiting(seen)]


def _waiting(seen: Seen) -> Iterator[tuple[Stage, answers.WaitingApproval]]:
    for stage in seen.state.get("stageStates", ()):
        for asked in approvals.of_stage(stage):
            # An approval has the name of the stage that it opens.
            opened = asked["action"].removeprefix("Deploy").lower()
            yield from ((one, asked) for one in STAGES if one == opened and one in seen.pipeline.stack_sets)


def _awaited(seen: Seen, stage: Stage, asked: answers.WaitingApproval, settings: Settings) -> AwaitedDeployment:
    told: AwaitedDeployment = {
        "stage": stage,
        "since": asked["since"],
        "execution": asked["execution"],
        "package_version": "",
        "is_first": stage not in seen.deployed,
        "template_changes": False,
        "changed_parameters": [],
        "changed_tags": [],
        "model": None,
        "monitors": [],
        "smoke_tests": [],
        "smoke_tests_missing": [],
        "problem": "",
    }
    try:
        package = _package(seen, asked["execution"] or "", settings)
        told["package_version"] = package.stored.version_id
        _compare(told, package, StackSetName(seen.pipeline.stack_sets[stage], settings.call_as))
        before = {one for one in STAGES[: STAGES.index(stage)] if one in seen.deployed}
        told["smoke_tests"] = [one for one in seen.smoke_tests if one["stage"] in before]
        told["smoke_tests_missing"] = _untold(package, before, told["smoke_tests"])
        told["monitors"] = figures.of(seen.pipeline, before, settings)
    except ServiceBusyError:
        raise
    except ServiceRefusedError as error:
        told["problem"] = f"AWS did not {error.doing}: {error.detail}"
    except UnusableJobError as error:
        told["problem"] = str(error)
    return told


def _untold(package: Package, before: Collection[Stage], tests: Sequence[SmokeTestFigures]) -> list[str]:
    """Return the stages with a smoke test of which nothing is known: its figures come as events."""
    told = {one["stage"] for one in tests}
    return [one for one in STAGES if one in before and one not in told and tested.is_asked(package.definition(one))]


def _package(seen: Seen, execution: str, settings: Settings) -> Package:
    """Return the package that an execution deploys, which may be older than the newest one."""
    is_newest = seen.newest is not None and seen.newest.id == execution
    found = seen.newest if is_newest else codepipelines.execution(str(seen.state["pipelineName"]), execution)
    version = found.source_version if found else ""
    if not version:
        raise UnusableJobError("What would be deployed is not known", ["the execution does not tell its package"])
    if seen.package is not None and seen.package.stored.version_id == version:
        return seen.package
    package = packages.read(seen.pipeline, seen.parameters, settings.launch.pipelines_bucket, version)
    if package is None:
        raise UnusableJobError("What would be deployed is not known", ["its package is not there any more"])
    return package


def _compare(told: AwaitedDeployment, package: Package, stack_set: StackSetName) -> None:
    wanted, masks = package.definition(told["stage"]), package.masks()
    found = None if told["is_first"] else stack_sets.definition_of(stack_set)
    told["template_changes"] = found is not None and found.template != wanted.template
    told["changed_parameters"] = comparison.parameters(wanted, found, masks)
    told["changed_tags"] = comparison.tags(wanted, found)
    told["model"] = models.of(dict(wanted.parameters))
