# SPDX-License-Identifier: Apache-2.0
"""Inputs of several monitors: captured answers and ground truth (compatibility 3.7 to 3.9)."""

from __future__ import annotations

from typing import Any

from troposphere import Ref, Sub, Template

from generator import permissions
from generator.conditions import if_provided
from generator.monitoring import monitor_roles


def given(built: Template, **parameters: str) -> dict[str, Any]:
    """Members whose value is a parameter, each absent when its parameter is empty."""
    return {member: if_provided(built, name, Ref(name)) for member, name in parameters.items()}


def predictions(built: Template) -> dict[str, Any]:
    """Attributes of the model's answers that hold the predictions."""
    return given(
        built, InferenceAttribute="MonitorInferenceAttribute", ProbabilityAttribute="MonitorProbabilityAttribute"
    )


def truth(built: Template) -> dict[str, Any]:
    """Threshold of positive predictions, and the time window of the ground truth."""
    return given(
        built,
        ProbabilityThresholdAttribute="ProbabilityThresholdAttribute",
        StartTimeOffset="StartTimeOffset",
        EndTimeOffset="EndTimeOffset",
    )


def ground_truth() -> dict[str, Any]:
    """The ground truth input, used together with the endpoint's data."""
    return {"GroundTruthS3Input": {"S3Uri": Sub("s3://${MonitorGroundTruthInput}")}}


def read_ground_truth() -> Any:
    """Policy to read it, and to read back what SageMaker merges with the captures beside the reports."""
    return permissions.policy(
        "GroundTruth",
        *monitor_roles.read_location("GroundTruth", "MonitorGroundTruthInput"),
        *monitor_roles.read_merged(),
    )
