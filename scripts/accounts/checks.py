# SPDX-License-Identifier: Apache-2.0
"""The checks: organization, trusted access, administrator, stages, room in the quotas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mlops_orchestrator.aws.aws_access import Aws
from orchestrator.values.per_stage import STAGES, Stage
from scripts.accounts import organization, quotas
from scripts.accounts.findings import Finding, UnseenError
from scripts.accounts.organization import STACK_SETS, Organization

_ACTIVE: Final = "ACTIVE"
_ALL_FEATURES: Final = "aws organizations enable-all-features"
_NEW_ORGANIZATION: Final = "aws organizations create-organization --feature-set ALL"
_ACTIVATE: Final = "aws cloudformation activate-organizations-access"
_SEE_ACCESS: Final = "aws cloudformation describe-organizations-access"


@dataclass(frozen=True)
class Wanted:
    """Launch that is checked."""

    is_delegated: bool
    accounts: Mapping[Stage, tuple[str, ...]]
    units: Mapping[Stage, tuple[str, ...]]

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Wanted:
        """Return what launch parameters ask for, or their defaults where they are absent."""
        accounts = {stage: _listed(parameters, f"{stage.capitalize()}AccountId") for stage in STAGES}
        units = {stage: _listed(parameters, f"{stage.capitalize()}OrgId") for stage in STAGES}
        return cls(parameters.get("DelegatedAdminAccount", "Yes") == "Yes", accounts, units)

    @property
    def call_as(self) -> str:
        """As whom the orchestrator calls StackSets."""
        return "DELEGATED_ADMIN" if self.is_delegated else "SELF"


def _listed(parameters: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in parameters.get(name, "").split(",") if one.strip())


def check(aws: Aws, wanted: Wanted) -> Iterator[Finding]:
    """Yield what is found of each thing, in the order in which an administrator would set it up."""
    try:
        found = organization.of(aws)
    except UnseenError as reason:
        yield Finding("organization", "unknown", f"you may not look at it: {reason}")
        return
    if found is None:
        yield Finding("organization", "wrong", f"the account {aws.account} is in none", (_NEW_ORGANIZATION,))
        return
    yield _features(found)
    yield _trusted_access(aws, wanted)
    yield _administrator(found, wanted)
    for stage in STAGES:
        yield from _stage(found, stage, wanted)
    yield from quotas.check(aws, wanted.call_as)


def _features(found: Organization) -> Finding:
    of = f"management account {found.management_account}"
    if found.has_all_features:
        return Finding("organization", "ok", f"all features, {of}")
    return Finding("organization", "wrong", f"it has only consolidated billing; in the {of}:", (_ALL_FEATURES,))


def _trusted_access(aws: Aws, wanted: Wanted) -> Finding:
    name = "trusted access of StackSets"
    try:
        is_active = organization.trusts_stack_sets(aws, wanted.call_as)
    except UnseenError as reason:
        return Finding(name, "unknown", f"{reason} Look in the management account:", (_SEE_ACCESS,))
    if is_active:
        return Finding(name, "ok", "activated")
    return Finding(name, "wrong", "it is not activated; in the management account:", (_ACTIVATE,))


def _administrator(found: Organization, wanted: Wanted) -> Finding:
    account, name = found.aws.account, "administrator of StackSets"
    is_management = account == found.management_account
    if not wanted.is_delegated:
        if is_management:
            return Finding(name, "ok", "this is the management account")
        words = f"the account {account} is not the management account: launch with --param DelegatedAdminAccount=Yes"
        return Finding(name, "wrong", words)
    if is_management:
        return Finding(name, "wrong", "this is the management account: launch with --param DelegatedAdminAccount=No")
    register = (
        f"aws organizations register-delegated-administrator --account-id {account} --service-principal {STACK_SETS}"
    )
    try:
        is_registered = account in found.administrators
    except UnseenError as reason:
        see = f"aws organizations list-delegated-administrators --service-principal {STACK_SETS}"
        return Finding(name, "unknown", f"{reason} Look in the management account:", (see,))
    if is_registered:
        return Finding(name, "ok", f"the account {account} is a delegated administrator")
    words = f"the account {account} is no delegated administrator; in the management account:"
    return Finding(name, "wrong", words, (register,))


def _stage(found: Organization, stage: Stage, wanted: Wanted) -> Iterator[Finding]:
    accounts, units = wanted.accounts[stage], wanted.units[stage]
    for missing, parameter in ((accounts, "AccountId"), (units, "OrgId")):
        if not missing:
            yield Finding(stage, "wrong", f"the launch needs --param {stage.capitalize()}{parameter}=VALUE")
    for unit in units:
        yield _unit(found, stage, unit)
    for account in accounts:
        yield _account(found, stage, account, units)


def _unit(found: Organization, stage: str, unit: str) -> Finding:
    name = f"unit {unit} of {stage}"
    try:
        if found.has_unit(unit):
            return Finding(name, "ok", "there")
    except UnseenError as reason:
        return Finding(name, "unknown", f"you may not look at it: {reason}")
    see = "aws organizations list-organizational-units-for-parent --parent-id ROOT_ID"
    return Finding(name, "wrong", "the organization has no such unit; those of its root (r-...):", (see,))


def _account(found: Organization, stage: str, account: str, units: tuple[str, ...]) -> Finding:
    name = f"account {account} of {stage}"
    if account == found.management_account:
        return Finding(name, "wrong", "it is the management account, to which StackSets never deploy")
    try:
        state = found.state(account)
        if state is None:
            return Finding(name, "wrong", "it is not in this organization: invite it, or name another")
        if state != _ACTIVE:
            return Finding(name, "wrong", f"it is {state}: StackSets skip it")
        above = list(found.above(account))
    except UnseenError as reason:
        return Finding(name, "unknown", f"you may not look at it: {reason}")
    if units and not set(units) & set(above):
        move = (
            f"aws organizations move-account --account-id {account} --source-parent-id {above[0]}"
            f" --destination-parent-id {units[0]}"
        )
        return Finding(
            name, "wrong", f"it is in {above[0]}, not in the stage's unit; in the management account:", (move,)
        )
    return Finding(name, "ok", f"active, in {above[0]}")
