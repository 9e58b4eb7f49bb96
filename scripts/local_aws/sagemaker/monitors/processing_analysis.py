# SPDX-License-Identifier: Apache-2.0
"""Data quality analysis of Model Monitor's container: it suggests a baseline, or checks captured data against one.

The container is configured by its environment. It reads inputs from, and writes results to, local paths that the
request maps to S3. Every call is made as the job's role.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-inputs.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd
from botocore.exceptions import ClientError

from scripts.local_aws import clients
from scripts.local_aws.sagemaker.jobs.job_data import check_input, encryption, input_keys
from scripts.local_aws.sagemaker.jobs.job_records import JobFailedError
from scripts.local_aws.sagemaker.model_hosting import split_s3_uri
from scripts.local_aws.sagemaker.monitors import baseline_dataset, monitor_captures, monitor_violations
from scripts.local_aws.sagemaker.monitors.baseline_constraints import constraints
from scripts.local_aws.sagemaker.monitors.baseline_dataset import DatasetError
from scripts.local_aws.sagemaker.monitors.baseline_statistics import statistics

_NO_DATA = "Job inputs had no data"
_DONE = "Completed: Job completed successfully with no violations."
_VIOLATED = "CompletedWithViolations: Job completed successfully with {} violations."


def analyse(request: Mapping[str, Any], region: str, go_on: Callable[[], None]) -> str:
    """Do the analysis and return the exit message. `go_on` is called between the steps and may raise.

    Raises JobFailedError, and ValidationError for missing inputs.
    """
    container = _Container(request, region)
    try:
        dataset_format = json.loads(container.setting("dataset_format"))
        known = container.baseline()
        dataset = _dataset(container, dataset_format, known)
        go_on()
        results = {"statistics.json": statistics(dataset)}
        violations = monitor_violations.find(dataset, known) if known else []
        if known:
            results["constraint_violations.json"] = {"violations": violations}
        else:
            results["constraints.json"] = constraints(results["statistics.json"])
        go_on()
        container.write(results)
    except (DatasetError, ValueError) as error:
        raise JobFailedError(f"AlgorithmError: {error}") from error
    except ClientError as error:
        raise JobFailedError(f"ClientError: {error}") from error
    return _VIOLATED.format(len(violations)) if violations else _DONE


def _dataset(container: _Container, dataset_format: Mapping[str, Any], known: Mapping[str, Any] | None) -> pd.DataFrame:
    path = container.setting("dataset_source")
    if "csv" in dataset_format:
        # The container accepts both "true" and true.
        has_header = str(dataset_format["csv"].get("header", False)).lower() == "true"
        tables = [_read(uri, content, has_header) for uri, content in container.read(path)]
        whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    elif "sagemakerCaptureJson" in dataset_format:
        names = [feature["name"] for feature in known["features"]] if known else []
        captured = b"\n".join(content for _, content in container.read(path))
        period = container.setting("start_time"), container.setting("end_time")
        whole = monitor_captures.read(
            captured, dataset_format["sagemakerCaptureJson"]["captureIndexNames"], period, names
        )
    else:
        raise DatasetError(f"the local AWS reads CSV and captured data, not {', '.join(dataset_format)}")
    if whole.empty:
        raise JobFailedError(_NO_DATA)
    return whole


def _read(uri: str, content: bytes, has_header: bool) -> pd.DataFrame:
    try:
        return baseline_dataset.read_csv(content, has_header)
    except DatasetError as error:
        raise DatasetError(f"{uri}: {error}") from error


class _Container:
    """Environment of the container, with its local paths mapped to S3."""

    def __init__(self, request: Mapping[str, Any], region: str) -> None:
        self._environment: Mapping[str, str] = request["Environment"]
        self._request = request
        self._region = region

    def setting(self, name: str) -> str:
        """Return a required variable of the environment. Raise JobFailedError."""
        if name not in self._environment:
            raise JobFailedError(f"AlgorithmError: the container's environment has no {name}.")
        return self._environment[name]

    def baseline(self) -> dict[str, Any] | None:
        """Return the constraints to check the data against; None if they are to be suggested."""
        path = self._environment.get("baseline_constraints")
        if not path:
            return None
        folder, _, name = path.rpartition("/")
        for uri, content in self.read(folder):
            if uri.endswith(f"/{name}"):
                found: dict[str, Any] = json.loads(content)
                return found
        raise JobFailedError(f"AlgorithmError: there is no {name} in the job's input at {folder}.")

    def read(self, path: str) -> Iterator[tuple[str, bytes]]:
        """Yield the URI and content of every object that the request maps to a local path, or below it.

        Raises JobFailedError if it maps nothing there, ValidationError if an input has no objects.
        """
        sources = [
            one["S3Input"]["S3Uri"]
            for one in self._request.get("ProcessingInputs", [])
            if f"{one.get('S3Input', {}).get('LocalPath', '')}/".startswith(f"{path}/")
        ]
        if not sources:
            raise JobFailedError(f"AlgorithmError: no input of the job has its data at {path}.")
        for source in sources:
            check_input(source, self._role, self._region)
            bucket, _ = split_s3_uri(source)
            for key in input_keys(source, self._role, self._region):
                yield f"s3://{bucket}/{key}", self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def write(self, results: Mapping[str, Any]) -> None:
        """Write JSON files to the S3 location of the output path. Raise JobFailedError, ClientError."""
        config, path = self._request.get("ProcessingOutputConfig", {}), self.setting("output_path")
        outputs = [one["S3Output"] for one in config.get("Outputs", []) if "S3Output" in one]
        target = next((output["S3Uri"] for output in outputs if output["LocalPath"] == path), None)
        if target is None:
            raise JobFailedError(f"AlgorithmError: no output of the job is uploaded from {path}.")
        bucket, prefix = split_s3_uri(target)
        for name, content in results.items():
            self._s3.put_object(
                Bucket=bucket,
                Key="/".join(part for part in (prefix.rstrip("/"), name) if part),
                Body=json.dumps(content, indent=2).encode(),
                ContentType="application/json",
                **encryption(config.get("KmsKeyId")),
            )

    @property
    def _s3(self) -> Any:
        return clients.client("s3", self._role, self._region, by="sagemaker.amazonaws.com")

    @property
    def _role(self) -> str:
        return str(self._request["RoleArn"])
