# SPDX-License-Identifier: Apache-2.0
"""Target accounts of an operation on a stack set: OUs, accounts, and their combination.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeploymentTargets.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.cloudformation.exceptions import ValidationError

from scripts.local_aws import organization
from scripts.local_aws.cloudformation.stack_sets.records import StackInstance, StackInstanceNotFoundError, StackSet

_UNIT_ID = re.compile("ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32}")
_ACCOUNT = re.compile("[0-9]{12}")
_FILTERS = ("NONE", "INTERSECTION", "DIFFERENCE", "UNION")
_NAME_BOTH = "AccountFilterType should be specified when both OrganizationalUnitIds and Accounts are provided"


def check(stack_set: StackSet, targets: Mapping[str, Any], creating: bool) -> None:
    """Refuse inconsistent targets and unknown OUs. Raises ValidationError."""
    units, accounts = targets.get("OrganizationalUnitIds") or [], targets.get("Accounts") or []
    kind = targets.get("AccountFilterType")
    if targets.get("AccountsUrl"):
        raise ValidationError(message="The local AWS does not read AccountsUrl: list the accounts in Accounts.")
    _check_forms(units, accounts)
    if kind not in (None, *_FILTERS):
        raise ValidationError(message=f"AccountFilterType must be one of {', '.join(_FILTERS)}, not {kind}")
    _check_filter(kind, bool(units), bool(accounts), creating)
    for unit in units:
        _check_unit(stack_set, unit, creating)


def accounts(stack_set: StackSet, targets: Mapping[str, Any]) -> dict[str, str]:
    """The target accounts, each with its OU; the management account is never one.

    A named account that is not below the OUs is dropped from an INTERSECTION without an error, as on AWS.
    """
    named = set(targets.get("Accounts") or [])
    kind = targets.get("AccountFilterType")
    found: dict[str, str] = {}
    for unit in targets.get("OrganizationalUnitIds") or []:
        for account in organization.accounts_under(stack_set.account, stack_set.region, unit):
            found.setdefault(account, unit)
    if kind == "INTERSECTION":
        return {account: unit for account, unit in found.items() if account in named}
    if kind == "DIFFERENCE":
        return {account: unit for account, unit in found.items() if account not in named}
    return found


def existing(stack_set: StackSet, targets: Mapping[str, Any], regions: list[str]) -> list[StackInstance]:
    """The instances that an update or a deletion concerns; without targets and Regions all of them.

    Raises StackInstanceNotFoundError when an account that is named has no instance in those Regions.
    """
    if not targets and not regions:
        return stack_set.every_instance()
    wanted = accounts(stack_set, targets)
    if targets.get("AccountFilterType") in (None, "UNION"):
        # Accounts of other OUs come in by name; those that have an instance are members of the set already.
        wanted |= {account: "" for account in targets.get("Accounts") or [] if account not in wanted}
    found = [one for one in stack_set.every_instance() if one.account in wanted and one.region in regions]
    reached = {instance.account for instance in found}
    if targets.get("AccountFilterType") != "DIFFERENCE":
        lost = sorted((set(targets.get("Accounts") or []) & set(wanted)) - reached)
        if lost:
            raise StackInstanceNotFoundError(
                f"Stack instances not found in stack set {stack_set.name} for accounts [{', '.join(lost)}] "
                f"and regions [{', '.join(regions)}]"
            )
    return found


def _check_forms(units: list[str], accounts: list[str]) -> None:
    for pattern, values, name in ((_UNIT_ID, units, "organizationalUnitIds"), (_ACCOUNT, accounts, "accounts")):
        wrong = next((value for value in values if not pattern.fullmatch(value)), None)
        if wrong is not None:
            raise ValidationError(
                message=f"1 validation error detected: Value '[{wrong}]' at 'deploymentTargets.{name}' failed to "
                "satisfy constraint: Member must satisfy constraint: [Member must satisfy regular expression "
                f"pattern: {pattern.pattern}]"
            )


def _check_filter(kind: str | None, has_units: bool, has_accounts: bool, creating: bool) -> None:
    if creating and not has_units:
        raise ValidationError(
            message="DeploymentTargets must name OrganizationalUnitIds for a SERVICE_MANAGED stack set"
        )
    if creating and kind == "UNION":
        raise ValidationError(message="AccountFilterType UNION is not supported for CreateStackInstances")
    if creating and has_units and has_accounts and kind is None:
        raise ValidationError(message=_NAME_BOTH)
    if kind in ("INTERSECTION", "DIFFERENCE") and not (has_units and has_accounts):
        raise ValidationError(message=f"AccountFilterType {kind} needs both OrganizationalUnitIds and Accounts")
    if kind == "NONE" and has_accounts:
        raise ValidationError(message="AccountFilterType NONE means whole organizational units: leave Accounts out")


def _check_unit(stack_set: StackSet, unit: str, creating: bool) -> None:
    if creating and not organization.has_unit(stack_set.account, stack_set.region, unit):
        raise ValidationError(message=f"Organizational unit {unit} not found in organization")
    if not creating and unit not in stack_set.unit_ids:
        raise ValidationError(message=f"Organizational unit {unit} not found in StackSet")
