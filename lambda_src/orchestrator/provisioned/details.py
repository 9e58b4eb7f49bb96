# SPDX-License-Identifier: Apache-2.0
"""`GET /pipelines/{id}`: the CodePipeline, what it deployed, and the job that this started."""

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
    """All that there is to tell of a pipeline; raises the errors of `orchestrator.errors`.

    In this account, `stack` is what the pipeline deployed, with its outputs, and `job` what this started. Through
    stages, `stages` has each StackSet with its instances: what their stacks put out is for their own accounts.
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
    """The same as `/pipelinestatus` answers, or nothing when there is no pipeline."""
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
    """The stack with what was asked for: the pipeline's own where it deploys none."""
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
    """The job that an output names: which it is follows from the output's name."""
    for kind in job_kinds.ALL:
        if kind.output in outputs:
            name = outputs[kind.output].rsplit("/", 1)[-1]
            status, reason = _job_state(kind, name)
            return {"kind": kind.words, "name": name, "status": status, "failure_reason": reason}
    return None


def _job_state(kind: job_kinds.JobKind, name: str) -> tuple[str | None, str]:
    """Its status and why it failed; no status where it cannot be told."""
    try:
        job = jobs.describe(kind, name)
    except ServiceBusyError:
        raise
    except ServiceRefusedError as error:
        # Somebody may have removed it, or its kind may not be allowed: the rest is worth telling all the same.
        return None, str(error)
    return job.status, job.failure_reason
