# SPDX-License-Identifier: Apache-2.0
"""Work of a training job: fetch the channels as the job's role, train in a process, store the model.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

from __future__ import annotations

import gzip
import json
import tarfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.exceptions import ClientError

from scripts.local_aws import clients
from scripts.local_aws.sagemaker.jobs import job_process
from scripts.local_aws.sagemaker.jobs.job_data import encryption, input_keys
from scripts.local_aws.sagemaker.jobs.job_records import Job, JobFailedError
from scripts.local_aws.serving.artifacts import split_s3_uri
from scripts.local_aws.xgboost import training_parameters
from scripts.local_aws.xgboost.training_parameters import ParameterError, TrainingParameters
from scripts.local_aws.xgboost.xgboost_host import xgboost_image

Channel = Mapping[str, Any]

_PROGRAM = "training_program"
_MODEL = "xgboost-model"
_CHANNELS = ("train", "validation")
_CONTENT_TYPES = {
    **dict.fromkeys(("csv", "text/csv"), "csv"),
    **dict.fromkeys(("libsvm", "text/libsvm", "text/x-libsvm"), "libsvm"),
}
_NOT_READ_HERE = ("parquet", "application/x-parquet", "recordio-protobuf", "application/x-recordio-protobuf")
_DEFAULT_CONTENT_TYPE = "text/libsvm"
# The image ignores files whose names begin like this; Spark leaves some.
_HIDDEN = (".", "_")


@dataclass(frozen=True)
class Training:
    """Training of one job; `enter` is called with each of its stages, by the names of SecondaryStatus."""

    job: Job
    region: str
    enter: Callable[[str], None]

    def run(self) -> tuple[str, dict[str, float]]:
        """Train. Return the S3 URI of the artifact, and each metric's last value.

        Raises JobFailedError, JobStoppedError.
        """
        parameters = self._parameters()
        channels = _channels(self.job.request)
        with TemporaryDirectory(prefix="local-aws-training-") as name:
            directory = Path(name)
            self.enter("Downloading")
            for channel in channels.values():
                self._fetch(channel, directory / channel["ChannelName"])
            self.enter("Training")
            metrics = self._train(directory, parameters, _content_type(channels["train"]))
            self.enter("Uploading")
            return self._store(directory / _MODEL), metrics

    def _parameters(self) -> TrainingParameters:
        uri = self.job.request["AlgorithmSpecification"].get("TrainingImage", "")
        image = xgboost_image(uri)
        if image is None:
            raise JobFailedError(
                f"The local AWS cannot run the image {uri}: it trains with SageMaker's XGBoost images only."
                if uri
                else "The local AWS trains with a TrainingImage, SageMaker's XGBoost, and not with an AlgorithmName."
            )
        try:
            return training_parameters.read(self.job.request.get("HyperParameters") or {}, image)
        except ParameterError as error:
            raise _user_error(str(error)) from error

    def _fetch(self, channel: Channel, directory: Path) -> None:
        """Put the objects of a channel side by side into a directory, and decompress them if they are compressed."""
        directory.mkdir()
        uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
        bucket = split_s3_uri(uri)[0]
        try:
            keys = [key for key in self._keys(uri) if not key.rpartition("/")[2].startswith(_HIDDEN)]
            for number, key in enumerate(keys):
                self.job.stop_if_told()
                body = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                content = gzip.decompress(body) if channel.get("CompressionType") == "Gzip" else body
                (directory / f"{number:06}-{key.rpartition('/')[2]}").write_bytes(content)
        except ClientError as error:
            raise JobFailedError(f"ClientError: Data download failed: {error}") from error
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise JobFailedError(
                f"ClientError: Data download failed: s3://{bucket}/{key} is not gzip: {error}"
            ) from error

    def _keys(self, uri: str) -> list[str]:
        return input_keys(uri, self.job.request["RoleArn"], self.region)

    def _train(self, directory: Path, parameters: TrainingParameters, content_type: str) -> dict[str, float]:
        described = {
            "content_type": content_type,
            "rounds": parameters.rounds,
            "early_stopping_rounds": parameters.early_stopping_rounds,
            "metrics": parameters.metrics,
            # One thread: the same data give the same model, and other jobs can go on.
            "parameters": {"nthread": 1, **parameters.booster},
        }
        (directory / "job.json").write_text(json.dumps(described))
        status = job_process.run(self.job, _PROGRAM, str(directory))
        if status:
            raise JobFailedError(
                f"AlgorithmError: exit code: {status} (The local AWS keeps no job logs: what the process printed "
                "stands in the server's own output.)"
            )
        result = json.loads((directory / "result.json").read_text())
        if "failed" in result:
            raise JobFailedError(f"AlgorithmError: framework error: {result['failed']}")
        metrics: dict[str, float] = result["metrics"]
        return metrics

    def _store(self, model: Path) -> str:
        """Pack the model as the image does, and store it where SageMaker does."""
        archive = model.with_name("model.tar.gz")
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(model, arcname=_MODEL)
        output = self.job.request["OutputDataConfig"]
        bucket, prefix = split_s3_uri(output["S3OutputPath"])
        key = "/".join(part for part in (prefix.strip("/"), self.job.name, "output", archive.name) if part)
        try:
            self._s3.put_object(
                Bucket=bucket, Key=key, Body=archive.read_bytes(), **encryption(output.get("KmsKeyId"))
            )  # fmt: skip
        except ClientError as error:
            raise JobFailedError(f"ClientError: Artifact upload failed: {error}") from error
        return f"s3://{bucket}/{key}"

    @property
    def _s3(self) -> Any:
        return clients.client("s3", self.job.request["RoleArn"], self.region, by="sagemaker.amazonaws.com")


def _user_error(words: str) -> JobFailedError:
    return JobFailedError(f"AlgorithmError: framework error: UserError: {words}")


def _channels(request: Mapping[str, Any]) -> dict[str, Channel]:
    """Return the channels by name. Raise JobFailedError for those that the image refuses or that are not supported."""
    if request["OutputDataConfig"].get("CompressionType", "GZIP") != "GZIP":
        raise JobFailedError("The local AWS stores models as model.tar.gz only: use the CompressionType GZIP.")
    channels: dict[str, Channel] = {one["ChannelName"]: one for one in request.get("InputDataConfig") or []}
    if "train" not in channels:
        raise _user_error("Missing required channel: train")
    for name, channel in channels.items():
        if name not in _CHANNELS:
            raise _user_error(f"Extraneous channel found: {name}")
        _check_channel(channel)
    return channels


def _check_channel(channel: Channel) -> None:
    name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource")
    if source is None:
        raise JobFailedError(f"The local AWS reads the channel {name} from an S3DataSource only.")
    if source["S3DataType"] != "S3Prefix":
        raise JobFailedError(
            f"The local AWS reads the channel {name} of S3DataType S3Prefix, not {source['S3DataType']}."
        )  # fmt: skip
    if channel.get("RecordWrapperType", "None") != "None":
        raise JobFailedError(f"The local AWS reads the channel {name} without a RecordWrapperType.")
    _content_type(channel)


def _content_type(channel: Channel) -> str:
    """Return `csv` or `libsvm`. Raise JobFailedError."""
    given = channel.get("ContentType") or _DEFAULT_CONTENT_TYPE
    media_type, _, parameters = given.lower().partition(";")
    if media_type.strip() in _NOT_READ_HERE:
        raise JobFailedError(f"The local AWS does not train on {given}: use text/csv or text/libsvm.")
    content_type = _CONTENT_TYPES.get(media_type.strip())
    if content_type is None:
        accepted = ", ".join([*_CONTENT_TYPES, *_NOT_READ_HERE])
        raise _user_error(f"{given} is not an accepted ContentType: {accepted}.")
    if "label_size" in parameters and parameters.partition("label_size=")[2].split(";")[0].strip() != "1":
        raise _user_error(
            f"{given} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1"
        )  # fmt: skip
    return content_type
