# SPDX-License-Identifier: Apache-2.0
"""Definitions of a stage before and after an approval, compared for people. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.aws.cloudformation.stack_sets import Definition

if TYPE_CHECKING:
    from orchestrator.answers.awaited import ChangedValue

STARS: Final = "********"
_NO_ECHO: Final = "NoEcho"
_MASKED: Final = re.compile(r"\*{4,}")
"""What CloudFormation tells instead of such a value; a single star is one."""


@dataclass(frozen=True)
class Masks:
    """Which parameters' values are secret: those named, and what CloudFormation itself does not show.

    A package of an earlier release does not say which; where its template has any secret, no value is shown.
    """

    names: frozenset[str] | None

    def hides(self, name: str, before: str | None, template: str) -> bool:
        """Return whether a value is shown as stars."""
        if self.names is None and _NO_ECHO in template:
            return True
        return name in (self.names or ()) or _MASKED.fullmatch(before or "") is not None


def parameters(wanted: Definition, found: Definition | None, masks: Masks) -> list[ChangedValue]:
    """Return the parameters that change; of a first deployment, all that are set. A secret may or may not change."""
    before, after = dict(found.parameters) if found else {}, dict(wanted.parameters)
    hidden = {name for name in before | after if masks.hides(name, before.get(name), wanted.template)}
    return list(_differences(before, after, hidden))


def tags(wanted: Definition, found: Definition | None) -> list[ChangedValue]:
    """Return the tags that change; of a first deployment, all."""
    return list(_differences(dict(found.tags) if found else {}, dict(wanted.tags), set()))


def _differences(before: Mapping[str, str], after: Mapping[str, str], hidden: set[str]) -> Iterator[ChangedValue]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if name in hidden:
            yield {"key": name, "before": _starred(old), "after": _starred(new)}
        elif (old or "") != (new or ""):
            yield {"key": name, "before": old, "after": new}


def _starred(value: str | None) -> str | None:
    return STARS if value else value
