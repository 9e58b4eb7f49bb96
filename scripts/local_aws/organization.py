# SPDX-License-Identifier: Apache-2.0
"""Local Organization: an organizational unit (OU) for each stage, with the accounts that StackSets deploy to.

It uses moto's Organizations, whose API answers, too. This module fills it and reads what StackSets need to know.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-enable-trusted-access.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from moto.core.exceptions import JsonRESTError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.organizations.models import (
    FakeAccount,
    FakeDelegatedAdministrator,
    OrganizationsBackend,
    organizations_backends,
)
from moto.organizations.responses import OrganizationsResponse
from moto.utilities.utils import get_partition

STACK_SETS_SERVICE = "member.org.stacksets.cloudformation.amazonaws.com"
# AWS appends a unique suffix to the role's name; here it is always the same.
_EXECUTION_ROLE = "stacksets-exec-00000000000000000000000000000000"
_SUSPENDED = "SUSPENDED"
_FOR_EVERYBODY: Final = ".DescribeOrganization"


@dataclass(frozen=True)
class Organization:
    """Ids that requests name: `units` maps each stage to its OU, `ou-<root>-<suffix>`."""

    management_account: str
    root_id: str
    units: Mapping[str, str]


def install() -> None:
    """Let members read an Organization as AWS does: its administrators everything, others nothing but its head."""
    _patched(OrganizationsResponse).organizations_backend = property(_read_by)


def shutdown() -> None:
    """Forget who belonged to an Organization, which moto's reset does not; what is patched stays."""
    organizations_backends.master_accounts.clear()


def _patched(kind: type) -> Any:
    """Return a class as Any, so that the type checker accepts the assignment."""
    return kind


def _read_by(response: Any) -> OrganizationsBackend:
    """Return the backend whose content the caller's account may see.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html
    """
    account, partition = response.current_account, response.partition
    own = organizations_backends[account][partition]
    if own.org is not None or response.headers["X-Amz-Target"].endswith(_FOR_EVERYBODY):
        return own
    management, _ = organizations_backends.master_accounts.get(account, (account, partition))
    found = organizations_backends[management][partition]
    if management != account and all(one.account.id != account for one in found.admins):
        raise _MemberRefusedError
    return found


class _MemberRefusedError(JsonRESTError):
    """Raised for a member account that is no delegated administrator."""

    code = 400

    def __init__(self) -> None:
        super().__init__("AccessDeniedException", "You don't have permissions to access this resource.")


def build(
    region: str,
    accounts: Mapping[str, str],
    orchestrator: str = DEFAULT_ACCOUNT_ID,
    management: str = DEFAULT_ACCOUNT_ID,
) -> Organization:
    """Make an Organization with one OU and one account for each stage of `accounts`.

    `management` is its management account. If the orchestrator runs in another one, that becomes a member and is
    registered as delegated administrator for StackSets.
    """
    partition = get_partition(region)
    backend = organizations_backends[management][partition]
    backend.create_organization(region, FeatureSet="ALL")
    trust_stack_sets(management, region)
    root_id = backend.list_roots()["Roots"][0]["Id"]
    units = {}
    for stage, account in accounts.items():
        units[stage] = backend.create_organizational_unit(ParentId=root_id, Name=stage)["OrganizationalUnit"]["Id"]
        _add(backend, units[stage], account, stage)
    if orchestrator != management:
        _add(backend, root_id, orchestrator, "orchestrator")
        _register_administrator(backend, orchestrator)
    return Organization(management, root_id, units)


def add_account(organization: Organization, parent_id: str, account: str, name: str = "") -> None:
    """Add an account of twelve digits to an OU, or to the root."""
    _add(_of(organization), parent_id, account, name or f"account-{account}")


def suspend(organization: Organization, account: str) -> None:
    """Close an account: it stays in its OU and takes no more deployments.

    Raises AccountAlreadyClosedException or AccountNotFoundException.
    """
    _of(organization).close_account(AccountId=account)


