# SPDX-License-Identifier: Apache-2.0
"""Application Auto Scaling on moto's state: what is registered is checked, and evaluated each minute of the clock."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

from moto.applicationautoscaling import models, responses
from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, applicationautoscaling_backends

from scripts.local_aws import clock, identity
from scripts.local_aws.autoscaling import evaluation
from scripts.local_aws.cloudwatch.metric_store import MINUTE
from scripts.local_aws.sagemaker.components import calls

_moto_register = ApplicationAutoscalingBackend.register_scalable_target


def install() -> None:
    """Check targets, and scale from now on."""
    backend: Any = ApplicationAutoscalingBackend
    backend.register_scalable_target = _register
    for module in (models, responses):
        _know_dimensions(module)
    evaluation.forget()
    clock.every(MINUTE, evaluate_all)


def _know_dimensions(module: Any) -> None:
    """Let moto know all dimensions that the SDK does; it lacks those of inference components."""
    known = identity.service_model("application-autoscaling").shape_for("ScalableDimension").enum
    members: Any = {value: value for value in known}
    made: Any = Enum  # built by name, of which mypy would know the members beforehand
    module.ScalableDimensionValueSet = made("ScalableDimensionValueSet", members)


def shutdown() -> None:
    """Do nothing: the clock's own end ends the scaling."""


def evaluate_all(end: datetime) -> None:
    """Scale each target by the minutes before a full one. An idle component has a load of 0, an idle variant none."""
    calls.idle(end)
    for regions in list(applicationautoscaling_backends.values()):
        for backend in list(regions.values()):
            evaluation.evaluate(backend, end)


def _register(backend: Any, namespace: str, r_id: str, dimension: str, **limits: Any) -> Any:
    """Refuse what SageMaker does not scale, then keep what a new target scales within its limits.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-policy.html
    """
    if dimension not in evaluation.KINDS:
        return _moto_register(backend, namespace, r_id, dimension, **limits)
    scaled = evaluation.KINDS[dimension]((backend.account_id, backend.region_name), r_id)
    if scaled is None or not scaled.exists:
        noun = dimension.split(":")[1].replace("-", " ")
        raise AWSValidationException(f"No {noun} found for resource ID: {r_id}")
    if problem := scaled.refusal(limits["min_capacity"]):
        raise AWSValidationException(problem)
    target = _moto_register(backend, namespace, r_id, dimension, **limits)
    scaled.keep_within(int(target.min_capacity or 0), int(target.max_capacity or 0))
    return target
