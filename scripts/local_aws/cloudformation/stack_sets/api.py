# SPDX-License-Identifier: Apache-2.0
"""CloudFormation's API for stack sets with service-managed permissions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html
"""

from __future__ import annotations

import functools
import uuid
from typing import Any

from moto.cloudformation.exceptions import StackSetNotEmpty, ValidationError
from moto.cloudformation.utils import generate_stackset_arn
from moto.core.responses import ActionResult, EmptyResult

from scripts.local_aws import organization
from scripts.local_aws.cloudformation import stack_plan
from scripts.local_aws.cloudformation.operations import SOON_SECONDS
from scripts.local_aws.cloudformation.requests import STACK_NAME, StackRequests
from scripts.local_aws.cloudformation.stack_sets import operations, records, views
from scripts.local_aws.cloudformation.stack_sets import targets as stack_set_targets
from scripts.local_aws.cloudformation.stack_sets.records import Operation, StackInstance, StackSet
from scripts.local_aws.cloudformation.stacks import Definition

_UNSUPPORTED = (
    "AdministrationRoleARN", "ExecutionRoleName", "StackId", "ParameterOverrides", "Accounts", "ManagedExecution",
)  # fmt: skip
_NO_ADMINISTRATOR = (
    "You must be the management account or delegated admin account of an organization before operating a "
    "SERVICE_MANAGED stack set"
)


_NO_TRUST = "You must enable organizations access to operate a service managed stack set"


