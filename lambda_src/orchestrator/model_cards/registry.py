# SPDX-License-Identifier: Apache-2.0
"""Finds the operation of a request, has it validated and carried out. Nothing else knows which operations there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from orchestrator import problems
from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Settings
from orchestrator.model_cards import operation_names
from orchestrator.model_cards.changes import CreateModelCard, UpdateModelCard
from orchestrator.model_cards.exports import DescribeModelCardExport, ExportModelCard
from orchestrator.model_cards.operations import DeleteModelCard, DescribeModelCard, ListModelCards, Operation

_TYPES: Final[tuple[type[Operation], ...]] = (
    CreateModelCard,
    UpdateModelCard,
    DescribeModelCard,
    DeleteModelCard,
    ListModelCards,
    ExportModelCard,
    DescribeModelCardExport,
)
OPERATIONS: Final[Mapping[str, type[Operation]]] = {type_.operation: type_ for type_ in _TYPES}
_TOLD_BY_SAGEMAKER: Final = frozenset({"arn", "version", "created_by", "last_modified_by"})
"""What DescribeModelCard answers, and a request may hand back: no operation sends it."""
_ALL_KEYS: Final = _TOLD_BY_SAGEMAKER.union(*(type_.model_fields for type_ in _TYPES))


@dataclass(frozen=True)
class Accepted:
    """A valid request, and what its author should know although it is valid."""

    operation: Operation
    warnings: tuple[str, ...] = ()


def parse(body: Mapping[str, Any], settings: Settings | None = None) -> Accepted:
    """Validate a request that names an operation; raises `RefusedRequestError` with every problem found.

    Without settings nobody knows what requests may name, and all of it passes.

    Keys that only other operations have are ignored, with a warning; unknown ones are refused with the nearest.
    """
    name = str(operation_names.operation_of(body))
    type_ = OPERATIONS[name]
    given = dict(body)
    given.pop("pipeline_type")
    foreign = sorted(given.keys() & _ALL_KEYS - type_.model_fields.keys())
    own = {key: value for key, value in given.items() if key not in foreign}
    try:
        operation = type_.model_validate(own, context=settings)
    except ValidationError as error:
        raise RefusedRequestError(list(problems.from_validation(error, type_.model_fields))) from None
    return Accepted(operation, tuple(f"{key} has no meaning for {name} and is ignored" for key in foreign))


def carry_out(body: Any, settings: Settings) -> dict[str, Any]:
    """Carry out the operation of a request that names one; raises the errors of `orchestrator.errors`."""
    accepted = parse(body, settings)
    found = accepted.operation.carry_out(settings)
    warnings = [*accepted.warnings, *found.get("warnings", [])]
    return {**found, **({"warnings": warnings} if warnings else {})}
