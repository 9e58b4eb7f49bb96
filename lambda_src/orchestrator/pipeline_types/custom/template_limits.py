# SPDX-License-Identifier: Apache-2.0
"""Values that CloudFormation accepts for a parameter, checked before anything is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator.pipeline_types.custom.schema import engine
from orchestrator.pipeline_types.custom.template import LONGEST_VALUE, TemplateParameter

_NUMBERS = frozenset({"Number", "List<Number>"})


def refusals(parameter: TemplateParameter, value: str) -> Iterator[str]:
    """Yield the reasons why CloudFormation would refuse a value, as sentences that complete the key."""
    if len(value) > LONGEST_VALUE:
        yield f"must have {LONGEST_VALUE} characters at most as a parameter of CloudFormation; it has {len(value)}"
        return
    entries = [entry.strip() for entry in value.split(",")] if parameter.is_list else [value]
    yield from _of_text(parameter, value)
    if parameter.allowed_values and not set(entries) <= set(parameter.allowed_values):
        yield f"must be one of {', '.join(parameter.allowed_values)}"
    if parameter.kind in _NUMBERS:
        yield from _of_numbers(parameter, entries)


def _of_text(parameter: TemplateParameter, value: str) -> Iterator[str]:
    if parameter.min_length is not None and len(value) < parameter.min_length:
        yield f"must have {parameter.min_length} characters at least"
    if parameter.max_length is not None and len(value) > parameter.max_length:
        yield f"must have {parameter.max_length} characters at most"
    # CloudFormation uses Java's patterns; those that our engine does not support are left to it.
    whole = f"^(?:{parameter.allowed_pattern})$"
    if parameter.allowed_pattern and engine.is_pattern(whole) and not engine.matches(whole, value):
        yield f"must match {parameter.allowed_pattern}"


def _of_numbers(parameter: TemplateParameter, entries: list[Any]) -> Iterator[str]:
    try:
        numbers = [float(entry) for entry in entries]
    except ValueError:
        yield f"must be {'numbers' if parameter.is_list else 'a number'}"
        return
    if parameter.min_value is not None and min(numbers) < parameter.min_value:
        yield f"must be {parameter.min_value:g} at least"
    if parameter.max_value is not None and max(numbers) > parameter.max_value:
        yield f"must be {parameter.max_value:g} at most"
