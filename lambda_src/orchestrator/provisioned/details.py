# SPDX-License-Identifier: Apache-2.0
"""`GET /pipelines/{id}`: the CodePipeline, its deployment, and the job that the deployment started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from orchestrator.aws import parallel
from orchestrator.aws.cloudformation import stack_set_removal, stacks
from orchestrator.aws.cloudformation.stack_sets import Instance, StackSetName
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.sagemaker import jobs
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import lookup, pipeline_stacks
from orchestrator.provisioned.lookup import Found
from orchestrator.sagemaker import job_kinds
from orchestrator.values.per_stage import Stage

if TYPE_CHECKING:
    from orchestrator import answers


def answer(given: str, settings: Settings) -> answers.PipelineDetails:
    """Return all details of a pipeline; raises the errors of `orchestrator.errors`.

    In a single account, `stack` is the deployment stack with its outputs, and `job` the job that it started. With
    stages, `stages` has each StackSet with its instances, without the outputs of stacks in other accounts.
    """
    found = lookup.find(given, settings)
    deployed = _deployed(found)
    outputs = {} if deployed is None else dict(deployed.outputs)
    return {
        **found.pipeline.description(),
        "stack_status": found.stack.status if found.stack else "DELETE_COMPLETE",
        "stack_status_reason": found.stack.reason if found.stack else "",
        "pipeline": _state(found),
        "stack": _stack(deployed),
        "stages": _stages(found.pipeline.stack_sets, settings),
        "outputs": outputs,
        "job": _job(outputs),
        "deletion": found.removal.description() if found.removal else None,
    }


def _state(found: Found) -> answers.PipelineState | None:
    """Return the same as `/pipelinestatus`, or `None` when there is no pipeline."""
    name = pipeline_stacks.pipeline_name(found.stack) if found.stack else None
    if name is None:
        return None
    try:
        return codepipelines.state(name)
    except ServiceRefusedError as error:
        if error.code == codepipelines.NOT_THERE:
            return None
        raise


def _deployed(found: Found) -> Stack | None:
    """Return the deployment stack, or the pipeline stack where it is the same; `None` with stages."""
    if found.pipeline.stack_sets:
        return None
    return stacks.find(found.pipeline.deployed_stack) if found.pipeline.deployed_stack else found.stack


def _stack(deployed: Stack | None) -> answers.DeployedStack | None:
    if deployed is None:
        return None
    return {
        "stack_name": deployed.name,
        "stack_id": deployed.arn,
        "status": deployed.status,
        "reason": deployed.reason,
        "changed_at": deployed.changed_at,
    }


def _stages(stack_sets: Mapping[Stage, str], settings: Settings) -> list[answers.DeployedStage]:
    def stage(entry: tuple[Stage, str]) -> answers.DeployedStage:
        name, stack_set = entry
        instances = stack_set_removal.instances_of(StackSetName(stack_set, settings.call_as))
        listed = None if instances is None else [_instance(one) for one in instances]
        return {"stage": name, "stack_set": stack_set, "instances": listed}

    return parallel.each("cloudformation", stage, stack_sets.items()) if stack_sets else []


def _instance(instance: Instance) -> answers.StackInstance:
    return {
        "account": instance.account,
        "region": instance.region,
        "status": instance.status,
        "detailed_status": instance.detailed_status,
        "reason": instance.reason,
    }


def _job(outputs: Mapping[str, str]) -> answers.StartedJob | None:
    """Return the job that an output names; its kind is derived from the output's name."""
    for kind in job_kinds.ALL:
        if kind.output in outputs:
            name = outputs[kind.output].rsplit("/", 1)[-1]
            status, reason = _job_state(kind, name)
            return {"kind": kind.words, "name": name, "status": status, "failure_reason": reason}
    return None


def _job_state(kind: job_kinds.JobKind, name: str) -> tuple[str | None, str]:
    """Return the job's status and failure reason; no status if it cannot be read."""
    try:
        job = jobs.describe(kind, name)
    except ServiceBusyError:
        raise
    except ServiceRefusedError as error:
        # The job may have been removed, or access denied: the other details are returned all the same.
        return None, str(error)
    return job.status, job.failure_reason
