# SPDX-License-Identifier: Apache-2.0
"""Processing job request that SageMaker makes from a monitoring schedule and its job definition.

Environment and local paths are those of
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-inputs.html. Where AWS documents nothing for
a kind of monitor, it gets what all kinds have in common.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore import xform_name

from scripts.local_aws.sagemaker.monitors.monitor_definitions import JobDefinition

_NAME_LIMIT = 63
_CONSTRAINTS = "/opt/ml/processing/baseline/constraints"
_STATISTICS = "/opt/ml/processing/baseline/stats"
_CONFIG = "/opt/ml/processing/input/config"


@dataclass(frozen=True)
class Run:
    """Run of a schedule at a time (UTC, whole seconds), over the hour before."""

    schedule: str
    definition: JobDefinition
    end: datetime
    variant: str

    @property
    def start(self) -> datetime:
        """Start of that hour."""
        return self.end - timedelta(hours=1)

    def hours(self, captures: str) -> dict[str, str]:
        """Return the folders of the hour's captures, below the folder of an endpoint's captures, by hour."""
        hours = dict.fromkeys(f"{time:%Y/%m/%d/%H}" for time in (self.start, self.end))
        return {hour: f"{captures}/{hour}" for hour in hours}

    def request(self, captured: Mapping[str, str]) -> dict[str, Any]:
        """Return the request for the processing job, over captured or merged data by the hour of its folder."""
        definition = self.definition
        whole = {
            "ProcessingJobName": self._job_name(),
            "AppSpecification": self._application(),
            "Environment": self._environment(),
            "ProcessingInputs": [*self._baseline(), *self._captures(captured)],
            "ProcessingOutputConfig": self._output(),
            "ProcessingResources": definition.request["JobResources"],
            "RoleArn": definition.request["RoleArn"],
            "StoppingCondition": definition.request.get("StoppingCondition"),
            "NetworkConfig": definition.request.get("NetworkConfig"),
        }
        return {name: value for name, value in whole.items() if value is not None}

    def _job_name(self) -> str:
        kind = xform_name(self.definition.kind.prefix, "-")
        return f"{kind}-monitoring-{self.end:%Y%m%d%H%M}-{secrets.token_hex(12)}"[:_NAME_LIMIT]

    def _application(self) -> dict[str, Any]:
        given = self.definition.part("AppSpecification")
        return {
            name: given[name] for name in ("ImageUri", "ContainerEntrypoint", "ContainerArguments") if name in given
        }

    def _environment(self) -> dict[str, str]:
        baseline = self.definition.part("BaselineConfig")
        paths = {
            "baseline_constraints": _local(_CONSTRAINTS, baseline.get("ConstraintsResource")),
            "baseline_statistics": _local(_STATISTICS, baseline.get("StatisticsResource")),
        }
        return {
            **self.definition.part("AppSpecification").get("Environment", {}),
            **{name: path for name, path in paths.items() if path},
            **self._analysis(),
            "dataset_source": self.definition.endpoint_input["LocalPath"],
            "end_time": _iso(self.end),
            "metric_time": _iso(self.start),
            "monitoring_input_type": "ENDPOINT_INPUT",
            "output_path": self._output_of_definition()["LocalPath"],
            "publish_cloudwatch_metrics": "Enabled",
            "sagemaker_endpoint_name": self.definition.endpoint_name,
            "sagemaker_monitoring_schedule_name": self.schedule,
            "start_time": _iso(self.start),
        }

    def _analysis(self) -> dict[str, str]:
        kind, given = self.definition.kind.prefix, self.definition.endpoint_input
        parts = ["endpointOutput"] if kind == "ModelQuality" else ["endpointInput", "endpointOutput"]
        stored = _dataset_format("sagemakerMergeJson" if self.has_truth else "sagemakerCaptureJson", parts)
        if kind == "DataQuality":
            return stored
        attributes = {xform_name(name): str(value) for name, value in given.items() if name.endswith("Attribute")}
        if kind != "ModelQuality":
            return {**attributes, **stored}
        problem_type = self.definition.part("AppSpecification").get("ProblemType")
        return {
            "analysis_type": "MODEL_QUALITY",
            **({"problem_type": problem_type} if problem_type else {}),
            **attributes,
            **stored,
        }

    def _baseline(self) -> list[dict[str, Any]]:
        config, application = self.definition.part("BaselineConfig"), self.definition.part("AppSpecification")
        sources = {
            "constraints": (config.get("ConstraintsResource", {}).get("S3Uri"), _CONSTRAINTS),
            "statistics": (config.get("StatisticsResource", {}).get("S3Uri"), _STATISTICS),
            "analysis_config": (application.get("ConfigUri"), _CONFIG),
        }
        return [_input(name, uri, path) for name, (uri, path) in sources.items() if uri]

    def _captures(self, captured: Mapping[str, str]) -> list[dict[str, Any]]:
        path = f"{self.definition.endpoint_input['LocalPath']}/{self.definition.endpoint_name}"
        return [
            _input(f"endpoint_input_{number}", uri, f"{path}/{hour}")
            for number, (hour, uri) in enumerate(captured.items(), 1)
        ]

    @property
    def has_truth(self) -> bool:
        """Whether captures are merged with ground truth before they are read."""
        return "GroundTruthS3Input" in self.definition.part("JobInput")

    @property
    def merged(self) -> dict[str, str]:
        """Folders, by hour, in which an earlier job puts captures merged with the truth."""
        output = self._output_of_definition()["S3Uri"].rstrip("/")
        return self.hours(f"{output}/merge/{self.definition.endpoint_name}/{self.variant}")

    def _output(self) -> dict[str, Any]:
        given = self._output_of_definition()
        folder = f"{self.definition.endpoint_name}/{self.schedule}/{self.end:%Y/%m/%d/%H}"
        target = {**given, "S3Uri": f"{given['S3Uri'].rstrip('/')}/{folder}"}
        key = self.definition.part("JobOutputConfig").get("KmsKeyId")
        encrypted = {"KmsKeyId": key} if key else {}
        return {"Outputs": [{"OutputName": "result", "AppManaged": False, "S3Output": target}], **encrypted}

    def _output_of_definition(self) -> dict[str, Any]:
        """Return the one output of the definition: the API accepts exactly one."""
        (output,) = self.definition.part("JobOutputConfig")["MonitoringOutputs"]
        whole: dict[str, Any] = {"S3UploadMode": "Continuous"} | output["S3Output"]
        return whole


def _local(folder: str, resource: Mapping[str, str] | None) -> str | None:
    uri = (resource or {}).get("S3Uri")
    return f"{folder}/{uri.rpartition('/')[2]}" if uri else None


def _dataset_format(kind: str, parts: Sequence[str]) -> dict[str, str]:
    return {"dataset_format": json.dumps({kind: {"captureIndexNames": parts}})}


def _input(name: str, uri: str, path: str) -> dict[str, Any]:
    source = {
        "S3Uri": uri,
        "LocalPath": path,
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "AppManaged": False, "S3Input": source}


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
