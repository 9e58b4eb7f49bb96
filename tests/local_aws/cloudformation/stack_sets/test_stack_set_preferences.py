# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from scripts.local_aws.cloudformation.stack_sets import preferences as stack_set_preferences
from scripts.local_aws.cloudformation.stack_sets.preferences import Limits

SOFT = "SOFT_FAILURE_TOLERANCE"


@pytest.mark.parametrize(
    ("preferences", "accounts", "expected"),
    [
        ({}, 5, Limits(0, 1, True)),
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
