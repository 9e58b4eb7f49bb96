# SPDX-License-Identifier: Apache-2.0
"""The operations on model cards by name, as requests spell them; none is imported for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PLACES: Final[Mapping[str, str]] = {
    "create_model_card": "model_cards.changes:CreateModelCard",
    "update_model_card": "model_cards.changes:UpdateModelCard",
    "describe_model_card": "model_cards.operations:DescribeModelCard",
    "delete_model_card": "model_cards.operations:DeleteModelCard",
    "list_model_cards": "model_cards.operations:ListModelCards",
    "export_model_card": "model_cards.exports:ExportModelCard",
    "describe_model_card_export": "model_cards.exports:DescribeModelCardExport",
}
"""Value of `pipeline_type` -> the operation's class."""
NAMES: Final = tuple(PLACES)
ALIASES: Final[Mapping[str, str]] = {"export_model_cards": "export_model_card"}
"""Other spelling of an operation -> operation (lesson 92)."""
TOLD_BY_SAGEMAKER: Final = frozenset({"arn", "version", "created_by", "last_modified_by"})
"""What DescribeModelCard answers, and a request may hand back: no operation sends it."""
EXPORTS: Final = "model_card_exports"
"""Where exports go in the assets bucket; SageMaker adds the rest of the key."""
