# SPDX-License-Identifier: Apache-2.0
"""CloudFormation's API for change sets.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
"""

from __future__ import annotations

import functools

from moto.cloudformation.exceptions import ValidationError
from moto.core.responses import ActionResult, EmptyResult

from scripts.local_aws.cloudformation import change_sets, operations, stack_plan, stacks, updates, views
from scripts.local_aws.cloudformation.requests import StackRequests, entering
from scripts.local_aws.cloudformation.stacks import ChangeSet, Definition, Stack
from scripts.local_aws.cloudformation.work import StackWork


class ChangeSetApi(StackRequests):
    """Actions on change sets."""

    def create_change_set(self) -> ActionResult:
        """Serve CreateChangeSet of type CREATE or UPDATE; a new stack waits in REVIEW_IN_PROGRESS."""
        kind = self._get_param("ChangeSetType", "UPDATE")
        if kind not in ("CREATE", "UPDATE"):
            raise ValidationError(message=f"The local AWS makes no change sets of type {kind}.")
        with entering:
            stack, is_new = self._stack_of_change_set(kind)
            try:
                change_set = self._change_set(stack, kind)
                change_sets.create(stack, change_set)
            except Exception:
                if is_new:
                    stacks.discard(stack)
                raise
            if is_new:
                self._begin(stack, "REVIEW_IN_PROGRESS")
        return ActionResult({"Id": change_set.change_set_id, "StackId": stack.stack_id})

    def describe_change_set(self) -> ActionResult:
        """Serve DescribeChangeSet, with all changes on one page."""
        stack, change_set = self._find_change_set()
        return ActionResult(views.change_set(stack, change_set))

    def list_change_sets(self) -> ActionResult:
        """Serve ListChangeSets."""
        stack = self._find(self._get_param("StackName"))
        return ActionResult({"Summaries": [views.change_set(stack, one) for one in stack.change_sets.values()]})

    def delete_change_set(self) -> ActionResult:
        """Serve DeleteChangeSet. A stack that was never made stays until DeleteStack, even without change sets."""
        stack, change_set = self._find_change_set()
        del stack.change_sets[change_set.name]
        return EmptyResult()

    def execute_change_set(self) -> ActionResult:
        """Serve ExecuteChangeSet, which also removes the stack's other change sets."""
        stack, change_set = self._find_change_set()
        with entering:
            change_sets.check_executable(change_set)
            if change_set.kind == "UPDATE":
                self._check_updatable(stack)
            plan = stack_plan.make(change_set.definition, stack.stack_id)
            on_failure = change_set.on_stack_failure or ("DO_NOTHING" if self._get_param("DisableRollback") else "")
            stack.role_arn = change_set.role_arn or stack.role_arn
            change_set.execution_status = "EXECUTE_COMPLETE"
            stack.change_sets = {change_set.name: change_set}
            self._begin(stack, f"{change_set.kind}_IN_PROGRESS")
        work = StackWork(stack, self.access_key)
        if change_set.kind == "CREATE":
            stack.definition = change_set.definition
            run = functools.partial(operations.create, work, plan, on_failure or "ROLLBACK")
        else:
            run = functools.partial(updates.update, work, plan, change_set.definition, on_failure != "DO_NOTHING")
        operations.launch(stack, run).join(operations.SOON_SECONDS)
        return EmptyResult()

    def _find_change_set(self) -> tuple[Stack, ChangeSet]:
        name, stack_name = self._get_param("ChangeSetName"), self._get_param("StackName")
        if stack_name:
            stack = self._find(stack_name)
            return stack, change_sets.find(stack, name)
        for stack in stacks.every(self.current_account, self.region):
            if any(one.change_set_id == name for one in stack.change_sets.values()):
                return stack, change_sets.find(stack, name)
        raise change_sets.ChangeSetNotFoundError(f"ChangeSet [{name}] does not exist")

    def _stack_of_change_set(self, kind: str) -> tuple[Stack, bool]:
        """Return the stack that a change set is for, and whether it was added for it."""
        name = self._get_param("StackName")
        stack = self._find_or_none(name)
        if kind == "UPDATE":
            stack = self._find(name)
            self._check_updatable(stack)
            return stack, False
        if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(
                message=f"Stack [{name}] already exists and cannot be created again with the changeSet "
                f"[{self._get_param('ChangeSetName')}]."
            )
        if stack is not None:
            return stack, False
        empty = Definition("", {"Resources": {}}, {}, {})
        return stacks.add(self.current_account, self.region, self._new_name(), empty), True

    def _change_set(self, stack: Stack, kind: str) -> ChangeSet:
        definition = self._definition(stack if kind == "UPDATE" else None)
        plan = stack_plan.make(definition, stack.stack_id)
        stack_plan.check_capabilities(plan, definition.capabilities)
        name = self._get_param("ChangeSetName")
        return ChangeSet(
            change_set_id=change_sets.new_id(stack, name),
            name=name,
            kind=kind,
            definition=definition,
            role_arn=self._get_param("RoleARN"),
            description=self._get_param("Description"),
            on_stack_failure=self._get_param("OnStackFailure"),
            changes=change_sets.changes(stack, stack_plan.make(stack.definition, stack.stack_id), plan),
        )
