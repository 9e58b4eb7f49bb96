# SPDX-License-Identifier: Apache-2.0
"""Launch parameters that do not fit into the function's environment are refused before the launch (lesson 116)."""

from __future__ import annotations

from typing import Final

import pytest

from scripts.launch import environment_size
from scripts.launch.launch_parameters import LaunchParameterError
from tests import committed

TEMPLATE: Final = (committed.TEMPLATES / "mlops-orchestrator-multi-account.yaml").read_text("utf-8")
STAGES: Final = ("Dev", "Staging", "Prod")


def accounts(number: int) -> dict[str, str]:
    """The parameters of a launch with so many accounts in each stage, each stage in a VPC of its own."""
    given = {"NotificationEmail": "tests@example.com", "ArtifactBucket": "a" * 40, "ArtifactPrefix": "mlops/1.2.0"}
    for stage in STAGES:
        given |= {
            f"{stage}AccountId": ",".join(["111122223333"] * number),
            f"{stage}OrgId": ",".join(["ou-ab12-cdefgh34"] * number),
            f"{stage}FunctionSubnetIds": ",".join(["subnet-0123456789abcdef0"] * 3),
            f"{stage}FunctionSecurityGroupIds": "sg-0123456789abcdef0",
        }
    return given


@pytest.mark.parametrize("number", [1, 5])
def test_what_fits_is_taken(number: int) -> None:
    environment_size.check(TEMPLATE, accounts(number))


def test_what_does_not_fit_is_refused_with_the_longest_parameters() -> None:
    tags = ",".join(f"a-rather-long-key-{number}={'v' * 30}" for number in range(18))
    with pytest.raises(LaunchParameterError, match="too long together by") as refused:
        environment_size.check(TEMPLATE, {**accounts(30), "ResourceTags": tags})
    first, *_ = str(refused.value).splitlines()[1:]
    assert first.startswith("  --param ResourceTags=VALUE: 9")


def test_a_template_without_the_function_is_not_looked_at() -> None:
    environment_size.check("Parameters: {}\nResources: {}\n", {})
