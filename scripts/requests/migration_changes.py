# SPDX-License-Identifier: Apache-2.0
"""Changes in the meaning of the earlier solution's requests that no declaration contains.

Each sentence is also in docs/migration.md. Whether it applies is decided by a request's keys and its deployment, so
that it also holds for future types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.launch.settings import Launch
from orchestrator.model_cards.operations import Operation
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.blueprints import BlueprintPipeline
from orchestrator.pipeline_types.built_in.monitors.clarify import ClarifyMonitor
from orchestrator.pipeline_types.built_in.monitors.monitors import Monitor
from orchestrator.pipeline_types.built_in.realtime_inference import RealtimeInference
from orchestrator.sagemaker import job_kinds

OTHER_PIPELINE_ID: Final = (
    "A pipeline_id names a pipeline of the orchestrator that made it: provision the model here, and use the id of that "
    "answer."
)
STATUS_IS_KEPT: Final = (
    "A status that is left out stays as it is; the earlier solution set the card back to Draft. Give the status if it "
    "is to change."
)
EXPORT_IS_STARTED: Final = (
    "An export is answered when it has started, with the ARN of its job; ask for its end with "
    "describe_model_card_export. The earlier solution waited, and told of success in any case."
)


@dataclass(frozen=True)
class Change:
    """Changed meaning, and the requests it applies to."""

    sentence: str
    concerns: Callable[[PipelineRequest, Launch], object]


def of_pipeline(request: PipelineRequest, launch: Launch) -> Iterator[str]:
    """Yield the sentences that apply to a valid request."""
    return (change.sentence for change in CHANGES if change.concerns(request, launch))


def around(request: PipelineRequest, launch: Launch) -> Iterator[str]:
    """Yield the sentences about what scripts around a valid request find under other names."""
    return (change.sentence for change in AROUND if change.concerns(request, launch))


def of_card(operation: Operation) -> Iterator[str]:
    """Yield the sentences that apply to a valid request for an operation on a model card."""
    keeps_status = "status" in type(operation).model_fields and "status" not in operation.model_fields_set
    if keeps_status and operation.operation.startswith("update"):
        yield STATUS_IS_KEPT
    if operation.operation == "export_model_card":
        yield EXPORT_IS_STARTED


def _value(request: PipelineRequest, key: str) -> Any:
    """Return the value of a key; None if the type does not have the key, or the request does not set it."""
    return getattr(request, key) if key in request.model_fields_set else None


def _starts(request: PipelineRequest, kind: job_kinds.JobKind) -> bool:
    return getattr(request, "job", None) is kind


def _makes_up_a_job_name(request: PipelineRequest, _: Launch) -> object:
    return "job_name" in type(request).model_fields and not _value(request, "job_name")


def _waits_longer_for_spot(request: PipelineRequest, launch: Launch) -> object:
    """Whether the default waiting time gives way to a longer run (lesson 12)."""
    key = "max_wait_time_spot_instances"
    if key not in type(request).model_fields or key in request.model_fields_set:
        return False
    sent = _parameters(request, launch).get("MaxWaitTimeForSpotInstances")
    return sent != str(type(request).model_fields[key].default)


def _leaves_spot(request: PipelineRequest, launch: Launch) -> object:
    """Whether the algorithm, which has no checkpoints, trains on demand by default (lesson 102)."""
    key = "use_spot_instances"
    if key not in type(request).model_fields or key in request.model_fields_set:
        return False
    return _parameters(request, launch).get("UseSpotInstances") == "False"


def _parameters(request: PipelineRequest, launch: Launch) -> Mapping[str, str]:
    parameters = getattr(request, "parameters", None)
    return parameters(launch, None).values_as_text() if parameters else {}


def _has_values_of_python(request: PipelineRequest, _: Launch) -> object:
    """Whether values used to reach a container as Python writes them (lesson 17)."""
    values = _value(request, "algo_hyperparamaters") or {}
    return any(value is None or isinstance(value, bool | list) for value in values.values())


CHANGES: Final = (
    Change(
        "Each stage deploys to the accounts that were named at launch, and to no other account of their organizational "
        "unit; the earlier solution deployed to every account of the unit.",
        lambda request, launch: None not in request.stages(launch),
    ),
    Change(
        "The name of the job follows from the request: an unchanged request starts no second job. The earlier solution "
        "made up a new name, and started a new job, at every call.",
        _makes_up_a_job_name,
    ),
    Change(
        "job_name is used as it is, and SageMaker never frees the name of a job: if the earlier solution has run a job "
        "of this name in the account and Region, the deployment fails. Choose another, or leave it out.",
        lambda request, _: _value(request, "job_name"),
    ),
    Change(
        "The names of baseline and schedule follow from the request: an unchanged request computes no new baseline. "
        "The schedule is made when the baseline has succeeded; the earlier solution made both anew at every call, and "
        "the schedule in any case.",
        lambda request, _: _value(request, "baseline_data"),
    ),
    Change(
        "The orchestrator's own engine computes baselines and runs, with Model Monitor's files and messages: the "
        "thresholds of its baselines are its own, and it has no merge job and no shadow endpoint. An account that may "
        'still use Model Monitor and Clarify keeps them with "monitor_engine": "sagemaker", or with '
        "MonitorEngine=SageMaker at launch for all requests that do not say it.",
        lambda request, launch: isinstance(request, Monitor) and request.engine(launch).name == "open",
    ),
    Change(
        "max_wait_time_spot_instances includes the run: left out, it is as long as max_runtime_per_job allows, where "
        "SageMaker refused the earlier solution's shorter default.",
        _waits_longer_for_spot,
    ),
    Change(
        "Left out, use_spot_instances is false for a built-in algorithm that writes no checkpoints: SageMaker lets it "
        "wait an hour at most for spot instances, and refused the earlier solution's default.",
        _leaves_spot,
    ),
    Change(
        "true, false, null and lists among the hyper-parameters reach the container as JSON; the earlier solution sent "
        "what Python calls them, such as True and None.",
        _has_values_of_python,
    ),
    Change(
        "kms_key_arn encrypts the Autopilot job's volumes and output; the earlier solution ignored it. The key's "
        "policy must let the job use it.",
        lambda request, _: _starts(request, job_kinds.AUTOPILOT) and _value(request, "kms_key_arn"),
    ),
    Change(
        "compression_type tells Autopilot how the data is compressed; the earlier solution ignored it and read the "
        "data as it was.",
        lambda request, _: _starts(request, job_kinds.AUTOPILOT) and _value(request, "compression_type"),
    ),
    Change(
        "model_scores 0 is the first column of the model's answer; the earlier solution took it for absent.",
        lambda request, _: _value(request, "model_scores") == 0,
    ),
)

AROUND: Final = (
    Change(
        "The stage of a pipeline that deploys is called DeployPipeline; with one account it was DeployCloudFormation.",
        lambda request, launch: None in request.stages(launch) and isinstance(request, BlueprintPipeline),
    ),
    Change(
        "The output of a pipeline's stack is PipelineName, the pipeline's name; it was Pipelines, a console address.",
        lambda request, _: True,
    ),
    Change(
        "Outputs that say where data is are s3:// addresses; they were links to the console.",
        lambda request, _: isinstance(request, BlueprintPipeline),
    ),
    Change(
        "The outputs of a tuning job's stack are TuningJobName and TuningJobOutputLocation; they were TrainingJobName "
        "and TrainingJobOutputLocation.",
        lambda request, _: _starts(request, job_kinds.TUNING),
    ),
    Change(
        "The output of an inference API is InferenceApiUrl, with /inference; it was "
        "BYOMInferenceLambdaRestApiEndpoint..., without.",
        lambda request, _: isinstance(request, RealtimeInference),
    ),
    Change(
        "Jobs that need predictions ask the endpoint that is monitored; the earlier solution named its model, which "
        "Clarify deployed to a shadow endpoint for the time of the job. The endpoint serves these requests, too.",
        lambda request, _: isinstance(request, ClarifyMonitor),
    ),
)
"""What concerns no request's meaning, but whoever reads what becomes of it."""
