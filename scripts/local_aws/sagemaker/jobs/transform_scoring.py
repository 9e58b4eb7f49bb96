# SPDX-License-Identifier: Apache-2.0
"""Work of a transform job: read the objects below a prefix, call the model batch by batch, write `<object>.out`.

All calls of S3 are made as the execution role of the model. An object that fails does not prevent the others' results,
but it fails the job.
https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from scripts.local_aws import clients
from scripts.local_aws.processes.model_process import HostError
from scripts.local_aws.sagemaker import model_hosting
from scripts.local_aws.sagemaker.jobs.job_data import encryption, input_keys, see_logs
from scripts.local_aws.sagemaker.jobs.job_records import JobFailedError, JobStoppedError
from scripts.local_aws.sagemaker.jobs.transform_filters import FilterError, Filters
from scripts.local_aws.sagemaker.model_hosting import ForeignImageError, Served
from scripts.local_aws.serving.artifacts import ServingError, split_s3_uri
from scripts.local_aws.serving.containers import Container

_DEFAULT_PAYLOAD_MB = 6
_BYTES_PER_MB = 1024 * 1024
_FIRST_ERROR, _FIRST_SERVER_ERROR = 400, 500
# These parameters would change the results, but are not implemented: better no results than wrong ones.
_NOT_BUILT = ("DataCaptureConfig", "Environment")
_NOT_BUILT_VALUES = {
    "CompressionType": ("None",),
    "SplitType": ("None", "Line"),
}


@dataclass(frozen=True)
class Scoring:
    """Work of one job: CreateTransformJob's request, the model's container, and the role to act as."""

    request: Mapping[str, Any]
    container: Container
    role_arn: str
    region: str
    told_to_stop: Callable[[], bool]

    def run(self) -> None:
        """Score everything. Raise JobFailedError, JobStoppedError."""
        _refuse_what_is_not_built(self.request)
        served = self._load()
        try:
            problems = [problem for key in self._keys() if (problem := self._score(served, key))]
        finally:
            served.stop()
        if problems:
            raise JobFailedError(problems[0])

    def _load(self) -> Served:
        self._stop_if_told()
        try:
            return model_hosting.load(self.container, self.role_arn, self.region, batch=True)
        except ServingError as error:
            raise JobFailedError(str(error)) from error
        except HostError as error:
            raise JobFailedError(see_logs("AlgorithmError", str(error))) from error

    def _keys(self) -> list[str]:
        try:
            return input_keys(self._input_uri, self.role_arn, self.region)
        except ClientError as error:
            raise JobFailedError(f"Failed to list {self._input_uri}: {error}") from error

    def _score(self, served: Served, key: str) -> str:
        """Score one object. Return the reason of a failure; empty on success."""
        bucket = split_s3_uri(self._input_uri)[0]
        try:
            body = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            answers = [self._scored(served, batch) for batch in batches(body, self.request)]
            self._stop_if_told()
            self._write(key, assembled(answers, self.request["TransformOutput"].get("AssembleWith")))
        except ClientError as error:
            return f"ClientError: {error}"
        except _RecordError as error:
            return see_logs(error.side, f"s3://{bucket}/{key}: {error}")
        except FilterError as error:
            return see_logs("ClientError", f"s3://{bucket}/{key}: {error}")
        return ""

    def _scored(self, served: Served, batch: bytes) -> bytes:
        """Return the results of a batch: the model's answer, or what the job's filters make of rows and answers."""
        processing = self.request.get("DataProcessing")
        if not processing:
            return self._ask(served, batch)
        filters = Filters.of(processing)
        return filters.joined(batch, self._ask(served, filters.for_model(batch)))

    def _ask(self, served: Served, batch: bytes) -> bytes:
        self._stop_if_told()
        content_type = self.request["TransformInput"].get("ContentType", "")
        accept = self.request["TransformOutput"].get("Accept", "")
        try:
            prediction = served.predict(batch, content_type, accept)
        except ForeignImageError as error:
            raise JobFailedError(str(error)) from error
        except HostError as error:
            self._stop_if_told()
            raise JobFailedError(see_logs("AlgorithmError", str(error))) from error
        if prediction.status >= _FIRST_ERROR:
            side = "AlgorithmError" if prediction.status >= _FIRST_SERVER_ERROR else "ClientError"
            raise _RecordError(prediction.body.decode(), side)
        return prediction.body

    def _write(self, key: str, results: bytes) -> None:
        output = self.request["TransformOutput"]
        bucket, prefix = split_s3_uri(output["S3OutputPath"])
        relative = relative_key(key, split_s3_uri(self._input_uri)[1])
        name = "/".join(part for part in (prefix.strip("/"), f"{relative}.out") if part)
        self._s3.put_object(Bucket=bucket, Key=name, Body=results, **encryption(output.get("KmsKeyId")))

    def _stop_if_told(self) -> None:
        if self.told_to_stop():
            raise JobStoppedError

    @property
    def _s3(self) -> Any:
        return clients.client("s3", self.role_arn, self.region, by="sagemaker.amazonaws.com")

    @property
    def _input_uri(self) -> str:
        return str(self.request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])


class _RecordError(Exception):
    """Raised for a batch that the image refuses, or a record that is too large; `side` is SageMaker's error class."""

    def __init__(self, message: str, side: str = "ClientError") -> None:
        super().__init__(message)
        self.side = side


