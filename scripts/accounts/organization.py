# SPDX-License-Identifier: Apache-2.0
"""The organization as the caller may see it.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws.aws_access import Aws
from scripts.accounts.findings import UnseenError, looking

STACK_SETS: Final = "member.org.stacksets.cloudformation.amazonaws.com"
"""Service principal of StackSets in an organization, in every partition.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html
"""
_ROOT: Final = "ROOT"


@dataclass(frozen=True)
class Organization:
    """Organization of the caller's account. Its methods raise `UnseenError` for what the caller may not look at."""

    aws: Aws
    management_account: str
    has_all_features: bool

    @functools.cached_property
    def administrators(self) -> frozenset[str]:
        """Accounts that are delegated administrators of StackSets."""
        with looking():
            pages = self._client.get_paginator("list_delegated_administrators").paginate(ServicePrincipal=STACK_SETS)
            return frozenset(one["Id"] for page in pages for one in page["DelegatedAdministrators"])

    def has_unit(self, unit: str) -> bool:
        """Whether there is an organizational unit of that id."""
        with looking():
            try:
                self._client.describe_organizational_unit(OrganizationalUnitId=unit)
            except self._client.exceptions.OrganizationalUnitNotFoundException:
                return False
        return True

    def state(self, account: str) -> str | None:
        """Return the state of an account, such as ACTIVE; None where the organization has no such account."""
        with looking():
            try:
                found = self._client.describe_account(AccountId=account)["Account"]
            except self._client.exceptions.AccountNotFoundException:
                return None
        # `State` has taken the place of `Status`:
        # https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
        return str(found.get("State") or found.get("Status"))

    def above(self, account: str) -> Iterator[str]:
        """Yield the ids of what holds an account: its unit, the units above it, the root."""
        child = account
        while True:
            with looking():
                (parent,) = self._client.list_parents(ChildId=child)["Parents"]
            child = parent["Id"]
            yield child
            if parent["Type"] == _ROOT:
                return

    @property
    def _client(self) -> Any:
        return self.aws.client("organizations")


def of(aws: Aws) -> Organization | None:
    """Return the organization of the caller's account; None if it is in none. Raises `UnseenError`."""
    client = aws.client("organizations")
    with looking():
        try:
            found = client.describe_organization()["Organization"]
        except client.exceptions.AWSOrganizationsNotInUseException:
            return None
    return Organization(aws, found["MasterAccountId"], found["FeatureSet"] == "ALL")


def trusts_stack_sets(aws: Aws, call_as: str) -> bool:
    """Whether trusted access of StackSets is activated. Raises `UnseenError`, also for who is no administrator."""
    client = aws.client("cloudformation")
    with looking():
        try:
            status = client.describe_organizations_access(CallAs=call_as)["Status"]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("InvalidOperationException", "InvalidOperation", "ValidationError"):
                raise UnseenError(error.response["Error"].get("Message", "")) from error
            raise
    return bool(status == "ENABLED")