class StackSetApi(StackRequests):
    """The stack set actions."""

    def describe_organizations_access(self) -> ActionResult:
        """DescribeOrganizationsAccess."""
        trusted = organization.trusts_stack_sets(self._administrating(), self.region)
        return ActionResult({"Status": "ENABLED" if trusted else "DISABLED"})

    def activate_organizations_access(self) -> ActionResult:
        """ActivateOrganizationsAccess, by the management account alone."""
        if self._administrating() != self.current_account:
            raise records.InvalidOperationError(_NO_ADMINISTRATOR)
        organization.trust_stack_sets(self.current_account, self.region)
        return EmptyResult()

    def create_stack_set(self) -> ActionResult:
        """CreateStackSet; it deploys nothing yet."""
        name, token = self._get_param("StackSetName"), self._get_param("ClientRequestToken")
        if not STACK_NAME.fullmatch(name):
            raise ValidationError(
                message=f"1 validation error detected: Value '{name}' at 'stackSetName' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            )
        self._check_supported(self._get_param("PermissionModel", "SELF_MANAGED"))
        management = self._management()
        if management is None:
            raise ValidationError(message=_NO_ADMINISTRATOR)
        if not organization.trusts_stack_sets(management, self.region):
            raise ValidationError(message=_NO_TRUST)
        with records.changing:
            existing = records.find_or_none(management, self.region, name)
            if existing is not None and token and token == existing.token:
                return ActionResult({"StackSetId": existing.stack_set_id})
            if existing is not None:
                raise records.NameAlreadyExistsError(f"StackSet {name} already exists")
            stack_set_id = records.new_id(name)
            definition = self._stack_set_definition(management, stack_set_id, None)
            made = StackSet(stack_set_id, name, management, self.region, definition, token=token)
            self._configure(made)
            records.add(made)
        return ActionResult({"StackSetId": made.stack_set_id})

    def update_stack_set(self) -> ActionResult:
        """UpdateStackSet: a new definition, and the instances that are targeted brought to it."""
        stack_set = self._stack_set()
        self._check_supported(self._get_param("PermissionModel", "SERVICE_MANAGED"))
        if not self._get_param("UsePreviousTemplate") and not self._has_template():
            raise ValidationError(message="Specify one of TemplateBody, TemplateURL and UsePreviousTemplate")
        targets, regions = self._targets(stack_set, creating=False)
        definition = self._stack_set_definition(stack_set.account, stack_set.stack_set_id, stack_set)
        configure = functools.partial(self._configure, stack_set)

        def select() -> list[StackInstance]:
            found = stack_set_targets.existing(stack_set, targets, regions)
            _define(stack_set, definition)
            configure()
            # CloudFormation leaves these alone until somebody has removed them from the set.
            return [instance for instance in found if instance.status != "INOPERABLE"]

        return self._operate(stack_set, Operation(self._operation_id(), "UPDATE", select, targets=targets))

    def delete_stack_set(self) -> ActionResult:
        """DeleteStackSet, once it has no instances."""
        stack_set = self._stack_set()
        with records.changing:
            operations.check_idle(stack_set)
            if stack_set.instances:
                raise StackSetNotEmpty
            stack_set.status = records.DELETED
        return EmptyResult()

    def describe_stack_set(self) -> ActionResult:
        """DescribeStackSet."""
        return ActionResult({"StackSet": views.stack_set(self._stack_set())})

    def list_stack_sets(self) -> ActionResult:
        """ListStackSets."""
        wanted = self._get_param("Status")
        found = [one for one in records.every(self._scope(), self.region) if wanted in (None, one.status)]
        page, token = self._page(found)
        return ActionResult({"Summaries": [views.stack_set(one) for one in page], "NextToken": token})

    def create_stack_instances(self) -> ActionResult:
        """CreateStackInstances; those that are there already are brought to the set's definition."""
        stack_set = self._stack_set()
        self._check_supported("SERVICE_MANAGED")
        targets, regions = self._targets(stack_set, creating=True)

        def select() -> list[StackInstance]:
            accounts = stack_set_targets.accounts(stack_set, targets)
            return [
                stack_set.instances.setdefault((account, region), StackInstance(account, region, unit))
                for region in regions
                for account, unit in accounts.items()
            ]

        return self._operate(stack_set, Operation(self._operation_id(), "CREATE", select, targets=targets))

    def update_stack_instances(self) -> ActionResult:
        """UpdateStackInstances changes overrides of parameters, which nothing of ours uses."""
        raise ValidationError(message="The local AWS does not override parameters of single stack instances.")

    def delete_stack_instances(self) -> ActionResult:
        """DeleteStackInstances, with their stacks unless these are retained."""
        stack_set = self._stack_set()
        self._check_supported("SERVICE_MANAGED")
        targets, regions = self._targets(stack_set, creating=False)
        select = functools.partial(stack_set_targets.existing, stack_set, targets, regions)
        retained = bool(self._get_param("RetainStacks"))
        operation = Operation(self._operation_id(), "DELETE", select, targets=targets, retain_stacks=retained)
        return self._operate(stack_set, operation)

    def describe_stack_instance(self) -> ActionResult:
        """DescribeStackInstance."""
        stack_set = self._stack_set()
        found = stack_set.instance(self._get_param("StackInstanceAccount"), self._get_param("StackInstanceRegion"))
        return ActionResult({"StackInstance": views.instance(stack_set, found)})

    def list_stack_instances(self) -> ActionResult:
        """ListStackInstances, by account, Region, DETAILED_STATUS and LAST_OPERATION_ID."""
        stack_set = self._stack_set()
        account, region = self._get_param("StackInstanceAccount"), self._get_param("StackInstanceRegion")
        filters = self._filters("DETAILED_STATUS", "LAST_OPERATION_ID", "DRIFT_STATUS")
        found = [
            instance
            for instance in stack_set.every_instance()
            if account in (None, instance.account)
            and region in (None, instance.region)
            and filters.get("DETAILED_STATUS") in (None, instance.detailed_status)
            and filters.get("LAST_OPERATION_ID") in (None, instance.last_operation_id)
            and filters.get("DRIFT_STATUS") in (None, "NOT_CHECKED")
        ]
        page, token = self._page(found)
        shown = [views.instance(stack_set, one) for one in page]
        return ActionResult({"Summaries": shown, "NextToken": token})

    def describe_stack_set_operation(self) -> ActionResult:
        """DescribeStackSetOperation."""
        stack_set = self._stack_set()
        found = stack_set.operation(self._get_param("OperationId"))
        return ActionResult({"StackSetOperation": views.operation(stack_set, found)})

    def list_stack_set_operations(self) -> ActionResult:
        """ListStackSetOperations, newest first."""
        stack_set = self._stack_set()
        page, token = self._page(list(stack_set.operations.values())[::-1])
        shown = [views.operation(stack_set, one) for one in page]
        return ActionResult({"Summaries": shown, "NextToken": token})

    def list_stack_set_operation_results(self) -> ActionResult:
        """ListStackSetOperationResults, by OPERATION_RESULT_STATUS."""
        operation = self._stack_set().operation(self._get_param("OperationId"))
        wanted = self._filters("OPERATION_RESULT_STATUS").get("OPERATION_RESULT_STATUS")
        page, token = self._page([one for one in operation.results if wanted in (None, one.status)])
        return ActionResult({"Summaries": [views.result(one) for one in page], "NextToken": token})

    def stop_stack_set_operation(self) -> ActionResult:
        """StopStackSetOperation is refused: nothing of ours stops what it has begun."""
        raise ValidationError(message="The local AWS does not stop operations of stack sets.")

    def _management(self) -> str | None:
        """Return the account that keeps the sets, for either value of CallAs."""
        call_as = self._get_param("CallAs", "SELF")
        if call_as not in ("SELF", "DELEGATED_ADMIN"):
            raise ValidationError(message=f"CallAs must be SELF or DELEGATED_ADMIN, not {call_as}")
        return organization.administered_by(self.current_account, self.region)

    def _administrating(self) -> str:
        management = self._management()
        if management is None:
            raise records.InvalidOperationError(_NO_ADMINISTRATOR)
        return management

    def _scope(self) -> str:
        # An account that administers no Organization has no sets: it finds none in its own name.
        return self._management() or str(self.current_account)

    def _stack_set(self) -> StackSet:
        return records.find(self._scope(), self.region, self._get_param("StackSetName"))

    def _check_supported(self, permission_model: str) -> None:
        """Refuse what the local AWS does not do, in words."""
        if permission_model != "SERVICE_MANAGED":
            raise ValidationError(message="The local AWS has stack sets of PermissionModel SERVICE_MANAGED only.")
        for name in _UNSUPPORTED:
            if self._get_param(name):
                raise ValidationError(message=f"The local AWS does not support {name} of a stack set.")
        if (self._get_param("AutoDeployment") or {}).get("Enabled"):
            raise ValidationError(
                message="The local AWS does not deploy by itself: set AutoDeployment.Enabled to false."
            )

    def _has_template(self) -> bool:
        return bool(self._get_param("TemplateBody") or self._get_param("TemplateURL"))

    def _stack_set_definition(self, management: str, stack_set_id: str, previous: StackSet | None) -> Definition:
        definition = self._definition(previous)
        arn = generate_stackset_arn(stack_set_id, self.region, management)
        stack_plan.check_capabilities(stack_plan.make(definition, arn), definition.capabilities)
        return definition

    def _configure(self, stack_set: StackSet) -> None:
        """Set the description, if the request has one."""
        stack_set.description = self._get_param("Description", stack_set.description)

    def _targets(self, stack_set: StackSet, creating: bool) -> tuple[dict[str, Any], list[str]]:
        targets: dict[str, Any] = self._get_param("DeploymentTargets") or {}
        regions: list[str] = self._get_param("Regions") or []
        if creating or targets or regions:
            stack_set_targets.check(stack_set, targets, creating)
            if not regions:
                raise ValidationError(message="Regions must name at least one Region")
            if not targets:
                raise ValidationError(message="DeploymentTargets must be given with Regions")
        return targets, list(dict.fromkeys(regions))

    def _operation_id(self) -> str:
        return self._get_param("OperationId") or str(uuid.uuid4())

    def _operate(self, stack_set: StackSet, operation: Operation) -> ActionResult:
        if stack_set.status == records.DELETED:
            raise records.InvalidOperationError(f"StackSet {stack_set.stack_set_id} is deleted")
        operation.preferences = self._get_param("OperationPreferences") or {}
        operations.begin(stack_set, operation).join(SOON_SECONDS)
        return ActionResult({"OperationId": operation.operation_id})

    def _filters(self, *known: str) -> dict[str, str]:
        filters = {one["Name"]: one["Values"] for one in self._get_param("Filters", [])}
        unknown = sorted(set(filters) - set(known))
        if unknown:
            raise ValidationError(message=f"Filter {unknown[0]} is not one of {', '.join(known)}")
        return filters


def _define(stack_set: StackSet, definition: Definition) -> None:
    """Give a set a new definition; all its instances are behind from then on if template or parameters changed."""
    old = stack_set.definition
    stack_set.definition = definition
    if (old.body, old.parameters) != (definition.body, definition.parameters):
        for instance in stack_set.every_instance():
            if instance.status == "CURRENT":
                instance.status = "OUTDATED"
