# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest

from scripts.local_aws import request_constraints

VALID: dict[str, Any] = {
    "name": "project",
    "source": {"type": "S3"},
    "artifacts": {"type": "NO_ARTIFACTS"},
    "environment": {"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"},
    "timeoutInMinutes": 5,
    # The pattern of tags is one that Python cannot read.
    "tags": [{"key": "größe", "value": "1"}],
}


def test_a_right_request_violates_nothing() -> None:
    assert request_constraints.violations("codebuild", "CreateProject", VALID) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"name": "no spaces"},
            "1 validation error detected: Value 'no spaces' at 'name' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [A-Za-z0-9][A-Za-z0-9\-_]{1,149}",
        ),
        (
            {"timeoutInMinutes": 4},
            "1 validation error detected: Value '4' at 'timeoutInMinutes' failed to satisfy constraint: "
            "Member must have value greater than or equal to 5",
        ),
        (
            {"artifacts": {"type": "ZIP"}},
            "1 validation error detected: Value 'ZIP' at 'artifacts.type' failed to satisfy constraint: "
            "Member must satisfy enum value set: [CODEPIPELINE, S3, NO_ARTIFACTS]",
        ),
        (
            {"tags": [{"key": "a", "value": "b"}, {"key": "k" * 128, "value": "v" * 256}]},
            "2 validation errors detected: Value 'kkk",
        ),
    ],
)
def test_violations_are_told_in_the_common_form(change: dict[str, Any], words: str) -> None:
    told = request_constraints.violations("codebuild", "CreateProject", VALID | change)
    assert told.startswith(words)


def test_each_violation_names_its_place() -> None:
    told = request_constraints.violations(
        "codebuild", "CreateProject", VALID | {"tags": [{"key": "a", "value": "b"}, {"key": "", "value": "v" * 256}]}
    )
    assert "at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater than" in told
    assert "at 'tags.2.member.value' failed to satisfy constraint: Member must have length less than" in told
