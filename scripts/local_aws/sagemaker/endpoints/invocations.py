# SPDX-License-Identifier: Apache-2.0
"""Invocation of an endpoint: a fleet by its share of the traffic, a variant by its weight, and copies for shadows.

Callers in this process use `invoke` as `runtime.py` does for those on HTTP.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, cast

from moto.core.exceptions import ServiceException
from moto.utilities.utils import get_partition

from scripts.local_aws.cloudwatch import endpoint_metrics
from scripts.local_aws.cloudwatch.endpoint_metrics import Call
from scripts.local_aws.processes.model_process import HostError, Prediction
from scripts.local_aws.sagemaker.data_capture import CaptureWriter, Invocation, Payload
from scripts.local_aws.sagemaker.endpoints import variants
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint
from scripts.local_aws.sagemaker.endpoints.shadow_calls import ShadowCalls
from scripts.local_aws.sagemaker.endpoints.traffic import GENERATOR
from scripts.local_aws.sagemaker.endpoints.variants import Fleet, Variant
from scripts.local_aws.sagemaker.model_hosting import ForeignImageError

_FIRST_ERROR, _FIRST_SERVER_ERROR, _NOT_IMPLEMENTED = 400, 500, 501
NO_COMPONENTS_TAKEN: Final = (
    "Inference Component Name header is not allowed for endpoints to which you dont plan to deploy inference "
    "components. Please remove the Inference Component Name header and try again."
)
NO_COMPONENT_NAMED: Final = (
    "Inference Component Name header is required for endpoints to which you plan to deploy inference components. "
    "Please include Inference Component Name header or consider using SageMaker models."
)

capture_writer = CaptureWriter()


class RuntimeValidationError(ServiceException):
    """Request that never reaches a model."""

    code = "ValidationError"


class ModelError(ServiceException):
    """Error answered by the model: HTTP 424, with the model's own status and message."""

    code = "ModelError"

    def __init__(self, message: str, status: int, original: str, log_stream_arn: str) -> None:
        super().__init__(message)
        self.original_status_code = status
        self.original_message = original
        self.log_stream_arn = log_stream_arn


@dataclass(frozen=True)
class Request:
    """Call of InvokeEndpoint. Absent headers are empty."""

    body: bytes
    content_type: str = ""
    accept: str = ""
    target_variant: str = ""
    inference_id: str = ""
    custom_attributes: str = ""
    component: str = ""
    received: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True)
class Answered:
    """Answer of a model, and the name of the variant that gave it."""

    prediction: Prediction
    variant: str


@dataclass(frozen=True)
class StreamedAnswer:
    """Answer of a model as it comes, and the name of the variant that gives it."""

    content_type: str
    variant: str
    parts: Iterator[bytes]
    """Raises ModelError in place of a part that does not come."""


shadow_calls: Final = ShadowCalls()


def flush(timeout: float = 30.0) -> bool:
    """Wait for the shadows' calls, then write what is captured. Return false if either takes longer than `timeout`."""
    return shadow_calls.flush(timeout) and capture_writer.flush(timeout)


def stop() -> None:
    """Let the shadows' calls end, and write what is captured."""
    shadow_calls.stop()
    capture_writer.stop()


def invoke(endpoint: LocalEndpoint, request: Request) -> Answered:
    """Call the endpoint's model. Raise RuntimeValidationError and ModelError."""
    with endpoint.traffic.call() as drawn:
        fleet = _in_service(endpoint, drawn)
        variant = _drawn(endpoint, fleet, request)
        _copy_to_shadows(endpoint, fleet, variant, request)
        prediction = _predict(endpoint, fleet, variant, request)
        _capture(fleet, variant, request, prediction)
        if prediction.status >= _FIRST_ERROR:
            raise _model_error(endpoint, prediction.status, prediction.body.decode())
        return Answered(prediction, variant.name)


def stream(endpoint: LocalEndpoint, request: Request) -> StreamedAnswer:
    """Call the endpoint's model, and have the answer as it comes. Raise RuntimeValidationError and ModelError.

    It is counted and captured, whole, when it has ended.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html
    """
    answer = _streamed(endpoint, request)
    head = next(answer)
    assert isinstance(head, Answered)  # noqa: S101
    return StreamedAnswer(head.prediction.content_type, head.variant, cast(Iterator[bytes], answer))


def _streamed(endpoint: LocalEndpoint, request: Request) -> Iterator[Answered | bytes]:
    """Yield the variant and type of an answer, then its parts."""
    with endpoint.traffic.call() as drawn:
        fleet = _in_service(endpoint, drawn)
        variant = _drawn(endpoint, fleet, request)
        _copy_to_shadows(endpoint, fleet, variant, request)
        with _counted(endpoint, fleet, variant, request) as counted:
            streamed = variant.served.stream(request.body, request.content_type, request.accept)
            counted.status = streamed.status
            if streamed.status >= _FIRST_ERROR:
                raise _model_error(endpoint, streamed.status, b"".join(streamed.parts).decode())
            yield Answered(Prediction(streamed.status, streamed.content_type, b""), variant.name)
            parts = []
            for part in streamed.parts:
                parts.append(part)
                yield part
        _capture(fleet, variant, request, Prediction(streamed.status, streamed.content_type, b"".join(parts)))


