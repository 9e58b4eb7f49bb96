# SPDX-License-Identifier: Apache-2.0
"""Stack set operations: their turn, their threads, and the order in which they go through accounts and Regions.

An operation has a thread of its own and is RUNNING when the API answers. In each Region it takes as many accounts at
once as its preferences allow, and leaves a Region, and those after it, when too many have failed there.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime

from scripts.local_aws import organization
from scripts.local_aws.cloudformation.resources.base import words
from scripts.local_aws.cloudformation.stack_sets import events, faults, records
from scripts.local_aws.cloudformation.stack_sets import preferences as stack_set_preferences
from scripts.local_aws.cloudformation.stack_sets.instances import SERVER_STOPS, InstanceError, StackSetWork
from scripts.local_aws.cloudformation.stack_sets.preferences import Limits
from scripts.local_aws.cloudformation.stack_sets.records import (
    Operation,
    OperationIdAlreadyExistsError,
    OperationInProgressError,
    Result,
    StackInstance,
    StackSet,
)

_MOST_THREADS = 32
_SHUTDOWN_SECONDS = 10.0
_TOO_MANY_FAILED = "Cancelled since failure tolerance has exceeded"
_log = logging.getLogger(__name__)
_running: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
_stopping = threading.Event()


def install() -> None:
    """Make ready for a new server."""
    _stopping.clear()


def stop_all() -> None:
    """Stop what runs and wait for the threads, for a bounded time each."""
    _stopping.set()
    faults.clear()
    for thread in list(_running):
        thread.join(_SHUTDOWN_SECONDS)
    _running.clear()


def begin(stack_set: StackSet, operation: Operation) -> threading.Thread:
    """Start an operation; its thread.

    Raises OperationIdAlreadyExistsError, OperationInProgressError, and what `operation.select` raises.
    """
    stack_set_preferences.check(operation.preferences)
    with records.changing:
        if operation.operation_id in stack_set.operations:
            raise OperationIdAlreadyExistsError(f"Operation with id {operation.operation_id} already exists")
        check_idle(stack_set)
        thread = _start(stack_set, operation)
        stack_set.operations[operation.operation_id] = operation
    return thread


def check_idle(stack_set: StackSet) -> None:
    """Refuse what has to wait for an operation. Raises OperationInProgressError."""
    if any(operation.status == "RUNNING" for operation in stack_set.operations.values()):
        raise OperationInProgressError(f"Another Operation on StackSet {stack_set.arn} is in progress")


def _start(stack_set: StackSet, operation: Operation) -> threading.Thread:
    operation.results = [Result(instance) for instance in operation.select()]
    for result in operation.results:
        instance = result.instance
        instance.last_operation_id = operation.operation_id
        instance.detailed_status, instance.reason = "PENDING", None
    events.operation_changed(stack_set, operation)
    thread = threading.Thread(target=_run, args=(stack_set, operation), name=f"stack set {stack_set.name}", daemon=True)
    _running.add(thread)
    thread.start()
    return thread


def _run(stack_set: StackSet, operation: Operation) -> None:
    exceeded = _Deployment(stack_set, operation).run()
    with records.changing:
        # The last word: whoever reads an operation that has ended finds its results complete.
        operation.ended = datetime.now(UTC)
        operation.status = "FAILED" if exceeded else "SUCCEEDED"
        events.operation_changed(stack_set, operation)


class _Lane:
    """The accounts of one Region."""

    def __init__(self, results: list[Result], limits: Limits) -> None:
        self.waiting = deque(results)
        self._limits = limits
        self._running = 0
        self._failures = 0

    @property
    def exceeded(self) -> bool:
        """Whether too many accounts have failed."""
        return self._limits.at_once(self._failures) == 0

    def startable(self) -> Iterator[Result]:
        """Yield the accounts that may start now, and count them as running."""
        while self.waiting and self._running < self._limits.at_once(self._failures):
            self._running += 1
            yield self.waiting.popleft()

    def finish(self, has_failed: bool) -> None:
        """Count an account as ended."""
        self._running -= 1
        self._failures += has_failed


class _Deployment:
    """Run of an operation through its Regions and accounts."""

    def __init__(self, stack_set: StackSet, operation: Operation) -> None:
        self._stack_set = stack_set
        self._operation = operation
        self._work = StackSetWork(stack_set, _stopping.is_set)

    def run(self) -> bool:
        """Work on every Region. Return whether too many accounts have failed in one."""
        lanes = self._lanes()
        if lanes:
            threads, name = min(_MOST_THREADS, len(self._operation.results)), f"stack set {self._stack_set.name}"
            with ThreadPoolExecutor(threads, thread_name_prefix=name) as pool:
                if stack_set_preferences.in_parallel(self._operation.preferences):
                    self._run_together(pool, lanes)
                else:
                    self._run_in_turn(pool, lanes)
        exceeded = any(lane.exceeded for lane in lanes)
        reason = _TOO_MANY_FAILED if exceeded else SERVER_STOPS
        for lane in lanes:
            for result in lane.waiting:
                _note(result, "CANCELLED", reason)
        return exceeded

    def _lanes(self) -> list[_Lane]:
        by_region: dict[str, list[Result]] = {}
        for result in self._operation.results:
            by_region.setdefault(result.instance.region, []).append(result)
        preferences = self._operation.preferences
        return [
            _Lane(results, stack_set_preferences.limits(preferences, len(results))) for results in by_region.values()
        ]

    def _run_in_turn(self, pool: ThreadPoolExecutor, lanes: list[_Lane]) -> None:
        for lane in lanes:
            self._run_together(pool, [lane])
            if lane.exceeded:
                return

    def _run_together(self, pool: ThreadPoolExecutor, lanes: list[_Lane]) -> None:
        running: dict[Future[bool], _Lane] = {}
        while True:
            for lane in lanes:
                if not _stopping.is_set():
                    running |= {pool.submit(self._change, result): lane for result in lane.startable()}
            if not running:
                return
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                running.pop(future).finish(has_failed=future.result())

    def _change(self, result: Result) -> bool:
        """Work on one instance; whether that failed."""
        instance = result.instance
        if organization.is_suspended(self._stack_set.account, self._stack_set.region, instance.account):
            # Not a failure, and nothing that counts against the tolerance.
            instance.detailed_status = "SKIPPED_SUSPENDED_ACCOUNT"
            instance.reason = result.reason = "ACCOUNT_SUSPENDED"
            result.status = "SUCCEEDED"
            return False
        result.status = instance.detailed_status = "RUNNING"
        try:
            faults.wait(instance.account)
            remark = self._apply(instance)
        except InstanceError as error:
            self._fail(result, str(error))
        except Exception as error:
            # An error of our own must not leave the operation running for ever.
            _log.exception("stack set %s, account %s", self._stack_set.name, instance.account)
            self._fail(result, words(error))
        else:
            instance.status = "CURRENT"
            _note(result, "SUCCEEDED", remark)
        return result.status == "FAILED"

    def _apply(self, instance: StackInstance) -> str | None:
        refusal = SERVER_STOPS if _stopping.is_set() else faults.refusal(instance.account)
        if refusal is not None:
            raise InstanceError(refusal)
        if self._operation.action != "DELETE":
            return self._work.deploy(instance)
        if not self._operation.retain_stacks:
            self._work.remove(instance)
        with records.changing:
            del self._stack_set.instances[instance.account, instance.region]
        return None

    def _fail(self, result: Result, reason: str) -> None:
        instance = result.instance
        instance.status = "INOPERABLE" if self._operation.action == "DELETE" else "OUTDATED"
        _note(result, "FAILED", reason)


def _note(result: Result, status: str, reason: str | None) -> None:
    instance = result.instance
    result.reason = instance.reason = reason
    instance.detailed_status = "INOPERABLE" if instance.status == "INOPERABLE" else status
    result.status = status
