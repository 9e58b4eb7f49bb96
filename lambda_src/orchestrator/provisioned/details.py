# SPDX-License-Identifier: Apache-2.0
"""`GET /pipelines/{id}`: the CodePipeline, what it deployed, the work that this started, and the state of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orchestrator.aws import parallel
from orchestrator.aws.cloudformation import stack_set_removal, stack_sets
from orchestrator.aws.cloudformation.stack_sets import Instance, StackSetName
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.codepipeline.codepipelines import Execution
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import lookup, pipeline_stacks, progress, state, work
from orchestrator.provisioned.automatic import telling
from orchestrator.provisioned.awaited import deployments, models, packages, smoke_tests
from orchestrator.provisioned.endpoint_models import in_stages
from orchestrator.provisioned.endpoint_models import telling as endpoint_models
from orchestrator.provisioned.lookup import Found
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.provisioned.registrations import Registration
from orchestrator.values.per_stage import Stage

if TYPE_CHECKING:
    from orchestrator import answers
    from orchestrator.answers import work as told
    from orchestrator.answers.awaited import SmokeTestFigures


def answer(given: str, settings: Settings) -> answers.PipelineDetails:
    """Return all details of a pipeline; raises the errors of `orchestrator.errors`.

    In a single account, `stack` is the deployment stack with its outputs, and the members after it are the work that it
    started. With stages, `stages` has each StackSet with its instances; of what is in other accounts it has the
    endpoints on which models are compared.
    """
    found = lookup.find(given, settings)
    deployed = work.deployed_stack(found.pipeline, found.stack)
    outputs = {} if deployed is None else dict(deployed.outputs)
    pipeline, newest = _state(found)
    done = work.of_deployed(found.pipeline, deployed, settings)
    package = packages.newest(found.pipeline, _parameters(found), settings.launch.pipelines_bucket)
    request = packages.request_of(found.pipeline, package, settings.launch.pipelines_bucket)
    stages = _stages(found.pipeline, settings, request)
    overall = state.decide(state.Seen(progress.of(found.stack, pipeline or {}, newest, found.removal), done))
    tested = _smoke_tests(found.pipeline, request, settings)
    return {
        **found.pipeline.description(),
        "state": overall.name,
        "state_reason": overall.reason,
        "stack_status": found.stack.status if found.stack else "DELETE_COMPLETE",
        "stack_status_reason": found.stack.reason if found.stack else "",
        "pipeline": pipeline,
        "stack": _stack(deployed),
        "stages": stages,
        "outputs": outputs,
        "model_package_arn": done.package,
        # What is deployed comes first; with stages it is elsewhere, and before, there is only what was asked for.
        "monitor_engine": done.monitor.engine if done.monitor else found.pipeline.engine,
        "job": _job(done.job),
        "registration": _registration(done.registration),
        "monitor": _monitor(done.monitor),
        "endpoint": endpoint_models.of(done.endpoint),
        "deletion": found.removal.description() if found.removal else None,
        "smoke_tests": tested,
        "changes": deployments.of(
            deployments.Seen(
                found.pipeline,
                _parameters(found),
                pipeline or {},
                newest,
                package,
                [one["stage"] for one in stages if one["instances"]],
                tested,
            ),
            settings,
        ),
        "request": request,
        "automation": telling.of(found.pipeline, request, settings),
    }


def _state(found: Found) -> tuple[answers.PipelineState | None, Execution | None]:
    """Return the same as `/pipelinestatus`, and the newest execution; `None` when there is no pipeline."""
    name = pipeline_stacks.pipeline_name(found.stack) if found.stack else None
    return codepipelines.state_and_execution(name) if name is not None else (None, None)


def _parameters(found: Found) -> Mapping[str, str]:
    return found.stack.parameters if found.stack else {}


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


def _smoke_tests(pipeline: Pipeline, request: Mapping[str, Any] | None, settings: Settings) -> list[SmokeTestFigures]:
    if not smoke_tests.asked_for(request):
        return []
    found = smoke_tests.of(settings.launch.pipelines_bucket, pipeline.common_name)
    return [record.description() for record in found]


def _stages(pipeline: Pipeline, settings: Settings, request: Mapping[str, Any] | None) -> list[told.DeployedStage]:
    def stage(entry: tuple[Stage, str]) -> told.DeployedStage:
        name, stack_set = entry
        found = StackSetName(stack_set, settings.call_as)
        instances = stack_set_removal.instances_of(found)
        parameters = _parameters_of(found) if instances and (names_package or compares) else {}
        model_package = unnamed
        if instances and names_package:
            model_package = None if parameters is None else parameters.get(models.PACKAGE, "")
        return {
            "stage": name,
            "stack_set": stack_set,
            "instances": None if instances is None else [_instance(one) for one in instances],
            "model_package_arn": model_package,
            "endpoints": in_stages.of(pipeline, parameters or {}, instances or ()),
        }

    names_package = bool(request and request.get("model_package_name"))
    compares = in_stages.are_asked_for(request)
    unnamed = None if request is None or names_package else ""
    return parallel.each("cloudformation", stage, pipeline.stack_sets.items()) if pipeline.stack_sets else []


def _parameters_of(stack_set: StackSetName) -> Mapping[str, str] | None:
    """Return the parameters of a StackSet; `None` if AWS does not let the orchestrator read it."""
    try:
        found = stack_sets.definition_of(stack_set)
    except ServiceBusyError:
        raise
    except ServiceRefusedError:
        return None
    return dict(found.parameters) if found else {}


def _instance(instance: Instance) -> told.StackInstance:
    return {
        "account": instance.account,
        "region": instance.region,
        "status": instance.status,
        "detailed_status": instance.detailed_status,
        "reason": instance.reason,
    }


def _job(job: state.Job | None) -> told.StartedJob | None:
    if job is None:
        return None
    return {"kind": job.kind, "name": job.name, "status": job.status, "failure_reason": job.reason}


def _registration(made: Registration | None) -> told.JobRegistration | None:
    if made is None:
        return None
    return {
        "status": made.status,
        "model_package_arn": made.model_package_arn,
        "metrics": made.metrics,
        "reason": made.reason,
    }


def _monitor(monitor: state.Monitor | None) -> told.MonitorState | None:
    if monitor is None:
        return None
    run = monitor.last_run
    return {
        "engine": monitor.engine,
        "schedule": monitor.schedule,
        "status": monitor.status,
        "reason": monitor.reason,
        "last_run": {"status": run.status, "time": run.due, "message": run.message} if run else None,
    }
