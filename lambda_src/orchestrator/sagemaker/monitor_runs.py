# SPDX-License-Identifier: Apache-2.0
"""SageMaker's names for the runs of monitors, and for their ends."""

from __future__ import annotations

from typing import Final

DETAIL_TYPE: Final = "SageMaker Processing Job State Change"
VIOLATIONS: Final = "CompletedWithViolations"
"""Prefix of the exit message of a run that has found violations.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-results.html
"""
KINDS: Final = {
    "dataquality": "data quality",
    "modelquality": "model quality",
    "modelbias": "bias",
    "modelexplainability": "explainability",
}
"""Kind in the name of a schedule -> its name in words."""
