# SPDX-License-Identifier: Apache-2.0
"""Work of a processing job: fetch the inputs as the job's role, run Python in a process, store the outputs.

A temporary folder stands for the container's `/opt/ml`: arguments and environment name it instead.
https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from scripts.local_aws import clients, identity
from scripts.local_aws.enforcement import services
from scripts.local_aws.sagemaker.jobs import job_process
from scripts.local_aws.sagemaker.jobs.job_data import check_input, encryption, input_keys
from scripts.local_aws.sagemaker.jobs.job_records import Job, JobFailedError
from scripts.local_aws.serving.artifacts import split_s3_uri

_PROGRAM: Final = "processing_program"
_SERVICE: Final = "sagemaker.amazonaws.com"
_ROOT: Final = "/opt/ml"
_IN_CONTAINER: Final = re.compile(rf"(?<![\w.-]){_ROOT}(?=/|$)")
_LOG_GROUP: Final = "/aws/sagemaker/ProcessingJobs"


def _every_file(_: str) -> bool:
    return True


@dataclass(frozen=True)
class Container:
    """What runs: Python's arguments, with paths below /opt/ml, and the environment.

    `path` has the folders of modules that an image brings along. `asks` names the endpoint of which predictions are
    asked, if any. `keeps` tells by its name whether a file is stored, `says` makes the exit message of what the
    process left as its message.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    path: Sequence[str] = ()
    asks: str = ""
    keeps: Callable[[str], bool] = field(default=_every_file)
    says: Callable[[str], str] = field(default=str)


@dataclass(frozen=True)
class Work:
    """Work of one job below a folder that stands for /opt/ml."""

    job: Job
    region: str
    folder: Path

    def local(self, path: str) -> Path:
        """Return where a path of the container is here."""
        return Path(self._here(path))

    def fetch(self) -> None:
        """Fetch all inputs. Raise JobFailedError, and ValidationError for an input without objects."""
        for given in self.job.request.get("ProcessingInputs", []):
            source = given.get("S3Input")
            if source is None or source["S3DataType"] != "S3Prefix" or source.get("S3InputMode", "File") != "File":
                raise JobFailedError(
                    f"The local AWS reads the input {given['InputName']} from an S3Prefix, in the mode File."
                )
            check_input(source["S3Uri"], self._role, self.region)
            try:
                self._fetch(source["S3Uri"], self.local(source["LocalPath"]))
            except ClientError as error:
                raise JobFailedError(f"ClientError: Data download failed: {error}") from error

    def run(self, container: Container) -> tuple[int, str]:
        """Run the container. Return its exit status and its message. Raise JobStoppedError, JobFailedError."""
        output, described = self.folder / "log", self.folder / "process.json"
        told = self.folder / "output" / "message"
        told.parent.mkdir(exist_ok=True)
        for one in self._outputs:
            self.local(one["LocalPath"]).mkdir(parents=True, exist_ok=True)
        process = {
            "arguments": [self._here(one) for one in container.arguments],
            "environment": self._environment(container, told),
            "directory": str(self.folder),
            "path": list(container.path),
            "output": str(output),
        }
        described.write_text(json.dumps(process), "utf-8")
        limit = (self.job.request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds")
        try:
            status = job_process.run(self.job, _PROGRAM, str(described), seconds=limit)
        finally:
            self._log(output)
        return status, container.says(told.read_text("utf-8") if told.is_file() else "")

    def store(self, container: Container) -> None:
        """Store all outputs. Raise JobFailedError."""
        key = self.job.request.get("ProcessingOutputConfig", {}).get("KmsKeyId")
        try:
            for one in self._outputs:
                bucket, prefix = split_s3_uri(one["S3Uri"])
                folder = self.local(one["LocalPath"])
                for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                    name = path.relative_to(folder).as_posix()
                    if container.keeps(name):
                        self.job.stop_if_told()
                        whole = "/".join(part for part in (prefix.rstrip("/"), name) if part)
                        self._s3.put_object(Bucket=bucket, Key=whole, Body=path.read_bytes(), **encryption(key))
        except ClientError as error:
            raise JobFailedError(f"ClientError: Failed to upload output: {error}") from error

    def _fetch(self, uri: str, folder: Path) -> None:
        bucket, prefix = split_s3_uri(uri)
        for key in input_keys(uri, self._role, self.region):
            self.job.stop_if_told()
            base = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
            if not key.startswith(base):
                # The prefix is an object, or the beginning of names.
                base = f"{prefix.rpartition('/')[0]}/".lstrip("/")
            path = (folder / key.removeprefix(base)).resolve()
            if not path.is_relative_to(folder.resolve()):
                raise JobFailedError(f"ClientError: Data download failed: s3://{bucket}/{key} is no name of a file.")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def _environment(self, container: Container, told: Path) -> dict[str, str]:
        server = identity.current()
        try:
            services.check_trust(_SERVICE, self._role, self.region)
            keys = server.credentials(self._role, "SageMaker")
        except ClientError as error:
            raise JobFailedError(f"ClientError: {error}") from error
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "AWS_ENDPOINT_URL": server.endpoint_url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "message_path": str(told),
            # An endpoint on this machine has no other traffic to suffer.
            "predictor_rows_per_second": "1000000",
            **{name: self._here(value) for name, value in container.environment.items()},
            **keys.environment(),
        }

    def _here(self, text: str) -> str:
        return _IN_CONTAINER.sub(str(self.folder), text)

    def _log(self, output: Path) -> None:
        """Keep what was printed where SageMaker does; a job whose role may not, has no log."""
        lines = output.read_text("utf-8", "replace").splitlines() if output.is_file() else []
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        if not events:
            return
        names = {"logGroupName": _LOG_GROUP, "logStreamName": f"{self.job.name}/algo-1-{now // 1000}"}
        with contextlib.suppress(ClientError):
            logs = clients.client("logs", self._role, self.region, by=_SERVICE)
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                logs.create_log_group(logGroupName=_LOG_GROUP)
            logs.create_log_stream(**names)
            logs.put_log_events(**names, logEvents=events)

    @property
    def _outputs(self) -> list[dict[str, Any]]:
        config = self.job.request.get("ProcessingOutputConfig") or {}
        return [one["S3Output"] for one in config.get("Outputs", []) if "S3Output" in one]

    @property
    def _s3(self) -> Any:
        return clients.client("s3", self._role, self.region, by=_SERVICE)

    @property
    def _role(self) -> str:
        return str(self.job.request["RoleArn"])
