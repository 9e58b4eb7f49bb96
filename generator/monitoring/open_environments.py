# SPDX-License-Identifier: Apache-2.0
"""Environments of the open engine's jobs, which are its contract (`monitor_engine/contract.py`).

Most names are those of Model Monitor's container.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-inputs.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from troposphere import Ref, Sub, Template

from generator.conditions import if_provided
from generator.monitoring import job_parts
from generator.monitoring.job_parts import Input, baseline_file
from generator.resources.json_text import quoted

_CAPTURES: Final = {"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}
_CONFIG: Final = "analysis_config.json"


def baseline(analysis: str, data: Input, **more: Any) -> dict[str, Any]:
    """The environment of a baseline: a CSV file with a header."""
    return {
        "analysis_type": analysis,
        "AWS_DEFAULT_REGION": Ref("AWS::Region"),
        "dataset_format": _text({"csv": {"header": True}}),
        "dataset_source": f"{job_parts.INPUT}/{data.folder}",
        "output_path": job_parts.OUTPUT,
        "publish_cloudwatch_metrics": "Disabled",
        **more,
    }


def run(built: Template, analysis: str, **more: Any) -> dict[str, Any]:
    """The environment of a scheduled run, which reads from S3 what it needs and writes its report there."""
    return {
        "analysis_type": analysis,
        "AWS_DEFAULT_REGION": Ref("AWS::Region"),
        "dataset_format": _text(_CAPTURES),
        "dataset_source": Sub("s3://${DataCaptureLocation}/${EndpointName}"),
        "output_path": Sub("s3://${MonitoringOutputLocation}/${EndpointName}/${MonitoringScheduleName}"),
        "output_kms_key": if_provided(built, "KmsKeyArn", Ref("KmsKeyArn")),
        "publish_cloudwatch_metrics": "Enabled",
        "sagemaker_endpoint_name": Ref("EndpointName"),
        "sagemaker_monitoring_schedule_name": Ref("MonitoringScheduleName"),
        "schedule_expression": Ref("ScheduleExpression"),
        "scheduled_time": "<aws.scheduler.scheduled-time>",
        **more,
    }


def limits() -> dict[str, Any]:
    """Statistics and constraints of a baseline, for runs."""
    return {
        "baseline_constraints": baseline_file("constraints.json"),
        "baseline_statistics": baseline_file("statistics.json"),
    }


def analysis_of_baseline() -> dict[str, Any]:
    """Clarify's configuration, for baselines."""
    return {"analysis_config": f"{job_parts.INPUT}/config/{_CONFIG}"}


def analysis(built: Template) -> dict[str, Any]:
    """Clarify's configuration and what the baseline has found, for runs."""
    return {
        "analysis_config": Sub(f"s3://${{PipelinesBucket}}/${{AnalysisPrefix}}/monitor/{_CONFIG}"),
        "baseline_constraints": baseline_file("analysis.json"),
        **given(built, features_attribute="FeaturesAttribute"),
    }


def predictions(built: Template) -> dict[str, Any]:
    """Where predictions stand in the model's answers, for runs."""
    return given(
        built, inference_attribute="MonitorInferenceAttribute", probability_attribute="MonitorProbabilityAttribute"
    )


def truth(built: Template) -> dict[str, Any]:
    """The ground truth, the threshold of positive predictions, and how far back the data of a run is, for runs."""
    names = {
        "probability_threshold_attribute": "ProbabilityThresholdAttribute",
        "start_time_offset": "StartTimeOffset",
        "end_time_offset": "EndTimeOffset",
    }
    optional = {member: if_provided(built, name, Ref(name)) for member, name in names.items()}
    return {"ground_truth_source": Sub("s3://${MonitorGroundTruthInput}"), **optional}


def training_data(built: Template, **more: Any) -> dict[str, Any]:
    """Where training data goes that is made of what runs merge, with what is read for it; absent unless asked for."""
    members = {"training_data_path": Sub("s3://${AssetsBucket}/${RetrainingPrefix}"), **more}
    return {member: if_provided(built, "RetrainingPrefix", value) for member, value in members.items()}


def columns() -> dict[str, Any]:
    """The baseline whose header names the columns, and what three of them are, for `training_data`."""
    return {
        "baseline_data": Sub("s3://${AssetsBucket}/${BaselineData}"),
        "target_column": quoted("BaselineGroundTruthAttribute"),
        "prediction_column": quoted("PredictionColumn"),
        "probability_column": quoted("BaselineProbabilityAttribute"),
    }


def given(built: Template, **parameters: str) -> dict[str, Any]:
    """Members of a schedule's input that are any text of a request, each absent when its parameter is empty."""
    return {member: if_provided(built, name, quoted(name)) for member, name in parameters.items()}


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))
