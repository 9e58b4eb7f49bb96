# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from moto.cloudformation.exceptions import ValidationError

from scripts.local_aws.cloudformation.stack_sets import preferences as stack_set_preferences
from scripts.local_aws.cloudformation.stack_sets.preferences import Limits

SOFT = "SOFT_FAILURE_TOLERANCE"


@pytest.mark.parametrize(
    ("preferences", "accounts", "expected"),
    [
        ({}, 5, Limits(0, 1, True)),
        ({"FailureToleranceCount": 2, "MaxConcurrentCount": 3}, 5, Limits(2, 3, True)),
        ({"FailureTolerancePercentage": 50, "MaxConcurrentPercentage": 50}, 5, Limits(2, 2, True)),
        ({"FailureTolerancePercentage": 10, "MaxConcurrentPercentage": 10}, 5, Limits(0, 1, True)),
        ({"MaxConcurrentPercentage": 100, "ConcurrencyMode": SOFT}, 5, Limits(0, 5, False)),
    ],
)
def test_counts_and_percentages(preferences: dict[str, Any], accounts: int, expected: Limits) -> None:
    assert stack_set_preferences.limits(preferences, accounts) == expected


def test_strict_concurrency_shrinks_with_the_failures() -> None:
    limits = Limits(tolerance=2, most=10, strict=True)
    assert [limits.at_once(failures) for failures in range(4)] == [3, 2, 1, 0]


def test_soft_concurrency_stays_until_the_tolerance_is_exceeded() -> None:
    limits = Limits(tolerance=1, most=10, strict=False)
    assert [limits.at_once(failures) for failures in range(3)] == [10, 10, 0]


def test_named_regions_come_first() -> None:
    regions = ["us-east-1", "eu-west-1", "eu-north-1"]
    found = stack_set_preferences.ordered({"RegionOrder": ["eu-north-1", "af-south-1"]}, regions)
    assert found == ["eu-north-1", "us-east-1", "eu-west-1"]


@pytest.mark.parametrize("kind", ["FailureTolerance", "MaxConcurrent"])
def test_a_count_beside_its_percentage_is_refused(kind: str) -> None:
    with pytest.raises(ValidationError, match=f"either {kind}Count or {kind}Percentage"):
        stack_set_preferences.check({f"{kind}Count": 1, f"{kind}Percentage": 1})
