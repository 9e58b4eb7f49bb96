# SPDX-License-Identifier: Apache-2.0
"""Tuning: training jobs that search for the best hyper-parameters (compatibility 3.11)."""

from __future__ import annotations

from typing import Any, Final

from troposphere import GetAtt, Ref, Template

from generator import parameters
from generator.conditions import if_provided
from generator.resources import job_access, network, sagemaker_jobs, sagemaker_roles, training_requests
from generator.resources.json_text import Json
from generator.resources.sagemaker_jobs import Job
from orchestrator.pipeline_types.built_in.training.model_tuning import ModelTuningParameters
from orchestrator.sagemaker import job_kinds

DEPLOYS: Final = sagemaker_jobs.DEPLOYS

_DESCRIPTION = "MLOps Workload Orchestrator: a tuning job."
_JOB = "TuningJob"


def template() -> Template:
    """The template."""
    built = Template(Description=_DESCRIPTION)
    parameters.declare_filled(built, ModelTuningParameters)
    built.add_resource(training_requests.role(built))
    own = job(built)
    own.add_to(built, job_access.starting_policy(own.arns), sagemaker_roles.hand_on_request_key(built))
    job_access.add_outputs(built, _JOB, job_kinds.TUNING.output, "TuningJobOutputLocation")
    training_requests.add_validation_output(built)
    return built


def request(built: Template) -> dict[str, Any]:
    """The request of compatibility 3.11 without the job's name."""
    return {
        "HyperParameterTuningJobConfig": Json("TuningJobConfig"),
        "TrainingJobDefinition": {
            "StaticHyperParameters": Json("StaticHyperParameters"),
            "RoleArn": GetAtt(job_access.ROLE, "Arn"),
            "AlgorithmSpecification": training_requests.algorithm(built),
            "InputDataConfig": training_requests.channels(built),
            "OutputDataConfig": training_requests.output(built),
            "HyperParameterTuningResourceConfig": training_requests.resources(built),
            **training_requests.limits(built, job_access.JOB_NAME),
            **network.of_job(built),
        },
        "Autotune": if_provided(built, "AutotuneMode", {"Mode": Ref("AutotuneMode")}),
        "Tags": Json("Tags"),
    }


def job(built: Template) -> Job:
    """The job; another one when the request changes."""
    return Job(
        title=_JOB,
        kind="HyperParameterTuningJob",
        request=request(built),
        name=job_access.name(built),
        arns=job_access.jobs("hyper-parameter-tuning-job"),
    )
