# SPDX-License-Identifier: Apache-2.0
"""Containers of processing jobs that run here: Python code of an entry point, and what monitors' images compute.

Model Monitor's and Clarify's images are computed by the product's own engine, `lambda_src/monitor_engine`, which reads
the same environment and writes the same files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from scripts.local_aws.sagemaker.jobs.job_records import JobFailedError
from scripts.local_aws.sagemaker.jobs.processing.processing_work import Container, Work

_ENGINE: Final = Path(__file__).parents[5] / "lambda_src"
_ARGUMENTS: Final = ("-m", "monitor_engine")
_ANALYZER: Final = re.compile(r"[^/]+/sagemaker-model-monitor-analyzer(:.*)?")
_CLARIFY: Final = re.compile(r"[^/]+/sagemaker-clarify-processing(:.*)?")
_CONFIG: Final = "/opt/ml/processing/input/config/analysis_config.json"
_CSV: Final = {"csv": {"header": True}}
_MERGED, _CAPTURED = "sagemakerMergeJson", "sagemakerCaptureJson"
_WHOLE_MESSAGE: Final = re.compile(r"(Completed|CompletedWithViolations): Job completed successfully with [^.]*\.")
_FILES: Final = frozenset({"statistics.json", "constraints.json", "constraint_violations.json", "analysis.json"})
# Clarify reads no more of an endpoint than this many rows would take here.
_ROWS: Final = "400"


def runs(request: Mapping[str, Any]) -> bool:
    """Whether a job runs here: by Python code in its entry point, or by the image of a monitor."""
    application = request["AppSpecification"]
    entry = application.get("ContainerEntrypoint") or []
    if entry:
        return _is_python(entry) and bool(request.get("ProcessingInputs"))
    image = application["ImageUri"]
    if _ANALYZER.fullmatch(image):
        return "dataset_format" in request.get("Environment", {})
    return _CLARIFY.fullmatch(image) is not None and bool(request.get("ProcessingInputs"))


def of(work: Work) -> Container:
    """Return the container of a job that runs here and whose inputs are there. Raise JobFailedError."""
    application = work.job.request["AppSpecification"]
    environment = dict(work.job.request.get("Environment") or {})
    entry = application.get("ContainerEntrypoint") or []
    if entry:
        return Container([*entry[1:], *(application.get("ContainerArguments") or [])], environment)
    if _ANALYZER.fullmatch(application["ImageUri"]):
        return _engine(_of_analyzer(environment), work)
    return _of_clarify(environment, work)


def _is_python(entry: list[str]) -> bool:
    # A script of an input may have paths of the container inside, which nobody can map to folders of this machine.
    return entry[0].rpartition("/")[2] in {"python", "python3"} and entry[1:2] == ["-c"]


def _engine(environment: Mapping[str, str], work: Work, asks: str = "") -> Container:
    # Metrics of these images come under namespaces of SageMaker's own, and are not sent here.
    told = {**environment, "publish_cloudwatch_metrics": "Disabled", "AWS_DEFAULT_REGION": work.region}
    return Container(_ARGUMENTS, told, [str(_ENGINE)], asks, _is_of_these_images, _first_sentence)


def _of_analyzer(environment: Mapping[str, str]) -> dict[str, str]:
    try:
        stated = json.loads(environment["dataset_format"])
        merged = stated.pop(_MERGED, None)
    except (ValueError, AttributeError):
        return dict(environment)
    if merged is None:
        return dict(environment)
    # A record of a merge has both what was captured and the ground truth.
    formed = json.dumps({_CAPTURED: {"captureIndexNames": ["endpointInput", "endpointOutput"]}})
    return {**environment, "dataset_format": formed, "ground_truth_source": environment["dataset_source"]}


def _of_clarify(environment: Mapping[str, str], work: Work) -> Container:
    """The configuration says what is analysed; the inputs, where the data is."""
    stated = _configuration(work)
    explains = "shap" in stated.get("methods", {})
    found = {
        "analysis_type": "MODEL_EXPLAINABILITY" if explains else "MODEL_BIAS",
        "analysis_config": _CONFIG,
        "predictor_rows": _ROWS,
        **environment,
    }
    if "dataset_source" not in environment:
        found |= {
            "dataset_format": json.dumps(_CSV),
            "dataset_source": _path_of(work.job.request["ProcessingInputs"], "dataset"),
            "output_path": work.job.request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["LocalPath"],
        }
    asks = str(stated.get("predictor", {}).get("endpoint_name", ""))
    return _engine(_of_analyzer(found), work, asks)


def _configuration(work: Work) -> dict[str, Any]:
    path = work.local(_CONFIG)
    try:
        stated: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise JobFailedError(f"ClientError: The analysis configuration at {_CONFIG} cannot be read: {error}") from error
    return stated


def _path_of(inputs: list[dict[str, Any]], name: str) -> str:
    found = (one["S3Input"]["LocalPath"] for one in inputs if one["InputName"] == name)
    path = next(found, None)
    if path is None:
        raise JobFailedError(f"ClientError: The job has no input {name}.")
    return str(path)


def _is_of_these_images(name: str) -> bool:
    return name in _FILES


def _first_sentence(message: str) -> str:
    found = _WHOLE_MESSAGE.match(message)
    return found[0] if found else message
