# SPDX-License-Identifier: Apache-2.0
"""Patterns, and what the forms of values name; tests/permissions has what becomes of it in requests and roles."""

from __future__ import annotations

import re

import pytest

from orchestrator import reach
from orchestrator.reach import Kind, Thing

ACCOUNT = "111122223333"


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        *(("*", name) for name in ("", "a", "a/b")),
        *(("team-*", name) for name in ("team-", "team-a", "teams", "a-team-a")),
        *(("*-data", name) for name in ("-data", "x-data", "x-data-y")),
        *(("a*b", name) for name in ("ab", "axb", "a", "abc")),
        *(("ab*ba", name) for name in ("aba", "abba")),
        *(("a*b*c", name) for name in ("abc", "axbyc", "acb", "abb")),
        *(("a.b", name) for name in ("a.b", "axb")),
    ],
)
def test_a_star_stands_for_anything_and_nothing_else_is_special(pattern: str, name: str) -> None:
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None
    assert reach.matches(pattern, name) == expected


def test_matching_takes_no_longer_for_many_stars() -> None:
    assert not reach.matches("*a" * 100 + "*b", "a" * 2_000)


@pytest.mark.parametrize(
    ("kind", "value", "name", "account"),
    [
        (reach.BUCKET, "team-a/x/y", "team-a", ""),
        (reach.BUCKET, "team-a", "team-a", ""),
        (reach.BUCKET, "s3://team-a/x", "team-a", ""),
        (reach.REPOSITORY, "team/images", "team/images", ""),
        (reach.REPOSITORY, f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/team/images:v1", "team/images", ACCOUNT),
        (reach.REPOSITORY, f"{ACCOUNT}.dkr.ecr-fips.us-gov-west-1.amazonaws.com/i@sha256:{'0' * 64}", "i", ACCOUNT),
        (reach.REPOSITORY, "docker.io:5000/library/python:3.13", "docker.io:5000/library/python", ""),
        (reach.PACKAGE_GROUP, "group", "group", ""),
        (reach.PACKAGE_GROUP, f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model-package-group/group", "group", ACCOUNT),
        (reach.PACKAGE_GROUP, f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model-package/group/4", "group", ACCOUNT),
        (reach.SECRET, f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:team/a-AbCdEf", "team/a", ACCOUNT),
        (reach.SECRET, "team/a", "team/a", ""),
        (reach.KEY, f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1", "key/1", ACCOUNT),
        (reach.KEY, f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/team/a", "alias/team/a", ACCOUNT),
        (reach.KEY, "alias/team", "alias/team", ""),
        (reach.KEY, "1234abcd", "key/1234abcd", ""),
    ],
)
def test_what_a_value_names(kind: Kind, value: str, *, name: str, account: str) -> None:
    assert kind.named_by(value) == Thing(name, account)
