# SPDX-License-Identifier: Apache-2.0
"""InvokeEndpoint, InvokeEndpointWithResponseStream and InvokeEndpointAsync over HTTP.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import unquote

from moto.core.common_types import TYPE_RESPONSE
from moto.sagemaker.models import sagemaker_backends
from moto.sagemakerruntime import urls as moto_urls
from moto.sagemakerruntime.models import SageMakerRuntimeBackend
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from scripts.local_aws.sagemaker import event_stream
from scripts.local_aws.sagemaker.endpoints import asynchronous, invocations
from scripts.local_aws.sagemaker.endpoints.backlog import Given
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint
from scripts.local_aws.sagemaker.endpoints.invocations import ModelError, Request, RuntimeValidationError

_MAXIMUM_BODY = 6_291_456
_STREAM_PATH = "{0}/endpoints/(?P<name>[^/]+)/invocations-response-stream$"


class LocalSageMakerRuntime(SageMakerRuntimeBackend):
    """Backend that leads moto's routes to our response class."""

    @property
    def _url_module(self) -> Any:
        paths = dict.fromkeys((*moto_urls.url_paths, _STREAM_PATH), LocalSageMakerRuntimeResponse.dispatch)
        return SimpleNamespace(url_bases=moto_urls.url_bases, url_paths=paths)


class LocalSageMakerRuntimeResponse(SageMakerRuntimeResponse):
    """Operations of the runtime."""

    # A body need not be text.
    use_raw_body = True

    def invoke_endpoint(self) -> TYPE_RESPONSE:
        """Call the endpoint's model. Raise RuntimeValidationError and ModelError, which moto serialises."""
        self._check_body()
        answered = invocations.invoke(self._endpoint(), self._request())
        headers = {
            "Content-Type": answered.prediction.content_type,
            "x-Amzn-Invoked-Production-Variant": answered.variant,
        }
        return 200, headers, answered.prediction.body

    def invoke_endpoint_with_response_stream(self) -> TYPE_RESPONSE:
        """Call the endpoint's model, and hand each part on as it comes. Raises as `invoke_endpoint` does."""
        self._check_body()
        request = replace(self._request(), accept=self._header("Accept"))
        answered = invocations.stream(self._endpoint(), request)
        headers = {
            "Content-Type": event_stream.CONTENT_TYPE,
            "X-Amzn-SageMaker-Content-Type": answered.content_type,
            "x-Amzn-Invoked-Production-Variant": answered.variant,
        }
        return 200, headers, _messages(answered.parts)  # type: ignore[return-value]

    def invoke_endpoint_async(self) -> TYPE_RESPONSE:
        """Let a request wait. Raise RuntimeValidationError, which moto serialises.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointAsync.html
        """
        given = Given(
            input_location=self._header("InputLocation"),
            content_type=self._header("Content-Type"),
            accept=self._header("Accept"),
            inference_id=self._header("Inference-Id"),
            custom_attributes=self._header("Custom-Attributes"),
            seconds=self._header("RequestTTLSeconds"),
        )
        waiting = asynchronous.invoke(self._endpoint(), given)
        places = {"OutputLocation": waiting.output_location, "FailureLocation": waiting.failure_location}
        headers = {f"X-Amzn-SageMaker-{name}": place for name, place in places.items() if place}
        # moto takes the status from here.
        accepted = {**headers, "status": str(HTTPStatus.ACCEPTED.value)}
        return HTTPStatus.ACCEPTED, accepted, json.dumps({"InferenceId": waiting.inference_id})

    def _header(self, name: str) -> str:
        return str(self.headers.get(f"X-Amzn-SageMaker-{name}", ""))

    def _check_body(self) -> None:
        if len(self.raw_body) > _MAXIMUM_BODY:
            raise RuntimeValidationError(
                "1 validation error detected: Value at 'body' failed to satisfy constraint: "
                f"Member must have length less than or equal to {_MAXIMUM_BODY}"
            )

    def _request(self) -> Request:
        return Request(
            body=self.raw_body,
            content_type=self.headers.get("Content-Type", ""),
            accept=self.headers.get("Accept", ""),
            target_variant=self._header("Target-Variant"),
            inference_id=self._header("Inference-Id"),
            custom_attributes=self._header("Custom-Attributes"),
            component=self._header("Inference-Component"),
        )

    def _endpoint(self) -> LocalEndpoint:
        name = unquote(self.path.split("/")[2])
        found = sagemaker_backends[self.current_account][self.region].endpoints.get(name)
        if found is None:
            raise RuntimeValidationError(f"Endpoint {name} of account {self.current_account} not found.")
        return cast(LocalEndpoint, found)


def _messages(parts: Iterator[bytes]) -> Iterator[bytes]:
    try:
        for part in parts:
            yield event_stream.event("PayloadPart", part)
    except ModelError as error:
        told = {"Message": error.original_message, "ErrorCode": "StreamBroken"}
        yield event_stream.failure("ModelStreamError", told)
