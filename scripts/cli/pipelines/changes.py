# SPDX-License-Identifier: Apache-2.0
"""What a deployment that waits for a decision changes, in lines for the person who decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_MOST: Final = 10
"""Values that are shown; the API and the console have all."""


def lines(stage: str, changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what changes in a stage; nothing where the orchestrator does not tell."""
    for change in changes:
        if change["stage"] == stage:
            yield from _told(change)


def _told(change: Mapping[str, Any]) -> Iterator[str]:
    stage, values = change["stage"], change["changed_parameters"]
    if change["problem"]:
        yield f"what it changes cannot be told: {change['problem']}"
    elif change["is_first"]:
        yield f"new: {stage} has nothing of this pipeline yet"
    elif not values and not change["template_changes"]:
        yield f"no parameter changes in {stage}"
    else:
        yield from (
            f"changes {one['key']}: {_shown(one['before'])} -> {_shown(one['after'])}" for one in values[:_MOST]
        )
        if len(values) > _MOST:
            yield f"changes {len(values) - _MOST} more parameters"
        if change["template_changes"]:
            yield "changes the blueprint's template"
    yield from _tests(change)
    for monitor in change["monitors"]:
        for run in monitor["runs"]:
            yield f"{monitor['short_name']} in {run['stage']}: {run['status']}. {run['message']}".rstrip()


def _tests(change: Mapping[str, Any]) -> Iterator[str]:
    # An orchestrator of an earlier release tells of none.
    yield from (_tested(one) for one in change.get("smoke_tests", ()))
    yield from (f"smoke test in {one}: its figures are not here yet" for one in change.get("smoke_tests_missing", ()))


def _tested(one: Mapping[str, Any]) -> str:
    times = f"p50 {one['p50_ms']} ms, p95 {one['p95_ms']} ms, slowest {one['max_ms']} ms"
    where = f"smoke test in {one['stage']}, {one['account']}"
    return f"{where}: {one['calls']} calls, {one['errors']} failed; {times}. {one['problem']}".rstrip()


def _shown(value: str | None) -> str:
    return "not set" if value is None else value or "empty"