def _in_service(endpoint: LocalEndpoint, fleet: Fleet | None) -> Fleet:
    if fleet is None:
        raise RuntimeValidationError(
            f"Endpoint {endpoint.endpoint_name} of account {endpoint.account_id} is {endpoint.endpoint_status}, "
            "not InService."
        )
    if "AsyncInferenceConfig" in fleet.config.given:
        raise RuntimeValidationError(
            f"Endpoint {endpoint.endpoint_name} of account {endpoint.account_id} is asynchronous: it takes "
            "InvokeEndpointAsync alone."
        )
    return fleet


def _drawn(endpoint: LocalEndpoint, fleet: Fleet, request: Request) -> Variant:
    """Return the variant that takes the call. Raise RuntimeValidationError: there is none, or it has no instance."""
    if request.component:
        return _of_component(endpoint, fleet, request.component)
    target = request.target_variant
    variant = fleet.variant(target) if target else variants.choose(fleet.variants, GENERATOR)
    if variant is None:
        known = ", ".join(one.name for one in fleet.variants)
        raise RuntimeValidationError(
            f"Variant {target} is not a variant of endpoint {endpoint.endpoint_name}: {known}."
        )
    if variant.is_for_components:
        raise RuntimeValidationError(NO_COMPONENT_NAMED)
    if not variant.answers:
        raise RuntimeValidationError(f"Variant {variant.name} of endpoint {endpoint.endpoint_name} has no instance.")
    return variant


def _of_component(endpoint: LocalEndpoint, fleet: Fleet, name: str) -> Variant:
    """Return a variant with the model of an inference component."""
    if endpoint.component is None or not any(variant.is_for_components for variant in fleet.variants):
        raise RuntimeValidationError(NO_COMPONENTS_TAKEN)
    return endpoint.component(fleet, name)


def _predict(endpoint: LocalEndpoint, fleet: Fleet, variant: Variant, request: Request) -> Prediction:
    """Ask a variant's model."""
    with _counted(endpoint, fleet, variant, request) as counted:
        prediction = variant.served.predict(request.body, request.content_type, request.accept)
        counted.status = prediction.status
        return prediction


@dataclass
class _Counted:
    status: int = _FIRST_SERVER_ERROR


@contextmanager
def _counted(endpoint: LocalEndpoint, fleet: Fleet, variant: Variant, request: Request) -> Iterator[_Counted]:
    """Count a call with its status and times. Raise ModelError for a model that gives no answer."""
    counted, begun = _Counted(), time.perf_counter()
    try:
        yield counted
    except ForeignImageError as error:
        counted.status = _NOT_IMPLEMENTED
        raise ModelError(str(error), _NOT_IMPLEMENTED, str(error), _log_stream_arn(endpoint)) from error
    except HostError as error:
        counted.status = _FIRST_SERVER_ERROR
        raise _model_error(endpoint, _FIRST_SERVER_ERROR, str(error)) from error
    finally:
        ended = time.perf_counter()
        call = Call(counted.status, _microseconds(ended - begun), _microseconds(begun - request.received))
        endpoint_metrics.record(endpoint.source(fleet, variant), call)


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)


def _copy_to_shadows(endpoint: LocalEndpoint, fleet: Fleet, production: Variant, request: Request) -> None:
    for shadow in variants.sampled(fleet.shadows, production, GENERATOR):
        endpoint.traffic.join(fleet)
        shadow_calls.start(lambda shadow=shadow: _shadowed(endpoint, fleet, shadow, request))  # type: ignore[misc]


def _shadowed(endpoint: LocalEndpoint, fleet: Fleet, shadow: Variant, request: Request) -> None:
    """Ask a shadow and capture its answer. Whatever fails is without effect, and so is the answer."""
    try:
        prediction = _predict(endpoint, fleet, shadow, request)
        _capture(fleet, shadow, request, prediction)
    except ModelError:
        return
    finally:
        endpoint.traffic.leave(fleet)


def _capture(fleet: Fleet, variant: Variant, request: Request, prediction: Prediction) -> None:
    """Capture an answer of a model that is no error."""
    if prediction.status >= _FIRST_ERROR or not (fleet.capture and variant.capture_target and fleet.capture.sampled()):
        return
    invocation = Invocation(
        request=Payload(request.body, request.content_type),
        response=Payload(prediction.body, prediction.content_type),
        inference_id=request.inference_id,
        custom_attributes=request.custom_attributes,
    )
    capture_writer.add(variant.capture_target, fleet.capture.record(invocation))


def _model_error(endpoint: LocalEndpoint, status: int, original: str) -> ModelError:
    side = "server" if status >= _FIRST_SERVER_ERROR else "client"
    region = endpoint.region_name
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    message = (
        f'Received {side} error ({status}) from primary with message "{original}". '
        f"See {console}#logEventViewer:group={_log_group(endpoint)} in account {endpoint.account_id} "
        "for more information."
    )
    return ModelError(message, status, original, _log_stream_arn(endpoint))


def _log_stream_arn(endpoint: LocalEndpoint) -> str:
    region, account = endpoint.region_name, endpoint.account_id
    return f"arn:{get_partition(region)}:logs:{region}:{account}:log-group:{_log_group(endpoint)}"


def _log_group(endpoint: LocalEndpoint) -> str:
    return f"/aws/sagemaker/Endpoints/{endpoint.endpoint_name}"
