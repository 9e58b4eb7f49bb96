# SPDX-License-Identifier: Apache-2.0

import pytest

from scripts.local_aws.cloudwatch.expressions import Series, UnknownExpressionError, evaluate

KNOWN: dict[str, Series] = {"errors": [1.0, None, 3.0], "calls": [10.0, 20.0, 0.0]}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("errors", [1.0, None, 3.0]),
        ("100 * errors / calls", [10.0, None, None]),
        ("FILL(errors, 0) + 1", [2.0, 1.0, 4.0]),
        ("FILL(errors, REPEAT)", [1.0, 1.0, 3.0]),
        ("IF(calls > 5, errors, 0)", [1.0, None, 0.0]),
        ("IF(calls > 5, 1)", [1.0, 1.0, None]),
        ("MAX([errors, calls])", [10.0, 20.0, 3.0]),
        ("SUM(METRICS())", [11.0, 20.0, 3.0]),
        ("SUM(calls)", [30.0, 30.0, 30.0]),
        ("AVG([calls, 2])", [6.0, 11.0, 1.0]),
        ("-calls", [-10.0, -20.0, 0.0]),
        ("calls + 2 ^ 2", [14.0, 24.0, 4.0]),
    ],
)
def test_metric_math(expression: str, expected: Series) -> None:
    assert evaluate(expression, KNOWN) == expected


@pytest.mark.parametrize(
    "expression", ["SEARCH('x', 'Sum')", "errors +", "unknown", "calls ** 2", "ANOMALY_DETECTION_BAND(calls)"]
)
def test_what_is_not_computed_is_refused(expression: str) -> None:
    with pytest.raises(UnknownExpressionError):
        evaluate(expression, KNOWN)
