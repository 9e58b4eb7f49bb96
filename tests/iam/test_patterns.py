# SPDX-License-Identifier: Apache-2.0
"""Wildcards and policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import pytest

from scripts.iam import patterns


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("s3:Get*", "s3:GetObject", True),
        ("s3:get*", "S3:GETOBJECT", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get?bject", "s3:Getbject", False),
        ("s3:Get*", "s3:PutObject", False),
        ("*", "anything:AtAll", True),
        ("iam:Pass.ole", "iam:PassRole", False),
    ],
)
def test_actions_match_in_any_case(pattern: str, text: str, expected: bool) -> None:
    assert patterns.matches(pattern, text, ignore_case=True) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b/c", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", False),
        ("arn:aws:s3:::BUCKET", "arn:aws:s3:::bucket", False),
        ("arn:aws:sqs:*:111122223333:q*", "arn:aws:sqs:eu-west-1:111122223333:queue", True),
        # A star does reach across colons.
        ("arn:aws:lambda:*:fn", "arn:aws:lambda:eu-west-1:111122223333:function:fn", True),
    ],
)
def test_resources_match_across_their_parts(pattern: str, text: str, expected: bool) -> None:
    assert patterns.matches(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/a*b/x", True),
        # What a variable stands for has no wildcards of its own.
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/axb/x", False),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", True),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", False),
        ("arn:aws:s3:::b/${aws:PrincipalTag/team, 'company-wide'}/*", "arn:aws:s3:::b/company-wide/x", True),
        ("arn:aws:s3:::b/${aws:missing}/*", "arn:aws:s3:::b//x", False),
    ],
)
def test_variables_are_filled_in_from_the_request(pattern: str, text: str, expected: bool) -> None:
    found = patterns.resolved(pattern, {"aws:username": ["a*b"]})

    assert (found is not None and found.fullmatch(text) is not None) is expected


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("*", "arn:aws:s3:::b/*", True),
        ("arn:aws:s3:::mlops-*", "arn:aws:s3:::mlops-a-*", True),
        ("arn:aws:s3:::mlops-a-*", "arn:aws:s3:::mlops-*", False),
        ("a*c", "abc", True),
        ("a*c", "a*b", False),
        ("a?c", "a*c", False),
        ("a*c", "a?c", True),
        ("a?*", "a*?", True),
        ("a*b*c", "a*xb?c", True),
        ("abc", "abc", True),
        ("abc", "abd", False),
        ("arn:*:role/${aws:x}", "arn:aws:role/${aws:x}", True),
    ],
)
def test_a_pattern_covers_another(wide: str, narrow: str, expected: bool) -> None:
    assert patterns.covers(wide, narrow) is expected
