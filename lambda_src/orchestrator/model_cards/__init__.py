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

from typing import Any

from orchestrator.launch.settings import Settings


def answer(body: Any, settings: Settings) -> dict[str, Any]:
    """Carry out the operation that a request names; raises the errors of `orchestrator.errors`."""
    from orchestrator.model_cards.registry import carry_out  # noqa: PLC0415

    return carry_out(body, settings)
