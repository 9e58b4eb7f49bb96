# SPDX-License-Identifier: Apache-2.0
"""Application Auto Scaling on moto's state: what is registered is checked, and evaluated each minute of the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, applicationautoscaling_backends

from scripts.local_aws import clock
from scripts.local_aws.autoscaling import evaluation
from scripts.local_aws.autoscaling.variants import ScaledVariant
from scripts.local_aws.cloudwatch.metric_store import MINUTE
from scripts.local_aws.sagemaker.endpoints.variants import SCALED_DIMENSION

_moto_register = ApplicationAutoscalingBackend.register_scalable_target


def install() -> None:
    """Check targets, and scale from now on."""
    backend: Any = ApplicationAutoscalingBackend
    backend.register_scalable_target = _register
    evaluation.forget()
    clock.every(MINUTE, evaluate_all)


def shutdown() -> None:
    """Do nothing: the clock's own end ends the scaling."""


def evaluate_all(end: datetime) -> None:
    """Scale each target by the minutes before a full one."""
    for regions in list(applicationautoscaling_backends.values()):
        for backend in list(regions.values()):
            evaluation.evaluate(backend, end)


def _register(backend: Any, namespace: str, r_id: str, dimension: str, **limits: Any) -> Any:
    """Refuse what SageMaker does not scale, then keep a new target's variant within its limits.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-policy.html
    """
    if dimension != SCALED_DIMENSION:
        return _moto_register(backend, namespace, r_id, dimension, **limits)
    variant = ScaledVariant.of((backend.account_id, backend.region_name), r_id)
    if variant is None or not variant.exists:
        raise AWSValidationException(f"No variant found for resource ID: {r_id}")
    if problem := variant.refusal(limits["min_capacity"]):
        raise AWSValidationException(problem)
    target = _moto_register(backend, namespace, r_id, dimension, **limits)
    variant.keep_within(int(target.min_capacity or 0), int(target.max_capacity or 0))
    return target
