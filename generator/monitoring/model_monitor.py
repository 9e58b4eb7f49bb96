# SPDX-License-Identifier: Apache-2.0
"""Baselines by SageMaker Model Monitor's own container (compatibility 3.6, 3.7)."""

from __future__ import annotations

import json
from typing import Any, Final

from troposphere import Sub

from generator.monitoring.monitors import Input, baseline_file

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