def administered_by(account: str, region: str) -> str | None:
    """Return the management account whose service-managed StackSets an account may operate; None if it may not.

    An account may if it is the management account itself, or registered as delegated administrator.
    """
    partition = get_partition(region)
    backend = organizations_backends[account][partition]
    if backend.org is not None:
        return account
    management, _ = organizations_backends.master_accounts.get(account, ("", ""))
    if not management:
        return None
    admins = organizations_backends[management][partition].admins
    is_admin = any(one.account.id == account and STACK_SETS_SERVICE in one.services for one in admins)
    return management if is_admin else None


def trust_stack_sets(management: str, region: str) -> None:
    """Activate trusted access of StackSets in the Organization of a management account."""
    organizations_backends[management][get_partition(region)].enable_aws_service_access(
        ServicePrincipal=STACK_SETS_SERVICE
    )


def trusts_stack_sets(management: str, region: str) -> bool:
    """Whether trusted access of StackSets is activated."""
    services = organizations_backends[management][get_partition(region)].services
    return any(service["ServicePrincipal"] == STACK_SETS_SERVICE for service in services)


def has_unit(management: str, region: str, unit_id: str) -> bool:
    """Whether an Organization has an OU or a root of that id."""
    return any(unit.id == unit_id for unit in organizations_backends[management][get_partition(region)].ou)


def accounts_under(management: str, region: str, unit_id: str) -> Iterator[str]:
    """Yield the accounts of an OU and of those below it, also suspended ones, without the management account."""
    backend = organizations_backends[management][get_partition(region)]
    for account in list(backend.accounts):
        if account.parent_id == unit_id and account.id != management:
            yield account.id
    for unit in list(backend.ou):
        if unit.parent_id == unit_id:
            yield from accounts_under(management, region, unit.id)


def is_suspended(management: str, region: str, account: str) -> bool:
    """Whether an account of the Organization is closed."""
    accounts = organizations_backends[management][get_partition(region)].accounts
    return any(one.id == account and one.status == _SUSPENDED for one in accounts)


def execution_role(account: str, region: str) -> str:
    """Return the ARN of the role with which StackSets act in a target account."""
    return f"arn:{get_partition(region)}:iam::{account}:role/{_EXECUTION_ROLE}"


def _of(organization: Organization) -> OrganizationsBackend:
    found = [
        backend
        for partitions in list(organizations_backends.values())
        for backend in partitions.values()
        if backend.org is not None and backend.org.root_id == organization.root_id
    ]
    return found[0]


def _add(backend: OrganizationsBackend, parent_id: str, account: str, name: str) -> None:
    answer = backend.create_account(AccountName=name, Email=f"{account}@example.com")
    made: FakeAccount = backend.get_account_by_id(answer["CreateAccountStatus"]["AccountId"])
    owner = organizations_backends.master_accounts.pop(made.id)
    # Organizations draws the number of a new account; a fixed one makes demonstrations easier to follow.
    made.id = account
    organizations_backends.master_accounts[account] = owner
    made.parent_id = parent_id
    _make_execution_role(account, backend.partition)


def _make_execution_role(account: str, partition: str) -> None:
    """Make the role that trusted access creates in every member account, an administrator as on AWS."""
    trust = {"Effect": "Allow", "Principal": {"Service": STACK_SETS_SERVICE}, "Action": "sts:AssumeRole"}
    iam = iam_backends[account][partition]
    role = iam.create_role(
        role_name=_EXECUTION_ROLE,
        assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        path="/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    # Inline, because loading moto's table of AWS's own policies takes longer than the rest of the Organization.
    iam.put_role_policy(role.name, "Administrator", json.dumps({"Version": "2012-10-17", "Statement": [everything]}))


def _register_administrator(backend: OrganizationsBackend, account: str) -> None:
    known = FakeDelegatedAdministrator.SUPPORTED_SERVICES
    # moto's list of services with delegated administrators lacks StackSets.
    if STACK_SETS_SERVICE not in known:
        known.append(STACK_SETS_SERVICE)
    backend.register_delegated_administrator(AccountId=account, ServicePrincipal=STACK_SETS_SERVICE)
