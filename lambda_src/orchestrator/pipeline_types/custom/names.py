# SPDX-License-Identifier: Apache-2.0
"""Valid names of pipeline types: part of keys in S3 and of stack names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from orchestrator.model_cards.operation_names import ALIASES, NAMES
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.registry import named

PREFIX: Final = "pipeline-types/"
"""Prefix of types in the pipelines bucket; the name follows."""
LONGEST_NAME: Final = 40
NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_RESERVED: Final = frozenset({"all", "built_in", "codepipeline", "custom", "none", "pipeline_types"})


def is_well_formed(name: str) -> bool:
    """True if a type can have this name; others are not looked up."""
    return len(name) <= LONGEST_NAME and NAME.fullmatch(name) is not None


def named_type(body: Any) -> str:
    """Return the type's name in a decoded request; empty if it has none that a type can have."""
    name = named(body)
    return name if is_well_formed(name) else ""


def in_stack_names(name: str) -> str:
    """Return the name in its form at the end of stack names."""
    return name.replace("_", "-")


def clashes(name: str) -> Iterator[str]:
    """Yield the reasons why a well-formed name is taken, as sentences."""
    if name in BUILT_IN.names():
        yield f"{name} is a built-in pipeline type: choose another name"
    elif name in (*NAMES, *ALIASES):
        yield f"{name} is an operation on model cards: choose another name"
    elif name in _RESERVED:
        yield f"{name} is a reserved word: choose another name"
    else:
        # `x-a-b` would be the stack of the built-in type `b` for `x-a`, and of this type for `x`.
        ending = f"-{in_stack_names(name)}"
        if any(ending.endswith(f"-{type_.postfix.lower()}") for type_ in BUILT_IN):
            yield f"{name} would give stacks the names that a built-in pipeline type has: choose another name"
