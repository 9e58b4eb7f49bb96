# SPDX-License-Identifier: Apache-2.0
"""Results of a completed job: containers with their artifacts, and metrics. Pure functions of job descriptions.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html, .../API_DescribeAutoMLJob.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_Description = Mapping[str, Any]


@dataclass(frozen=True)
class Container:
    """A container of a model; `environment` holds variables that its image needs."""

    image: str
    artifact: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """Model containers and metrics of a job; without containers, `missing` gives the reason."""

    containers: tuple[Container, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    """ARN of the training job that made the artifact, if there is one."""
    has_own_images: bool = False
    """Whether only these images can serve the artifacts."""
    missing: str = ""


def of_training(job: _Description) -> Outcome:
    """Return the outcome of a training job, also of one that a tuning job started, with its training image."""
    artifact = job.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
    if not artifact:
        return Outcome(missing="The job has left no model artifact.")
    image = job.get("AlgorithmSpecification", {}).get("TrainingImage", "")
    metrics = ((datum["MetricName"], datum["Value"]) for datum in job.get("FinalMetricDataList", ()))
    return Outcome((Container(image, artifact, {}),), _numbers(metrics), job["TrainingJobArn"])


def role(job: _Description) -> str:
    """Return the ARN of a job's role; for a tuning job, that of its training jobs."""
    training: _Description = job.get("TrainingJobDefinition") or next(iter(job.get("TrainingJobDefinitions", ())), {})
    return str(job.get("RoleArn") or training.get("RoleArn", ""))


def best_training_job(job: _Description) -> str:
    """Return the name of a tuning job's best training job; empty when none has a value of the objective metric."""
    return str(job.get("BestTrainingJob", {}).get("TrainingJobName", ""))


def of_autopilot(job: _Description) -> Outcome:
    """Return the outcome of an Autopilot job: the containers of its best candidate, each with its own image."""
    best = job.get("BestCandidate", {})
    containers = tuple(
        Container(made["Image"], made["ModelDataUrl"], made.get("Environment", {}))
        for made in best.get("InferenceContainers", ())
    )
    if containers:
        return Outcome(containers, _numbers(_candidate_metrics(best)), has_own_images=True)
    reasons = (reason.get("PartialFailureMessage", "") for reason in job.get("PartialFailureReasons", ()))
    return Outcome(missing=" ".join(filter(None, ["The job has no best candidate.", *reasons])))


def _candidate_metrics(best: _Description) -> Iterator[tuple[str, float]]:
    """Yield each metric as `validation:F1`, named as by the built-in algorithms; the objective also as `F1`."""
    for datum in best.get("CandidateProperties", {}).get("CandidateMetrics", ()):
        name = datum.get("StandardMetricName") or datum.get("MetricName", "")
        yield f"{datum.get('Set', 'Validation').lower()}:{name}", datum["Value"]
    objective = best.get("FinalAutoMLJobObjectiveMetric")
    if objective:
        yield objective["MetricName"], objective["Value"]


def _numbers(metrics: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the metrics with finite values; others cannot be compared."""
    return {name: value for name, value in metrics if math.isfinite(value)}


def in_words(job: _Description) -> str:
    """Describe the result of a completed job for people."""
    artifact = job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    best, candidate = best_training_job(job), job.get("BestCandidate", {}).get("CandidateName")
    if artifact:
        return f"The model's artifact is {artifact}."
    if best:
        return f"The best training job is {best}; its description names the model's artifact."
    return f"The best candidate is {candidate}." if candidate else of_autopilot(job).missing
