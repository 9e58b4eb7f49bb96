# SPDX-License-Identifier: Apache-2.0
"""Condition operators as IAM documents them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from scripts.iam import conditions
from scripts.iam.documents import MalformedPolicyError, Test

CONTEXT = {
    "aws:principalorgid": ["o-1"],
    "aws:securetransport": ["true"],
    "aws:sourcearn": ["arn:aws:sns:eu-west-1:111122223333:topic"],
    "aws:sourceip": ["203.0.113.17"],
    "aws:currenttime": ["2026-06-01T12:00:00+00:00"],
    "aws:tagkeys": ["project", "team"],
    "s3:max-keys": ["10"],
    "s3:prefix": ["home/Anna/x"],
}


def holds(operator: str, key: str, *values: str) -> bool:
    return conditions.holds(Test(operator, key, values), CONTEXT)


@pytest.mark.parametrize(
    ("operator", "key", "values", "expected"),
    [
        ("StringEquals", "aws:PrincipalOrgID", ["o-2", "o-1"], True),
        ("StringEquals", "aws:PrincipalOrgID", ["o-*"], False),
        ("StringEquals", "s3:prefix", ["home/anna/x"], False),
        ("StringEqualsIgnoreCase", "s3:prefix", ["HOME/anna/X"], True),
        ("StringNotEquals", "aws:PrincipalOrgID", ["o-1", "o-2"], False),
        ("StringNotEquals", "aws:PrincipalOrgID", ["o-3"], True),
        ("StringNotEqualsIgnoreCase", "aws:PrincipalOrgID", ["O-1"], False),
        ("StringLike", "s3:prefix", ["home/*"], True),
        ("StringLike", "s3:prefix", ["other/*"], False),
        ("StringNotLike", "s3:prefix", ["home/*"], False),
        ("StringEquals", "aws:PrincipalOrgID", ["${aws:PrincipalOrgID}"], True),
        ("ArnLike", "aws:SourceArn", ["arn:aws:sns:*:111122223333:*"], True),
        # A star of ArnLike stays in its part.
        ("ArnLike", "aws:SourceArn", ["arn:aws:sns:*:topic"], False),
        ("ArnEquals", "aws:SourceArn", ["arn:*:sns:eu-west-1:111122223333:topic"], True),
        ("ArnNotLike", "aws:SourceArn", ["arn:aws:sqs:*:*:*"], True),
        ("Bool", "aws:SecureTransport", ["true"], True),
        ("Bool", "aws:SecureTransport", ["False"], False),
        ("IpAddress", "aws:SourceIp", ["203.0.113.0/24"], True),
        ("NotIpAddress", "aws:SourceIp", ["203.0.113.0/24"], False),
        ("NumericLessThanEquals", "s3:max-keys", ["10"], True),
        ("NumericGreaterThan", "s3:max-keys", ["10"], False),
        ("NumericNotEquals", "s3:max-keys", ["11"], True),
        ("NumericEquals", "s3:prefix", ["1"], False),
        ("DateLessThan", "aws:CurrentTime", ["2027-01-01T00:00:00Z"], True),
        ("DateGreaterThan", "aws:CurrentTime", ["2027-01-01T00:00:00Z"], False),
        ("Null", "aws:SourceVpc", ["true"], True),
        ("Null", "aws:SourceIp", ["true"], False),
        ("Null", "aws:SourceIp", ["false"], True),
    ],
)
def test_an_operator(operator: str, key: str, values: Sequence[str], expected: bool) -> None:
    assert holds(operator, key, *values) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringEqualsIfExists", True),
        ("StringNotEquals", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
    ],
)
def test_a_key_that_the_request_does_not_have(operator: str, expected: bool) -> None:
    assert holds(operator, "aws:ResourceOrgID", "o-1") is expected


def test_if_exists_still_looks_at_a_key_that_is_there() -> None:
    assert not holds("StringEqualsIfExists", "aws:PrincipalOrgID", "o-2")


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("ForAllValues:StringEquals", ["project", "team", "more"], True),
        ("ForAllValues:StringEquals", ["project"], False),
        ("ForAnyValue:StringEquals", ["project"], True),
        ("ForAnyValue:StringEquals", ["other"], False),
        ("ForAllValues:StringNotEquals", ["other"], True),
        ("ForAllValues:StringNotEquals", ["team"], False),
        ("ForAnyValue:StringLike", ["te*"], True),
    ],
)
def test_keys_with_several_values(operator: str, values: Sequence[str], expected: bool) -> None:
    assert holds(operator, "aws:TagKeys", *values) is expected


def test_an_operator_that_nobody_knows() -> None:
    with pytest.raises(MalformedPolicyError, match="StringResembles"):
        holds("StringResembles", "aws:SourceIp", "x")
