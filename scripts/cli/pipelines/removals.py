# SPDX-License-Identifier: Apache-2.0
"""Deletions of pipelines, followed to their ends. The orchestrator carries them out; this polls and shows them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from rich.text import Text

from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.client.answers import accepted
from scripts.cli.display.screens import Screen
from scripts.cli.display.states import coloured
from scripts.cli.errors import CommandError
from scripts.cli.output import Output

_FIRST_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 5.0
_PAUSE_GROWTH: Final = 1.3
# StackSets' events may not reach the orchestrator's account, so the request itself is repeated after this time.
_REPEATED_AFTER_SECONDS: Final = 60
_LONGEST_SECONDS: Final = 3 * 3600


class Removal:
    """Requested deletion of a pipeline."""

    def __init__(self, api: OrchestratorApi, details: Mapping[str, Any], output: Output) -> None:
        self.name: str = details["pipeline_stack_name"]
        self.is_over = False
        self.failure = ""
        """Names and reasons of what could not be deleted; the deletion has then ended."""
        self._api = api
        self.id: str = details["pipeline_id"]
        self._output = output
        self._told: set[tuple[str, str]] = set(going(details))
        self._now = ""
        self._last_change = time.monotonic()

    def look(self) -> None:
        """Show what has changed since the last call."""
        answer = self._api.details(self.id)
        if answer.status == HTTPStatus.NOT_FOUND:
            self._end({"pipeline_id": self.id, "status": "DELETED"}, f"The pipeline {self.name} is deleted.")
            return
        now = accepted(answer)
        for change in going(now):
            if change not in self._told:
                self._told.add(change)
                self._last_change = time.monotonic()
                self._now = f"{change[0]}: {change[1]}"
                self._output.line("event", {"name": change[0], "is": change[1]})
                if not self._output.is_live:
                    self._output.say(self._now)
        self.failure = str((now["deletion"] or {}).get("failure", ""))
        if self.failure:
            self._end({"pipeline_id": self.id, "status": "FAILED", "reason": self.failure}, self.failure)
        elif now["stages"] and time.monotonic() - self._last_change > _REPEATED_AFTER_SECONDS:
            self._last_change = time.monotonic()
            accepted(self._api.delete(self.id))

    def shown(self) -> Text:
        """Return what goes now, for a terminal."""
        return Text(f"{self.name}\n  ").append_text(coloured(self._now or "the deletion has been requested"))

    def _end(self, document: dict[str, str], words: str) -> None:
        self.is_over = True
        self._output.line("event", document)
        self._output.say(words)


def going(details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a deletion removes, each with its state."""
    yield details["pipeline_stack_name"], f"the pipeline's stack, {details['stack_status']}"
    stack = details["stack"]
    if stack is not None and stack["stack_id"] != details["pipeline_id"]:
        yield stack["stack_name"], f"the stack that it deployed, {stack['status']}"
    for stage in details["stages"]:
        for instance in stage["instances"] or ():
            place = f"{instance['account']}, {instance['region']}"
            yield stage["stack_set"], f"the stack of {stage['stage']} in {place}, {instance['status']}"
    yield "the packaged template", "in the pipelines bucket"


def follow(beginning: Iterator[Removal], output: Output, at_once: int = 1) -> list[Removal]:
    """Follow deletions to their ends and return the failed ones. Each starts when fewer than `at_once` run.

    After a failure, no other is started. Raises CommandError if one does not end within three hours.
    """
    with output.screen() as screen:
        return _followed(beginning, at_once, screen)


def _followed(beginning: Iterator[Removal], at_once: int, screen: Screen) -> list[Removal]:
    running: list[Removal] = []
    failed: list[Removal] = []
    while True:
        if not failed:
            running += itertools.islice(beginning, at_once - len(running))
        if not running:
            return failed
        _look_until_one_is_over(running, screen)
        failed += [removal for removal in running if removal.failure]
        running = [removal for removal in running if not removal.is_over]


def _look_until_one_is_over(running: Sequence[Removal], screen: Screen) -> None:
    pause, deadline = _FIRST_PAUSE_SECONDS, time.monotonic() + _LONGEST_SECONDS
    while True:
        for removal in running:
            removal.look()
            screen.show(*(one.shown() for one in running))
        if any(removal.is_over for removal in running):
            return
        if time.monotonic() > deadline:
            raise CommandError("the deletion did not end within three hours; repeat the command to go on")
        threading.Event().wait(pause)
        pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)