def relative_key(key: str, prefix: str) -> str:
    """Return an object's path below the folder that the prefix names, or below the prefix's last folder."""
    if key.startswith(f"{prefix.rstrip('/')}/") or not prefix:
        return key.removeprefix(prefix).lstrip("/")
    return key[prefix.rfind("/") + 1 :]


def batches(body: bytes, request: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield an object's content as the bodies of requests to the model.

    Split by lines, a body holds one line (SingleRecord) or as many as fit into MaxPayloadInMB (MultiRecord, the
    default); 0 sets no limit.
    """
    megabytes = request.get("MaxPayloadInMB")
    limit = (_DEFAULT_PAYLOAD_MB if megabytes is None else megabytes) * _BYTES_PER_MB
    if request["TransformInput"].get("SplitType") != "Line":
        yield _checked(body, limit)
        return
    batch: list[bytes] = []
    size = 0
    for record in io.BytesIO(body):
        _checked(record, limit)
        if batch and (request.get("BatchStrategy") == "SingleRecord" or 0 < limit < size + len(record)):
            yield b"".join(batch)
            batch, size = [], 0
        batch.append(record)
        size += len(record)
    if batch:
        yield b"".join(batch)


def assembled(answers: list[bytes], with_: str | None) -> bytes:
    """Return the results of one object: simply joined, or each followed by a line end."""
    if with_ != "Line":
        return b"".join(answers)
    return b"".join(answer if answer.endswith(b"\n") else answer + b"\n" for answer in answers)


def _checked(record: bytes, limit: int) -> bytes:
    if 0 < limit < len(record):
        raise _RecordError(f"a record of {len(record)} bytes is larger than MaxPayloadInMB allows ({limit} bytes)")
    return record


def _refuse_what_is_not_built(request: Mapping[str, Any]) -> None:
    source = request["TransformInput"]["DataSource"]["S3DataSource"]["S3DataType"]
    if source != "S3Prefix":
        raise JobFailedError(f"The local AWS reads transform input of S3DataType S3Prefix, not {source}.")
    for name, built in _NOT_BUILT_VALUES.items():
        if request["TransformInput"].get(name, "None") not in built:
            raise JobFailedError(
                f"The local AWS reads transform input of {name} {' or '.join(built)}, "
                f"not {request['TransformInput'][name]}."
            )
    for name in _NOT_BUILT:
        if request.get(name):
            raise JobFailedError(f"The local AWS runs transform jobs without {name}.")
