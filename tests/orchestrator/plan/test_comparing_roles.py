# SPDX-License-Identifier: Apache-2.0
"""Names of the roles by which models are compared in the accounts of stages: one for each pipeline, stage and place."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from orchestrator.launch.operator_options import OperatorOptions
from orchestrator.launch.options import BlueprintOptions
from orchestrator.launch.settings import Launch
from orchestrator.plan import comparing_roles
from orchestrator.values.per_stage import STAGES

OWN = "arn:aws:iam::111122223333:role/mlops-OrchestratorRole-1"


@pytest.fixture
def staged(multi_account: Launch) -> Launch:
    return replace(multi_account, function_role_arn=OWN)


def name(launch: Launch, stack: str = "mlops-pipeline-churn", stage: str = "dev") -> str:
    found, trusted = comparing_roles.parameter(launch, stack, next(one for one in STAGES if one == stage)).split(",")
    assert trusted == launch.function_role_arn
    return found


def below(launch: Launch, path: str) -> Launch:
    chosen = BlueprintOptions.model_construct(RolePath=path)
    return replace(launch, options=OperatorOptions(chosen=chosen))


def test_a_name_fits_into_iam_and_stays(staged: Launch) -> None:
    assert re.fullmatch(r"mlops-comparing-[0-9a-f]{24}", name(staged))
    assert name(staged) == name(replace(staged, function_role_arn=f"{OWN}2"))


def test_what_can_meet_in_one_account_has_names_of_its_own(staged: Launch) -> None:
    another = staged.ecr_repository_arn.replace("111122223333", "444455556666")
    others = (
        name(staged, stage="prod"),
        name(staged, "mlops-pipeline-other"),
        name(replace(staged, region="eu-central-1")),
        name(replace(staged, ecr_repository_arn=another)),
        name(below(staged, "/teams/")),
    )
    assert len({name(staged), *others}) == 1 + len(others)


def test_the_arn_is_below_the_path() -> None:
    given = {"ComparedBy": f"mlops-comparing-1,{OWN}", "RolePath": "/teams/"}
    assert comparing_roles.arn(given, "aws-cn", "222222222222") == (
        "arn:aws-cn:iam::222222222222:role/teams/mlops-comparing-1"
    )


@pytest.mark.parametrize("given", [{}, {"ComparedBy": ""}], ids=["release-before", "one-model"])
def test_where_nothing_is_compared_there_is_none(given: dict[str, str]) -> None:
    assert comparing_roles.arn(given, "aws", "222222222222") == ""
