# SPDX-License-Identifier: Apache-2.0
"""Definitions of metrics that SageMaker reads from a container's log."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.errors import Problem
from orchestrator.values.common import EXPECT_KEYWORD, Expect

MOST: Final = 40


class MetricDefinition(BaseModel):
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MetricDefinition.html."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    Name: Annotated[str, Field(min_length=1, max_length=255), Expect("a name of 255 characters at most")]
    Regex: Annotated[str, Field(min_length=1, max_length=500), Expect("a regular expression of 500 characters at most")]


MetricDefinitions = Annotated[
    list[MetricDefinition],
    # For the documentation only: a problem is reported for the definition that has it.
    Field(
        max_length=MOST, json_schema_extra={EXPECT_KEYWORD: f"a list of objects with Name and Regex, {MOST} at most"}
    ),
]


def problems(key: str, definitions: Sequence[MetricDefinition]) -> Iterator[Problem]:
    """Yield a problem for each name that is defined twice."""
    names = [definition.Name for definition in definitions]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield Problem(key, f"defines {name} more than once")


def as_json(definitions: Sequence[MetricDefinition]) -> list[dict[str, str]]:
    """Return the definitions in the form of the API."""
    return [definition.model_dump() for definition in definitions]
