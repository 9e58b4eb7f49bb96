# SPDX-License-Identifier: Apache-2.0
"""Objects of a request that may differ by stage."""

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from orchestrator import problems
from orchestrator.values.per_stage import PerStageObject, Staged, at


class _Range(BaseModel):
    model_config = ConfigDict(extra="forbid")

    least: int
    most: int = 4


class _Request(BaseModel):
    range: PerStageObject[_Range | None] = Field(None, description="how many")


def _problems(value: object) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as refused:
        _Request.model_validate({"range": value})
    return [(one.key, one.problem) for one in problems.from_validation(refused.value, _Request.model_fields)]


def test_an_object_is_one_value_unless_a_member_is_a_stage() -> None:
    read = TypeAdapter(PerStageObject[_Range | None]).validate_python
    one = read({"least": 1})
    assert at(one, "prod") == _Range(least=1)
    assert at(read(None), "dev") is None
    several = read({"dev": None, "staging": {"least": 1}, "prod": {"least": 2, "most": 9}})
    assert isinstance(several, Staged)
    assert at(several, "prod") == _Range(least=2, most=9)
    assert at(several, "dev") is None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        pytest.param({"most": 2}, ("range.least", "is required"), id="a member is missing"),
        pytest.param(
            {"leest": 1, "least": 1}, ("range.leest", "is not known, the nearest is least"), id="unknown member"
        ),
        pytest.param(
            {"dev": None, "prod": None},
            ("range.staging", "is missing: a value by stage needs dev, staging and prod"),
            id="a stage is missing",
        ),
        pytest.param(
            {"dev": None, "staging": None, "prod": {"most": 1}}, ("range.prod.least", "is required"), id="in a stage"
        ),
        pytest.param(
            {"dev": None, "staging": None, "prod": None, "production": None},
            ("range.production", "is not a stage: give dev, staging and prod"),
            id="an unknown stage",
        ),
    ],
)
def test_problems_name_the_member_and_the_stage(value: object, problem: tuple[str, str]) -> None:
    assert _problems(value) == [problem]
