# SPDX-License-Identifier: Apache-2.0
"""Permissions boundary in the accounts of dev, staging and prod: a StackSet of the same template.

The orchestrator deploys to these accounts by StackSets, so its operator may have a StackSet there, too.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.stack_following import StackFailedError
from orchestrator.values.per_stage import STAGES
from scripts.launch import deployment
from scripts.launch.boundary import Boundary
from scripts.launch.deployment import Audience

_RUNNING: Final = frozenset({"RUNNING", "QUEUED", "STOPPING"})


@dataclass(frozen=True)
class StageBoundaries:
    """StackSet of the boundary, with its accounts."""

    cloudformation: Any
    name: Mapping[str, str]
    """Arguments of every call: the name of the StackSet and `CallAs`."""
    accounts: tuple[str, ...]
    units: tuple[str, ...]
    region: str

    def bring(self, definition: Mapping[str, Any]) -> None:
        """Create or update the StackSet and its missing instances. Raise StackFailedError."""
        described = self._described()
        if described is None:
            managed = {"PermissionModel": "SERVICE_MANAGED", "AutoDeployment": {"Enabled": False}}
            self.cloudformation.create_stack_set(**self.name, **definition, **managed)
        elif _differ(described, definition):
            self._follow(self.cloudformation.update_stack_set(**self.name, **definition))
        missing = sorted({*self.accounts} - self._instances().keys())
        if missing:
            targets = {
                "OrganizationalUnitIds": list(self.units),
                "Accounts": missing,
                "AccountFilterType": "INTERSECTION",
            }
            self._follow(
                self.cloudformation.create_stack_instances(
                    **self.name, DeploymentTargets=targets, Regions=[self.region]
                )
            )

    def _described(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.cloudformation.describe_stack_set(**self.name)["StackSet"]
        except self.cloudformation.exceptions.StackSetNotFoundException:
            return None
        return found

    def _instances(self) -> dict[str, dict[str, Any]]:
        pages = self.cloudformation.get_paginator("list_stack_instances").paginate(**self.name)
        return {one["Account"]: one for page in pages for one in page["Summaries"]}

    def _follow(self, answer: Mapping[str, Any]) -> None:
        """Wait for the end of an operation."""
        operation = {**self.name, "OperationId": answer["OperationId"]}
        ended: dict[str, Any] = {}

        def has_ended() -> bool:
            ended.update(self.cloudformation.describe_stack_set_operation(**operation)["StackSetOperation"])
            return ended["Status"] not in _RUNNING

        deployment.wait_for(has_ended)
        if ended["Status"] != "SUCCEEDED":
            reasons = [f"{name}: {one.get('StatusReason', '')}" for name, one in self._instances().items()]
            raise StackFailedError(f"the StackSet {self.name['StackSetName']} ended in {ended['Status']}. {reasons}")


def _differ(described: Mapping[str, Any], definition: Mapping[str, Any]) -> bool:
    there, wanted = (
        {one["ParameterKey"]: one["ParameterValue"] for one in each["Parameters"]} for each in (described, definition)
    )
    return described["TemplateBody"] != definition["TemplateBody"] or not wanted.items() <= there.items()


def launch(aws: Aws, boundary: Boundary, template: str, values: Mapping[str, str], audience: Audience) -> None:
    """Deploy the policy to the accounts of the stages, or report that it has to be deployed if the caller may not.

    `values` are the launch parameters of the root stack. With a single account there are no stages.
    """
    stages = _stages(aws, boundary, values)
    if not stages.accounts:
        return
    cloudformation = aws.client("cloudformation")
    launched = stack_following.find(cloudformation, boundary.name)
    # Includes parameters that an operator has set on the stack.
    parameters = {**(launched.parameters if launched else {}), **boundary.parameters}
    definition = {
        "TemplateBody": template,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    try:
        stages.bring(definition)
    except ClientError as error:
        audience.say(
            f"To do by hand, or no pipeline is deployed to {', '.join(stages.accounts)}: give each of these accounts"
            f" the policy {boundary.policy}, as docs/multi-account.md says. AWS refuses a StackSet of it: {error}"
        )
    else:
        audience.say(f"The policy {boundary.policy} is in {', '.join(stages.accounts)}.")


def _stages(aws: Aws, boundary: Boundary, values: Mapping[str, str]) -> StageBoundaries:
    """Return the StackSet for the accounts of the stages, without the own account, which has a stack of its own."""
    call_as = "DELEGATED_ADMIN" if values.get("DelegatedAdminAccount") == "Yes" else "SELF"
    return StageBoundaries(
        aws.client("cloudformation"),
        {"StackSetName": boundary.name, "CallAs": call_as},
        tuple(one for one in _listed(values, "AccountId") if one != aws.account),
        _listed(values, "OrgId"),
        aws.region,
    )


def _listed(values: Mapping[str, str], what: str) -> tuple[str, ...]:
    """Return the values of a launch parameter of all stages, each once."""
    texts = (values.get(f"{stage.capitalize()}{what}", "") for stage in STAGES)
    return tuple(sorted({one.strip() for text in texts for one in text.split(",")} - {""}))
