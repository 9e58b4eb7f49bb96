# SPDX-License-Identifier: Apache-2.0
"""From a completed job to a model package: outcome + instructions -> decision -> request (all pure).

`registration.py` sends the request. It depends only on the job and its instructions, and its token on the job's ARN, so
that a repeated registration is the same call and creates no second version.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from orchestrator.automation.retrainings import Cause
from orchestrator.events.jobs import metadata, traces
from orchestrator.events.jobs.outcomes import Container, Outcome
from orchestrator.sagemaker.registration import Instructions

_LONGEST_REASON: Final = 1024
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
_LONGEST_TOKEN: Final = 36
# SageMaker stores metrics in single precision: 0.9 is returned as 0.8999999761581421.
_PRECISION: Final = 1e-6


@dataclass(frozen=True)
class Source:
    """The job whose model is registered, and the pipeline that started it."""

    job_arn: str
    model_name: str
    stack_name: str
    pipeline_type: str = ""
    cause: Cause | None = None
    """Why the job was started, if that was a run of a monitor."""


@dataclass(frozen=True)
class Decision:
    """The approval status of a version, and the reason if it is not the requested one."""

    status: str
    reason: str = ""
    compared: Mapping[str, str] = field(default_factory=dict)
    """What the version tells of its comparison with the one that is deployed."""


def decide(asked: Instructions, metrics: Mapping[str, float]) -> Decision:
    """Return the requested status when the gate holds, otherwise `Rejected` with every reason."""
    reasons = list(_failed_bounds(asked, metrics))
    return rejected(" ".join(reasons)) if reasons else Decision(asked.approval_status)


def rejected(reason: str, compared: Mapping[str, str] | None = None) -> Decision:
    """Return the decision against a version; the reason is cut to what SageMaker takes."""
    fitting = reason if len(reason) <= _LONGEST_REASON else f"{reason[: _LONGEST_REASON - 3]}..."
    return Decision("Rejected", fitting, compared or {})


def _failed_bounds(asked: Instructions, metrics: Mapping[str, float]) -> Iterator[str]:
    for name in sorted(asked.min_metric.keys() | asked.max_metric.keys()):
        if name not in metrics:
            has = f"it has {', '.join(sorted(metrics))}" if metrics else "it has none"
            yield f"The job has no metric {name}; {has}."
            continue
        value = metrics[name]
        least, most = asked.min_metric.get(name, -math.inf), asked.max_metric.get(name, math.inf)
        if value < least and not _is_close(value, least):
            yield f"{name} is {value:g}, and {least:g} is the least that min_metric allows."
        if value > most and not _is_close(value, most):
            yield f"{name} is {value:g}, and {most:g} is the most that max_metric allows."


def _is_close(value: float, bound: float) -> bool:
    return math.isclose(value, bound, rel_tol=_PRECISION)


def kept_metrics(asked: Instructions, outcome: Outcome) -> dict[str, float]:
    """Return the metrics that the version records, by name."""
    metrics = outcome.metrics
    return {name: metrics[name] for name in sorted(metrics) if not asked.metrics or name in asked.metrics}


def metrics_document(source: Source, metrics: Mapping[str, float]) -> bytes:
    """Return the file that the version's model quality statistics refer to."""
    document = {"job": source.job_arn, "metrics": {name: {"value": value} for name, value in metrics.items()}}
    return json.dumps(document, indent=4).encode()


def request(
    asked: Instructions, outcome: Outcome, decision: Decision, source: Source, metrics_uri: str
) -> dict[str, Any]:
    """Return the parameters of CreateModelPackage; without an address there are no model metrics."""
    statistics = {"Statistics": {"ContentType": "application/json", "S3Uri": metrics_uri}}
    return {
        "ModelPackageGroupName": asked.model_package_group_name,
        **({"ModelPackageDescription": asked.description} if asked.description else {}),
        "ModelApprovalStatus": decision.status,
        "InferenceSpecification": {
            "Containers": containers(asked, outcome),
            "SupportedContentTypes": asked.supported_content_types,
            "SupportedResponseMIMETypes": asked.supported_response_types,
        },
        "MetadataProperties": {"GeneratedBy": outcome.source or source.job_arn},
        "CustomerMetadataProperties": _metadata(asked, outcome, decision, source),
        **({"ModelMetrics": {"ModelQuality": statistics}} if metrics_uri else {}),
        "ClientToken": hashlib.sha256(source.job_arn.encode()).hexdigest()[:_LONGEST_TOKEN],
    }


def containers(asked: Instructions, outcome: Outcome) -> list[dict[str, Any]]:
    """Return the containers that serve the model."""
    image = "" if outcome.has_own_images else asked.inference_image_uri
    return [_container(made, image) for made in outcome.containers]


def _container(made: Container, image: str) -> dict[str, Any]:
    environment = {"Environment": dict(made.environment)} if made.environment else {}
    return {"Image": image or made.image, "ModelDataUrl": made.artifact, **environment}


def _metadata(asked: Instructions, outcome: Outcome, decision: Decision, source: Source) -> dict[str, str]:
    """Return origin, gate, comparison and metrics of the version as SageMaker accepts them, as many as it takes."""
    origin = {"job_arn": source.job_arn, "model_name": source.model_name, "stack_name": source.stack_name}
    first = {**_gate(asked), **decision.compared, **origin, **traces.metadata(source.cause)}
    metrics = {metadata.key(name): repr(value) for name, value in kept_metrics(asked, outcome).items()}
    return {**dict(islice(metrics.items(), metadata.MOST - len(first))), **first}


def _gate(asked: Instructions) -> dict[str, str]:
    """Return the bounds as `{"min_metric": "validation:auc=0.9 validation:f1=0.8"}`, without those that are not set."""
    bounds = {"min_metric": asked.min_metric, "max_metric": asked.max_metric}
    told = {key: " ".join(f"{name}={bound:g}" for name, bound in given.items()) for key, given in bounds.items()}
    return {key: metadata.value(text) for key, text in told.items() if text}
