# SPDX-License-Identifier: Apache-2.0
"""Calls of inference components, and the metrics that SageMaker puts of them.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from moto.sagemaker.models import sagemaker_backends

from scripts.local_aws import clock
from scripts.local_aws.cloudwatch.endpoint_metrics import INVOCATIONS
from scripts.local_aws.cloudwatch.metric_store import STORE, Metric, Place
from scripts.local_aws.sagemaker.components.component import LocalComponent
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint
from scripts.local_aws.sagemaker.endpoints.invocations import RuntimeValidationError
from scripts.local_aws.sagemaker.endpoints.variants import Fleet, Variant

NO_CAPACITY: Final = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if "
    "configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
)
_PER_COPY: Final = "InvocationsPerCopy"


def answering(endpoint: LocalEndpoint, fleet: Fleet, name: str) -> Variant:
    """Return what answers a call of an inference component, and count the call. Raise RuntimeValidationError."""
    component = _found(endpoint, name)
    variant = fleet.variant(component.variant)
    if variant is None or not variant.answers or not component.copies or component.served is None:
        _put(endpoint.place, component, "NoCapacityInvocationFailures", 1, clock.now())
        raise RuntimeValidationError(NO_CAPACITY)
    _put(endpoint.place, component, "Invocations", 1, clock.now())
    _put(endpoint.place, component, _PER_COPY, 1 / component.copies, clock.now())
    return replace(variant, served=component.served)


def load_metric(name: str) -> tuple[Metric, str]:
    """Return the metric of SageMakerInferenceComponentInvocationsPerCopy for a component, and its statistic."""
    return _metric(name, _PER_COPY), "Sum"


def idle(end: datetime) -> None:
    """Put a zero for each component with copies in the minute before a full one: so idle ones are scaled in.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
    """
    for account, regions in list(sagemaker_backends.items()):
        for region, backend in list(regions.items()):
            for component in list(getattr(backend, "inference_components", {}).values()):
                if component.copies:
                    _put((account, region), component, _PER_COPY, 0, end - timedelta(seconds=1))


def _found(endpoint: LocalEndpoint, name: str) -> LocalComponent:
    known = getattr(sagemaker_backends[endpoint.account_id][endpoint.region_name], "inference_components", {})
    component: LocalComponent | None = known.get(name)
    if component is None or component.endpoint != endpoint.endpoint_name:
        place = f"endpoint {endpoint.endpoint_name} of account {endpoint.account_id}"
        raise RuntimeValidationError(f"Inference component {name} of {place} not found.")
    return component


def _put(place: Place, component: LocalComponent, name: str, value: float, moment: datetime) -> None:
    STORE.add(place, _metric(component.name, name), value, moment)


def _metric(component: str, name: str) -> Metric:
    return Metric.of(INVOCATIONS, name, {"InferenceComponentName": component})
