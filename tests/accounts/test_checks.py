# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlops_orchestrator.aws import aws_access
from scripts.accounts import checks
from scripts.accounts.checks import Wanted
from scripts.accounts.findings import Finding
from scripts.accounts.organization import STACK_SETS
from scripts.local_aws import organization
from scripts.local_aws.organization import Organization
from scripts.local_aws.server import LocalAws
from tests.local_aws.stack_setting import ACCOUNTS, acting_in, organization_of

REGION = "us-east-1"
ORCHESTRATOR = "123456789012"
MANAGEMENT = "999999999999"


@pytest.fixture
def local_aws() -> Iterator[LocalAws]:
    with LocalAws(accounts=ACCOUNTS) as aws:
        yield aws


@pytest.fixture
def empty() -> Iterator[LocalAws]:
    with LocalAws() as aws:
        yield aws


def found(aws: LocalAws, made: Organization | None, **changed: str) -> dict[str, Finding]:
    """What is found of a launch into the accounts of all stages, by what was looked at."""
    units = made.units if made else dict.fromkeys(ACCOUNTS, "ou-ab12-34cd56ef")
    stages = {
        **{f"{stage.capitalize()}AccountId": account for stage, account in ACCOUNTS.items()},
        **{f"{stage.capitalize()}OrgId": unit for stage, unit in units.items()},
    }
    caller = aws_access.local(aws.endpoint_url, REGION)
    return {one.check: one for one in checks.check(caller, Wanted.of({**stages, **changed}))}


def wrong(findings: dict[str, Finding]) -> list[str]:
    return [one.check for one in findings.values() if one.state != "ok"]


def test_all_is_as_needed_in_the_management_account(local_aws: LocalAws) -> None:
    findings = found(local_aws, organization_of(local_aws), DelegatedAdminAccount="No")
    assert wrong(findings) == []
    assert findings["quota of StackSets"].words == "0 of 1,000 are used"
    assert {f"account {ACCOUNTS['dev']} of dev", "trusted access of StackSets"} < set(findings)


def test_all_is_as_needed_for_a_delegated_administrator(empty: LocalAws) -> None:
    made = organization.build(REGION, ACCOUNTS, management=MANAGEMENT)
    findings = found(empty, made)
    assert wrong(findings) == []
    assert findings["administrator of StackSets"].words == f"the account {ORCHESTRATOR} is a delegated administrator"


def test_an_account_without_an_organization_is_told_how_to_make_one(empty: LocalAws) -> None:
    [finding] = found(empty, None).values()
    assert (finding.check, finding.state) == ("organization", "wrong")
    assert finding.commands == ("aws organizations create-organization --feature-set ALL",)


def test_trusted_access_that_is_not_activated(local_aws: LocalAws) -> None:
    acting_in(local_aws, ORCHESTRATOR, "organizations").disable_aws_service_access(ServicePrincipal=STACK_SETS)
    made = organization_of(local_aws)
    findings = found(local_aws, made, DelegatedAdminAccount="No")
    assert wrong(findings) == ["trusted access of StackSets"]
    assert findings["trusted access of StackSets"].commands == ("aws cloudformation activate-organizations-access",)
    acting_in(local_aws, ORCHESTRATOR, "cloudformation").activate_organizations_access()
    assert wrong(found(local_aws, made, DelegatedAdminAccount="No")) == []


def test_the_management_account_is_no_delegated_administrator(local_aws: LocalAws) -> None:
    finding = found(local_aws, organization_of(local_aws))["administrator of StackSets"]
    assert (finding.state, "DelegatedAdminAccount=No" in finding.words) == ("wrong", True)


def test_a_member_that_is_not_registered_may_not_look_and_is_told_who_can(empty: LocalAws) -> None:
    made = organization.build(REGION, ACCOUNTS, management=MANAGEMENT)
    acting_in(empty, MANAGEMENT, "organizations").deregister_delegated_administrator(
        AccountId=ORCHESTRATOR, ServicePrincipal=STACK_SETS
    )
    findings = found(empty, made)
    assert {one.state for one in findings.values() if one.check.startswith(("account", "unit"))} == {"unknown"}
    administrator = findings["administrator of StackSets"]
    assert administrator.state == "unknown"
    assert administrator.commands == (
        f"aws organizations list-delegated-administrators --service-principal {STACK_SETS}",
    )
    assert findings["trusted access of StackSets"].state == "unknown"


def test_who_wants_no_delegation_needs_the_management_account(empty: LocalAws) -> None:
    made = organization.build(REGION, ACCOUNTS, management=MANAGEMENT)
    finding = found(empty, made, DelegatedAdminAccount="No")["administrator of StackSets"]
    assert (finding.state, "DelegatedAdminAccount=Yes" in finding.words) == ("wrong", True)


def test_an_account_in_another_unit_is_told_with_the_command_that_moves_it(local_aws: LocalAws) -> None:
    made = organization_of(local_aws)
    findings = found(local_aws, made, DelegatedAdminAccount="No", ProdOrgId=made.units["dev"])
    assert wrong(findings) == [f"account {ACCOUNTS['prod']} of prod"]
    (command,) = findings[f"account {ACCOUNTS['prod']} of prod"].commands
    assert command == (
        f"aws organizations move-account --account-id {ACCOUNTS['prod']} --source-parent-id {made.units['prod']}"
        f" --destination-parent-id {made.units['dev']}"
    )


def test_an_account_below_the_unit_is_in_it(local_aws: LocalAws) -> None:
    made = organization_of(local_aws)
    organizations = acting_in(local_aws, ORCHESTRATOR, "organizations")
    below = organizations.create_organizational_unit(ParentId=made.units["dev"], Name="team")["OrganizationalUnit"][
        "Id"
    ]
    organization.add_account(made, below, "444444444444")
    findings = found(local_aws, made, DelegatedAdminAccount="No", DevAccountId="444444444444")
    assert wrong(findings) == []
    assert findings["account 444444444444 of dev"].words == f"active, in {below}"


def test_accounts_and_units_that_are_not_there(local_aws: LocalAws) -> None:
    made = organization_of(local_aws)
    organization.suspend(made, ACCOUNTS["staging"])
    changed = {"DevAccountId": f"444444444444,{ORCHESTRATOR}", "ProdOrgId": "ou-zz99-99999999", "StagingOrgId": ""}
    findings = found(local_aws, made, DelegatedAdminAccount="No", **changed)
    told = {one.check: one.words for one in findings.values() if one.state != "ok"}
    assert told == {
        "account 444444444444 of dev": "it is not in this organization: invite it, or name another",
        f"account {ORCHESTRATOR} of dev": "it is the management account, to which StackSets never deploy",
        "staging": "the launch needs --param StagingOrgId=VALUE",
        f"account {ACCOUNTS['staging']} of staging": "it is SUSPENDED: StackSets skip it",
        "unit ou-zz99-99999999 of prod": "the organization has no such unit; those of its root (r-...):",
        f"account {ACCOUNTS['prod']} of prod": (
            f"it is in {made.units['prod']}, not in the stage's unit; in the management account:"
        ),
    }
