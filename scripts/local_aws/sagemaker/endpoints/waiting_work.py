# SPDX-License-Identifier: Apache-2.0
"""Work on a request that has waited: read it from S3, ask the model, write the answer, tell a topic.

All as the model's role. The notifications are those of
https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html
"""

from __future__ import annotations

import json
import logging
import time
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from moto.sagemaker.models import sagemaker_backends

from scripts.local_aws import clients, clock
from scripts.local_aws.cloudwatch import endpoint_metrics
from scripts.local_aws.cloudwatch.endpoint_metrics import Call
from scripts.local_aws.processes.model_process import HostError, Prediction
from scripts.local_aws.sagemaker.endpoints.backlog import Waiting
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint
from scripts.local_aws.sagemaker.endpoints.variants import Fleet, Variant
from scripts.local_aws.sagemaker.model_hosting import ForeignImageError
from scripts.local_aws.serving.artifacts import split_s3_uri

_SAGEMAKER: Final = "sagemaker.amazonaws.com"
_log = logging.getLogger(__name__)


class _FailedError(Exception):
    """A request cannot be answered; the argument is the reason as notifications have it."""


def instances(endpoint: LocalEndpoint) -> int:
    """Return how many instances an endpoint has."""
    return sum(variant.count or 0 for variant in endpoint.fleet.variants) if endpoint.fleet else 0


def work_on_one(endpoint: LocalEndpoint) -> bool:
    """Work on the oldest request; return false if none waits, or nothing is there to work on it."""
    with endpoint.traffic.call() as fleet:
        variant = next((one for one in fleet.variants if one.answers), None) if fleet else None
        request = endpoint.backlog.take() if variant else None
        if fleet is None or variant is None or request is None:
            return False
        try:
            _Work(endpoint, fleet, variant).answer(request)
        except (ClientError, BotoCoreError) as error:
            # On AWS, too, it is lost: the logs and metrics of the endpoint say so.
            _log.warning("%s: request %s is lost: %s", endpoint.endpoint_name, request.inference_id, error)
        finally:
            endpoint.backlog.done()
        return True


class _Work:
    """Work of a variant, as its model's role."""

    def __init__(self, endpoint: LocalEndpoint, fleet: Fleet, variant: Variant) -> None:
        self._endpoint, self._fleet, self._variant = endpoint, fleet, variant
        self._output: dict[str, Any] = fleet.config.given["AsyncInferenceConfig"]["OutputConfig"]
        models = sagemaker_backends[endpoint.account_id][endpoint.region_name]._models
        self._role = str(models[variant.declared["ModelName"]].execution_role_arn)

    def answer(self, request: Waiting) -> None:
        """Write the answer, or what the model says of its failure, and tell the topic of the one or the other."""
        try:
            if clock.now() - request.received > timedelta(seconds=request.seconds):
                raise _FailedError("ClientError: The request has expired in the queue.")
            prediction = self._asked(request, self._read(request))
        except _FailedError as failed:
            self._tell("ErrorTopic", request, {"invocationStatus": "Failed", "failureReason": str(failed)})
            return
        self._write(request.output_location, prediction)
        answered = {"contentType": prediction.content_type, "outputLocation": request.output_location}
        self._tell("SuccessTopic", request, {"invocationStatus": "Completed", "responseParameters": answered})

    def _read(self, request: Waiting) -> bytes:
        bucket, key = split_s3_uri(request.given.input_location)
        try:
            body: bytes = self._client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise _FailedError(f"ClientError: Failed to download {request.given.input_location}: {error}") from error
        return body

    def _asked(self, request: Waiting, body: bytes) -> Prediction:
        """Ask the model, and count the call; a failure's answer goes to its own place."""
        begun = time.perf_counter()
        try:
            prediction = self._variant.served.predict(body, request.given.content_type, request.given.accept)
        except HostError as error:
            prediction = Prediction(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", str(error).encode())
        except ForeignImageError as error:
            prediction = Prediction(HTTPStatus.NOT_IMPLEMENTED, "text/plain", str(error).encode())
        taken = round((time.perf_counter() - begun) * 1_000_000)
        source = self._endpoint.source(self._fleet, self._variant)
        endpoint_metrics.record_later(source, Call(prediction.status, taken, 0))
        if prediction.status < HTTPStatus.BAD_REQUEST:
            return prediction
        if request.failure_location:
            self._write(request.failure_location, prediction)
        side = "server" if prediction.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "client"
        raise _FailedError(
            f"ClientError: Received {side} error ({prediction.status}) from model. See the SageMaker Endpoint logs in "
            "your account for more information."
        )

    def _write(self, location: str, prediction: Prediction) -> None:
        bucket, key = split_s3_uri(location)
        key_id = self._output.get("KmsKeyId")
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
        self._client("s3").put_object(
            Bucket=bucket, Key=key, Body=prediction.body, ContentType=prediction.content_type, **encryption
        )

    def _tell(self, topic: str, request: Waiting, result: dict[str, Any]) -> None:
        """Publish what became of a request, if there is such a topic."""
        arn = self._output.get("NotificationConfig", {}).get(topic)
        if not arn:
            return
        asked = {
            "accept": request.given.accept,
            "contentType": request.given.content_type,
            "customAttributes": request.given.custom_attributes,
            "endpointName": self._endpoint.endpoint_name,
            "inputLocation": request.given.input_location,
        }
        message = {
            "awsRegion": self._endpoint.region_name,
            "eventTime": _moment(clock.now()),
            "receivedTime": _moment(request.received),
            **result,
            "requestParameters": {name: value for name, value in asked.items() if value},
            "inferenceId": request.inference_id,
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
        }
        self._client("sns").publish(TopicArn=arn, Message=json.dumps(message))

    def _client(self, service: str) -> Any:
        return clients.client(service, self._role, self._endpoint.region_name, by=_SAGEMAKER)


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"
