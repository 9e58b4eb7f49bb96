# SPDX-License-Identifier: Apache-2.0
"""Values that may differ by stage: one for all, or `{"dev": ..., "staging": ..., "prod": ...}` (compatibility 2.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, get_args

from pydantic import BeforeValidator, ConfigDict, Discriminator, Tag, ValidationInfo
from pydantic_core import PydanticCustomError

T = TypeVar("T")

Stage = Literal["dev", "staging", "prod"]
STAGES: tuple[Stage, ...] = get_args(Stage)

# The tags stand in pydantic's error locations; `problems.py` drops them.
ONE_VALUE = "one-value"
BY_STAGE = "by-stage"


@dataclass(frozen=True)
class Staged(Generic[T]):
    """One value for each stage; all three are required."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    dev: T
    staging: T
    prod: T


def _form(value: Any) -> str:
    return BY_STAGE if isinstance(value, Mapping | Staged) else ONE_VALUE


def _form_of_object(value: Any) -> str:
    """An object has members of its own: it is by stage if one of them is a stage."""
    if isinstance(value, Mapping) and not set(STAGES).intersection(value):
        return ONE_VALUE
    return _form(value)


def _only_where_stages_exist(form: Callable[[Any], str]) -> BeforeValidator:
    def check(value: Any, info: ValidationInfo) -> Any:
        if form(value) == BY_STAGE and info.context is not None and not info.context.launch.multi_account:
            raise PydanticCustomError(
                "stages_in_single_account",
                "must be one value: this orchestrator deploys to a single account, so there are no dev, staging and "
                "prod",
            )
        return value

    return BeforeValidator(check)


PerStage = Annotated[
    Annotated[T, Tag(ONE_VALUE)] | Annotated[Staged[T], Tag(BY_STAGE)],
    Discriminator(_form),
    _only_where_stages_exist(_form),
]

PerStageObject = Annotated[
    Annotated[T, Tag(ONE_VALUE)] | Annotated[Staged[T], Tag(BY_STAGE)],
    Discriminator(_form_of_object),
    _only_where_stages_exist(_form_of_object),
]
"""The same for an object: it has no members with the names of stages."""


def at(value: T | Staged[T], stage: Stage | None) -> T:
    """The value for a stage; `None` is the one stage of a single-account deployment."""
    if not isinstance(value, Staged):
        return value
    if stage is None:
        raise ValueError("a value by stage needs a stage")
    chosen: T = getattr(value, stage)
    return chosen


def by_key(key: str, value: T | Staged[T]) -> list[tuple[str, T]]:
    """Every value with the request key that it stands under, e.g. `("inference_instance.dev", "ml.m5.large")`."""
    if not isinstance(value, Staged):
        return [(key, value)]
    return [(f"{key}.{field.name}", getattr(value, field.name)) for field in fields(value)]


def key_at(key: str, value: T | Staged[T], stage: Stage | None) -> str:
    """Return the request key that holds the value for a stage."""
    return f"{key}.{stage}" if isinstance(value, Staged) else key
