# SPDX-License-Identifier: Apache-2.0
"""CloudFormation's API for stacks: answers requests and starts the work.

Change sets are in `change_set_api`, stack sets in `stack_sets/api`; actions that are in none are moto's.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import functools

from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.core.responses import ActionResult, EmptyResult

from scripts.local_aws.cloudformation import change_sets, operations, stack_plan, stacks, updates, views
from scripts.local_aws.cloudformation.change_set_api import ChangeSetApi
from scripts.local_aws.cloudformation.requests import entering
from scripts.local_aws.cloudformation.stack_sets.api import StackSetApi
from scripts.local_aws.cloudformation.work import StackWork

# Whoever follows a stack asks again and again, and stops at the first event that he knows.
_PAGE_OF_EVENTS = 25


class CloudFormationApi(ChangeSetApi, StackSetApi):
    """moto's response class with the stack actions replaced."""

    def create_stack(self) -> ActionResult:
        """CreateStack."""
        name = self._new_name()
        on_failure = self._on_failure()
        with entering:
            if self._find_or_none(name) is not None:
                raise AlreadyExistsException(f"Stack [{name}] already exists")
            definition = self._definition(None)
            stack = stacks.add(self.current_account, self.region, name, definition)
            try:
                plan = stack_plan.make(definition, stack.stack_id)
                stack_plan.check_capabilities(plan, definition.capabilities)
            except Exception:
                stacks.discard(stack)
                raise
            stack.role_arn = self._get_param("RoleARN")
            stack.termination_protection = bool(self._get_param("EnableTerminationProtection"))
            stack.disable_rollback = on_failure == "DO_NOTHING"
            self._begin(stack, "CREATE_IN_PROGRESS")
        work = StackWork(stack, self.access_key)
        operations.launch(stack, functools.partial(operations.create, work, plan, on_failure))
        return ActionResult({"StackId": stack.stack_id})

    def update_stack(self) -> ActionResult:
        """UpdateStack."""
        stack = self._find(self._get_param("StackName"))
        with entering:
            self._check_updatable(stack)
            definition = self._definition(stack)
            plan = stack_plan.make(definition, stack.stack_id)
            stack_plan.check_capabilities(plan, definition.capabilities)
            role_arn = self._get_param("RoleARN") or stack.role_arn
            if stack.status != "UPDATE_FAILED" and not change_sets.differs(stack, definition):
                raise ValidationError(message="No updates are to be performed.")
            stack.role_arn = role_arn
            self._begin(stack, "UPDATE_IN_PROGRESS")
        roll_back = not self._get_param("DisableRollback")
        work = StackWork(stack, self.access_key)
        operations.launch(stack, functools.partial(updates.update, work, plan, definition, roll_back))
        return ActionResult({"StackId": stack.stack_id})

    def delete_stack(self) -> ActionResult:
        """DeleteStack; a stack that is not there is deleted already."""
        stack = self._find_or_none(self._get_param("StackName"))
        if stack is None or stack.status in (stacks.DELETED, "DELETE_IN_PROGRESS"):
            return EmptyResult()
        with entering:
            self._check_deletable(stack)
            stack.role_arn = self._get_param("RoleARN") or stack.role_arn
            stack.cancelled.set()
            self._begin(stack, "DELETE_IN_PROGRESS")
        retained = self._get_param("RetainResources", [])
        work = StackWork(stack, self.access_key)
        operations.launch(stack, functools.partial(operations.delete, work, retained))
        return EmptyResult()

    def update_termination_protection(self) -> ActionResult:
        """UpdateTerminationProtection."""
        stack = self._find(self._get_param("StackName"))
        stack.termination_protection = bool(self._get_param("EnableTerminationProtection"))
        return ActionResult({"StackId": stack.stack_id})

    def describe_stacks(self) -> ActionResult:
        """DescribeStacks."""
        name = self._get_param("StackName")
        found = [self._find(name)] if name else list(stacks.living(self.current_account, self.region))
        page, token = self._page(found)
        return ActionResult({"Stacks": [views.stack(one) for one in page], "NextToken": token})

    def list_stacks(self) -> ActionResult:
        """ListStacks, the deleted ones included."""
        wanted = self._get_param("StackStatusFilter", [])
        found = [one for one in stacks.every(self.current_account, self.region) if not wanted or one.status in wanted]
        page, token = self._page(found)
        return ActionResult({"StackSummaries": [views.stack(one) for one in page], "NextToken": token})

    def describe_stack_events(self) -> ActionResult:
        """DescribeStackEvents, newest first."""
        name = self._get_param("StackName")
        stack = self._find_or_none(name)
        if stack is None:
            raise ValidationError(message=f"Stack [{name}] does not exist")
        page, token = self._page(stack.events(), _PAGE_OF_EVENTS)
        return ActionResult({"StackEvents": [views.event(stack, one) for one in page], "NextToken": token})

    def describe_stack_resource(self) -> ActionResult:
        """DescribeStackResource."""
        stack = self._find(self._get_param("StackName"))
        logical_id = self._get_param("LogicalResourceId")
        resource = stack.resources.get(logical_id)
        if resource is None:
            raise ValidationError(message=f"Resource {logical_id} does not exist for stack {stack.name}")
        return ActionResult({"StackResourceDetail": views.resource(stack, resource)})

    def describe_stack_resources(self) -> ActionResult:
        """DescribeStackResources, by stack only."""
        if not self._get_param("StackName"):
            raise ValidationError(message="The local AWS describes the resources of a stack: give its StackName.")
        stack = self._find(self._get_param("StackName"))
        wanted = self._get_param("LogicalResourceId")
        found = [one for one in stack.resources.values() if wanted in (None, one.logical_id)]
        return ActionResult({"StackResources": [views.resource(stack, one) for one in found]})

    def list_stack_resources(self) -> ActionResult:
        """ListStackResources."""
        stack = self._find(self._get_param("StackName"))
        page, token = self._page(list(stack.resources.values()))
        found = [views.resource(stack, one) for one in page]
        return ActionResult({"StackResourceSummaries": found, "NextToken": token})

    def get_template(self) -> ActionResult:
        """GetTemplate of a stack or a change set."""
        stack = self._find(self._get_param("StackName"))
        named = self._get_param("ChangeSetName")
        definition = change_sets.find(stack, named).definition if named else stack.definition
        return ActionResult({"TemplateBody": definition.body, "StagesAvailable": ["Original", "Processed"]})
