# SPDX-License-Identifier: Apache-2.0
"""Model cards: operations on SageMaker's record of what a model is and what it is for (compatibility 5).

A request means one when its `pipeline_type` is an operation's name. It goes through here in four steps:

    registry                         which operation, and what is wrong with the request
    operations, changes, exports     the operations, each a model of its request that can be carried out
    sections, metrics, evaluation    what a card holds: SageMaker's published schema of its content
    content, discovery, metric_*     what SageMaker and files know already -> the content that is sent

Only who asks for a card pays for the import of its models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.settings import Settings

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


def answer(body: Any, settings: Settings) -> dict[str, Any]:
    """Carry out the operation that a request names; raises the errors of `orchestrator.errors`."""
    from orchestrator.model_cards.registry import carry_out  # noqa: PLC0415

    return carry_out(body, settings)
