# SPDX-License-Identifier: Apache-2.0
"""The smoke test of a deployed stage, as the approval of the next stage tells of it: pure, no AWS.

The figures come as events, so they may be there a little later than the deployment. What reads them is given to
`deployment.advance`: it is shared with those who show figures elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from orchestrator.aws.cloudformation.stack_sets import Definition
from orchestrator.plan import layout

PARAMETER: Final = "SmokeTestCode"
"""Parameter of blueprints whose models are tested: bus, bucket, key of the function and its digest; or empty."""
MOST_WAITS: Final = 6
"""About three minutes for figures: CodePipeline calls about every half minute."""
_PART_COUNT: Final = 4


@dataclass(frozen=True)
class Tested:
    """A stage with a smoke test: where the figures are kept, and from which moment on they are this deployment's."""

    bucket: str
    common_name: str
    accounts: tuple[str, ...]
    since: datetime


@dataclass(frozen=True)
class Told:
    """What is known of a stage's smoke test."""

    words: str
    """Sentences for the approval; never empty, because CodePipeline has to hand them on."""
    is_whole: bool
    """False as long as figures of this deployment may still come."""


Tell = Callable[[Tested], Told]
UNTESTED: Final = Told("No smoke test in this stage.", is_whole=True)


def is_asked(definition: Definition) -> bool:
    """Return whether a stage that is deployed so has a smoke test; a blueprint of one's own may use the name."""
    parts = _parts(definition)
    return len(parts) == _PART_COUNT and parts[2].startswith(layout.ROOT)


def of(definition: Definition, accounts: tuple[str, ...], begun: int) -> Tested | None:
    """Return the test of a stage that was deployed so by an action that began then; `None` if it has none."""
    if not is_asked(definition):
        return None
    parts = _parts(definition)
    common_name = parts[2].removeprefix(layout.ROOT).partition("/")[0]
    return Tested(parts[1], common_name, accounts, datetime.fromtimestamp(begun, UTC))


def _parts(definition: Definition) -> list[str]:
    return dict(definition.parameters).get(PARAMETER, "").split(",")
