# SPDX-License-Identifier: Apache-2.0
"""InvokeEndpoint: passes the request to the endpoint's model, and captures both sides if configured.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import unquote

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.sagemaker.models import sagemaker_backends
from moto.sagemakerruntime import urls as moto_urls
from moto.sagemakerruntime.models import SageMakerRuntimeBackend
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse
from moto.utilities.utils import get_partition

from scripts.local_aws.processes.model_process import HostError, Prediction
from scripts.local_aws.sagemaker.backend import LocalEndpoint
from scripts.local_aws.sagemaker.data_capture import CaptureWriter, Invocation, Payload
from scripts.local_aws.sagemaker.model_hosting import ForeignImageError

_MAXIMUM_BODY = 6_291_456
_FIRST_ERROR, _FIRST_SERVER_ERROR, _NOT_IMPLEMENTED = 400, 500, 501

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


class LocalSageMakerRuntime(SageMakerRuntimeBackend):
    """Backend that leads moto's routes to our response class."""

    @property
    def _url_module(self) -> Any:
        paths = dict.fromkeys(moto_urls.url_paths, LocalSageMakerRuntimeResponse.dispatch)
        return SimpleNamespace(url_bases=moto_urls.url_bases, url_paths=paths)


class LocalSageMakerRuntimeResponse(SageMakerRuntimeResponse):
    """Operations of the runtime."""

    # A body need not be text.
    use_raw_body = True

    def invoke_endpoint(self) -> TYPE_RESPONSE:
        """Call the endpoint's model. Raise RuntimeValidationError and ModelError, which moto serialises."""
        self._check_body()
        endpoint = self._endpoint()
        content_type = self.headers.get("Content-Type", "")
        prediction = self._predict(endpoint, content_type)
        self._capture(endpoint, content_type, prediction)
        headers = {"Content-Type": prediction.content_type, "x-Amzn-Invoked-Production-Variant": endpoint.variant}
        return 200, headers, prediction.body

    def invoke_endpoint_async(self) -> TYPE_RESPONSE:
        """Refuse the call with a message: no template of ours makes an asynchronous endpoint."""
        raise RuntimeValidationError("The local AWS does not serve asynchronous endpoints; call InvokeEndpoint.")

    def _check_body(self) -> None:
        if len(self.raw_body) > _MAXIMUM_BODY:
            raise RuntimeValidationError(
                "1 validation error detected: Value at 'body' failed to satisfy constraint: "
                f"Member must have length less than or equal to {_MAXIMUM_BODY}"
            )

    def _endpoint(self) -> LocalEndpoint:
        name = unquote(self.path.split("/")[2])
        found = sagemaker_backends[self.current_account][self.region].endpoints.get(name)
        endpoint = cast("LocalEndpoint | None", found)
        if endpoint is None:
            raise RuntimeValidationError(f"Endpoint {name} of account {self.current_account} not found.")
        if endpoint.served is None:
            raise RuntimeValidationError(
                f"Endpoint {name} of account {self.current_account} is {endpoint.endpoint_status}, not InService."
            )
        target = self.headers.get("X-Amzn-SageMaker-Target-Variant")
        if target and target != endpoint.variant:
            raise RuntimeValidationError(f"Variant {target} is not a variant of endpoint {name}: {endpoint.variant}.")
        return endpoint

    def _predict(self, endpoint: LocalEndpoint, content_type: str) -> Prediction:
        assert endpoint.served is not None  # noqa: S101
        try:
            prediction = endpoint.served.predict(self.raw_body, content_type, self.headers.get("Accept", ""))
        except ForeignImageError as error:
            log_stream = self._log_stream_arn(endpoint)
            raise ModelError(str(error), _NOT_IMPLEMENTED, str(error), log_stream) from error
        except HostError as error:
            raise self._model_error(endpoint, _FIRST_SERVER_ERROR, str(error)) from error
        if prediction.status >= _FIRST_ERROR:
            raise self._model_error(endpoint, prediction.status, prediction.body.decode())
        return prediction

    def _model_error(self, endpoint: LocalEndpoint, status: int, original: str) -> ModelError:
        side = "server" if status >= _FIRST_SERVER_ERROR else "client"
        console = f"https://{self.region}.console.aws.amazon.com/cloudwatch/home?region={self.region}"
        log_group = f"/aws/sagemaker/Endpoints/{endpoint.endpoint_name}"
        message = (
            f'Received {side} error ({status}) from primary with message "{original}". '
            f"See {console}#logEventViewer:group={log_group} in account {self.current_account} for more information."
        )
        return ModelError(message, status, original, self._log_stream_arn(endpoint))

    def _log_stream_arn(self, endpoint: LocalEndpoint) -> str:
        log_group = f"/aws/sagemaker/Endpoints/{endpoint.endpoint_name}"
        return f"arn:{get_partition(self.region)}:logs:{self.region}:{self.current_account}:log-group:{log_group}"

    def _capture(self, endpoint: LocalEndpoint, content_type: str, prediction: Prediction) -> None:
        if not endpoint.capture or not endpoint.capture_target or not endpoint.capture.sampled():
            return
        invocation = Invocation(
            request=Payload(self.raw_body, content_type),
            response=Payload(prediction.body, prediction.content_type),
            inference_id=self.headers.get("X-Amzn-SageMaker-Inference-Id", ""),
            custom_attributes=self.headers.get("X-Amzn-SageMaker-Custom-Attributes", ""),
        )
        capture_writer.add(endpoint.capture_target, endpoint.capture.record(invocation))
