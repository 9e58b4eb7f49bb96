# SPDX-License-Identifier: Apache-2.0
"""Baselines by SageMaker Model Monitor's own container (compatibility 3.6, 3.7)."""

from __future__ import annotations

import json
from typing import Any, Final

from troposphere import Ref, Sub, Template

from generator.conditions import if_provided
from generator.monitoring import monitor_inputs
from generator.monitoring.job_parts import Input, baseline_file

_FOLDER: Final = "baseline_dataset_input"

INPUTS: Final = [Input(_FOLDER, Sub("s3://${AssetsBucket}/${BaselineData}"), _FOLDER)]
OUTPUT: Final = "monitoring_output"


def environment(**more: Any) -> dict[str, Any]:
    """The environment of a baseline: a CSV file with a header."""
    return {
        "output_path": "/opt/ml/processing/output",
        "publish_cloudwatch_metrics": "Disabled",
        "dataset_format": json.dumps({"csv": {"header": True, "output_columns_position": "START"}}),
        "dataset_source": f"/opt/ml/processing/input/{_FOLDER}",
        **more,
    }


def constraints() -> dict[str, Any]:
    """The file of the baseline with the limits that the schedule's runs must keep."""
    return {"ConstraintsResource": {"S3Uri": baseline_file("constraints.json")}}


def quality_columns(built: Template) -> dict[str, Any]:
    """Problem and columns of the baseline of model quality, for the environment of either engine."""
    columns = {
        "inference_attribute": "BaselineInferenceAttribute",
        "probability_attribute": "BaselineProbabilityAttribute",
    }
    return {
        "problem_type": Ref("ProblemType"),
        "ground_truth_attribute": Ref("BaselineGroundTruthAttribute"),
        **monitor_inputs.given(built, **columns),
        # The probabilities are of no use without it, and it is of none without them.
        "probability_threshold_attribute": if_provided(
            built, "BaselineProbabilityAttribute", Ref("ProbabilityThresholdAttribute")
        ),
    }
