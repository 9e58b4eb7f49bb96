# SPDX-License-Identifier: Apache-2.0
"""Hyper-parameters as JSON values, and as the texts that SageMaker passes to a container (compatibility 3.10)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from orchestrator.errors import Problem
from orchestrator.problems import shortened

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html#sagemaker-CreateTrainingJob-request-HyperParameters
MOST: Final = 100
_LONGEST_NAME: Final = 256
_LONGEST_VALUE: Final = 2_500


def text(value: Any) -> str:
    """Return a value as containers read it: a text unchanged, anything else as JSON, e.g. `true` (lesson 17)."""
    return value if isinstance(value, str) else json.dumps(value)


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return every value as text."""
    return {name: text(value) for name, value in values.items()}


def problems(key: str, values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield a problem for each hyper-parameter that SageMaker would refuse."""
    if len(values) > MOST:
        yield Problem(key, f"has {len(values)} entries; SageMaker takes {MOST} hyper-parameters at most")
    yield from problems_with_names(key, values)
    for name, value in texts(values).items():
        if len(value) > _LONGEST_VALUE:
            yield Problem(f"{key}.{name}", f"must have {_LONGEST_VALUE} characters at most as text; got {len(value)}")
        elif not _is_one_line(value):
            yield Problem(f"{key}.{name}", "must not contain a line end: SageMaker takes hyper-parameters of one line")


def problems_with_names(key: str, names: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each name that no hyper-parameter can have."""
    for name in names:
        if not 0 < len(name) <= _LONGEST_NAME or not _is_one_line(name):
            yield Problem(
                key, f"a name must have 1 to {_LONGEST_NAME} characters and no line end; got {shortened(name)}"
            )


def _is_one_line(value: str) -> bool:
    return "\n" not in value
