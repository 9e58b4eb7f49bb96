# SPDX-License-Identifier: Apache-2.0
"""How SageMaker names the runs of monitoring schedules, and what it says of how they ended."""

from __future__ import annotations

from typing import Final

DETAIL_TYPE: Final = "SageMaker Processing Job State Change"
VIOLATIONS: Final = "CompletedWithViolations"
"""How the exit message begins of a run that has found something.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-results.html
"""
KINDS: Final = {
    "dataquality": "data quality",
    "modelquality": "model quality",
    "modelbias": "bias",
    "modelexplainability": "explainability",
}
"""What stands in the name of a schedule -> in words."""
