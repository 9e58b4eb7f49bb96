# SPDX-License-Identifier: Apache-2.0
"""Creation and deletion of stacks, with rollback. Each operation runs in a thread of its own.

A resource may need the server while it is made (a custom resource's function calls back), so no lock is held here: only
the thread of its operation changes a stack. Statuses follow
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable

from scripts.local_aws.cloudformation import stack_plan, stacks
from scripts.local_aws.cloudformation.resources.base import words
from scripts.local_aws.cloudformation.stack_plan import Plan
from scripts.local_aws.cloudformation.stacks import DELETED, Stack, StackResource
from scripts.local_aws.cloudformation.work import StackWork, StepFailedError

_SHUTDOWN_SECONDS = 10.0
_running: weakref.WeakKeyDictionary[threading.Thread, Stack] = weakref.WeakKeyDictionary()


# An answer may wait so long for what it began: whoever follows something small then need not come again.
SOON_SECONDS = 0.2


class CancelledError(Exception):
    """Raised if the stack is to be deleted, or the server stops."""


def launch(stack: Stack, work: Callable[[], None]) -> threading.Thread:
    """Run an operation in a thread, after the stack's previous one has ended."""
    previous = stack.operation

    def run() -> None:
        if previous is not None:
            previous.join()
        try:
            work()
        except Exception as error:
            # An error of our own must not leave a stack in progress forever.
            stack.note(stack.status.replace("IN_PROGRESS", "FAILED"), words(error))
            raise

    stack.operation = threading.Thread(target=run, name=f"stack {stack.name}", daemon=True)
    _running[stack.operation] = stack
    stack.operation.start()
    return stack.operation


def stop_all() -> None:
    """Cancel running operations and wait for each, for a limited time."""
    for thread, stack in list(_running.items()):
        stack.cancelled.set()
        thread.join(_SHUTDOWN_SECONDS)
    _running.clear()


def create(work: StackWork, plan: Plan, on_failure: str) -> None:
    """Make all planned resources. On failure, act by `on_failure`: ROLLBACK, DELETE or DO_NOTHING."""
    stack = work.stack
    try:
        for logical_id, planned in plan.resources.items():
            _check_cancelled(stack)
            work.make(logical_id, planned)
        stack.outputs = work.outputs(stack.definition)
        _check_cancelled(stack)
    except CancelledError:
        if stack.status != "DELETE_IN_PROGRESS":
            stack.note("CREATE_FAILED", "Resource creation cancelled")
    except StepFailedError as failure:
        _undo_creation(work, f"The following resource(s) failed to create: [{failure.logical_id}]. ", on_failure)
    except Exception as error:  # outputs that cannot be resolved
        _undo_creation(work, words(error), on_failure)
    else:
        stack.note("CREATE_COMPLETE")


def delete(work: StackWork, retained: Iterable[str]) -> None:
    """Remove the stack's resources, dependents first. If some cannot be removed, the stack becomes DELETE_FAILED."""
    stack = work.stack
    if stack.status != "DELETE_IN_PROGRESS":
        # The creation that this deletion waited for has set its own status since.
        stack.note("DELETE_IN_PROGRESS", "User Initiated")
    failed = remove_all(work, [one for one in stack.resources.values() if one.logical_id not in set(retained)])
    if failed:
        stack.note("DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
        return
    stack.note(DELETED)
    stacks.retire(stack)


def remove_all(work: StackWork, resources: list[StackResource], policy: str = "DeletionPolicy") -> list[str]:
    """Remove resources, dependents first, but none that a failed one still needs. Return the failed logical ids."""
    by_id = {resource.logical_id: resource for resource in resources}
    order = stack_plan.dependency_order({name: resource.definition for name, resource in by_id.items()})
    failed: list[str] = []
    needed: set[str] = set()
    for logical_id in reversed(order):
        resource = by_id[logical_id]
        if logical_id not in needed and work.remove(resource, policy):
            continue
        if logical_id not in needed:
            failed.append(logical_id)
        needed.update(stack_plan.dependencies(resource.definition, by_id))
    return failed


def _undo_creation(work: StackWork, reason: str, on_failure: str) -> None:
    stack = work.stack
    if on_failure == "DO_NOTHING":
        stack.note("CREATE_FAILED", reason)
        return
    if on_failure == "DELETE":
        stack.note("DELETE_IN_PROGRESS", f"{reason}Delete requested by user.")
        delete(work, ())
        return
    stack.note("ROLLBACK_IN_PROGRESS", f"{reason}Rollback requested by user.")
    failed = remove_all(work, list(stack.resources.values()))
    if failed:
        stack.note("ROLLBACK_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
    else:
        stack.note("ROLLBACK_COMPLETE")


def _check_cancelled(stack: Stack) -> None:
    if stack.cancelled.is_set():
        raise CancelledError
