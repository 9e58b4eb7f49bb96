# SPDX-License-Identifier: Apache-2.0
"""The names of the operations on model cards, as requests spell them; nothing else is imported for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

NAMES: Final = (
    "create_model_card",
    "update_model_card",
    "describe_model_card",
    "delete_model_card",
    "list_model_cards",
    "export_model_card",
    "describe_model_card_export",
)
"""The operations, as values of `pipeline_type`."""
ALIASES: Final[Mapping[str, str]] = {"export_model_cards": "export_model_card"}
"""Other spelling of an operation -> operation (lesson 92)."""
EXPORTS: Final = "model_card_exports"
"""Where exports go in the assets bucket; SageMaker adds the rest of the key."""


def operation_of(body: Any) -> str | None:
    """The operation that a decoded request names, or `None` when it is no matter of model cards."""
    named = body.get("pipeline_type") if isinstance(body, Mapping) else None
    if not isinstance(named, str):
        return None
    name = named.strip().lower()
    operation = ALIASES.get(name, name)
    return operation if operation in NAMES else None
