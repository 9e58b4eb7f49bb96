# SPDX-License-Identifier: Apache-2.0
"""Patterns of rules over lists of objects, which moto does not look into.

One object of the list must match the whole pattern, not several together. Lists of plain values are documented
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-arrays.html). For lists of objects this is
the behaviour of the library that EventBridge uses (https://github.com/aws/event-ruler).
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.events.models import EventPattern

Node = Mapping[str, Any]


def match(pattern: EventPattern, event: Any) -> bool:
    """Whether an event matches the pattern of a rule."""
    return any(pattern.matches_event(one) for one in _spread(event, [pattern.get_pattern()]))  # type: ignore[arg-type]


def _spread(node: Node, patterns: Sequence[Node]) -> Iterator[Node]:
    """Yield copies of the node with one object in place of each list of objects that the patterns look into."""
    choices: dict[str, list[Node]] = {}
    for name, inner in _looked_into(patterns).items():
        value = node.get(name)
        objects = value if isinstance(value, list) else [value]
        found = [one for each in objects if isinstance(each, Mapping) for one in _spread(each, inner)]
        if found:
            choices[name] = found
    for chosen in itertools.product(*choices.values()):
        yield {**node, **dict(zip(choices, chosen, strict=True))}


def _looked_into(patterns: Sequence[Node]) -> Mapping[str, list[Node]]:
    """Name of a member -> the patterns for what is in it, those in an `$or` too."""
    inner: dict[str, list[Node]] = defaultdict(list)
    for pattern in patterns:
        for name, value in pattern.items():
            if name == "$or":
                for other, found in _looked_into(value).items():
                    inner[other] += found
            elif isinstance(value, Mapping):
                inner[name].append(value)
    return inner
