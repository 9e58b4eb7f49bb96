# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws import organization
from scripts.local_aws.organization import STACK_SETS_SERVICE
from scripts.local_aws.server import LocalAws
from tests.local_aws.stack_setting import ACCOUNTS, acting_in, create, ended, organization_of

REGION = "us-east-1"
ORCHESTRATOR = "123456789012"


@pytest.fixture
def local_aws() -> Iterator[LocalAws]:
    with LocalAws(accounts=ACCOUNTS) as aws:
        yield aws


@pytest.fixture
def empty() -> Iterator[LocalAws]:
    with LocalAws() as aws:
        yield aws


def test_each_stage_has_an_ou_with_its_account(local_aws: LocalAws) -> None:
    made = organization_of(local_aws)
    organizations = acting_in(local_aws, ORCHESTRATOR, "organizations")
    assert list(made.units) == list(ACCOUNTS)
    for stage, unit in made.units.items():
        assert re.fullmatch("ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}", unit)
        [account] = organizations.list_accounts_for_parent(ParentId=unit)["Accounts"]
        assert (account["Id"], account["Name"], account["Status"]) == (ACCOUNTS[stage], stage, "ACTIVE")
    assert organizations.describe_organization()["Organization"]["MasterAccountId"] == ORCHESTRATOR


def test_without_accounts_there_is_no_organization(empty: LocalAws) -> None:
    assert empty.organization is None
    assert organization.administered_by(ORCHESTRATOR, REGION) is None


def test_no_account_stays_a_member_when_its_local_aws_has_ended() -> None:
    with LocalAws():
        organization.build(REGION, ACCOUNTS, management="999999999999")
    with LocalAws() as aws, pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        acting_in(aws, ORCHESTRATOR, "organizations").describe_organization()


def test_an_ou_counts_those_below_it_and_never_the_management_account(local_aws: LocalAws) -> None:
    made = organization_of(local_aws)
    organization.add_account(made, made.units["dev"], "444444444444")
    everybody = set(organization.accounts_under(ORCHESTRATOR, REGION, made.root_id))
    assert everybody == {*ACCOUNTS.values(), "444444444444"}
    in_dev = set(organization.accounts_under(ORCHESTRATOR, REGION, made.units["dev"]))
    assert in_dev == {ACCOUNTS["dev"], "444444444444"}


def test_a_suspended_account_stays_where_it_is(local_aws: LocalAws) -> None:
    made = organization_of(local_aws)
    organization.suspend(made, ACCOUNTS["dev"])
    assert organization.is_suspended(ORCHESTRATOR, REGION, ACCOUNTS["dev"])
    assert not organization.is_suspended(ORCHESTRATOR, REGION, ACCOUNTS["prod"])
    assert ACCOUNTS["dev"] in organization.accounts_under(ORCHESTRATOR, REGION, made.units["dev"])


def test_stack_sets_act_as_a_role_that_each_account_has(local_aws: LocalAws) -> None:
    arn = organization.execution_role(ACCOUNTS["prod"], REGION)
    role = acting_in(local_aws, ACCOUNTS["prod"], "iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]
    assert role["Arn"] == arn


def test_the_orchestrator_may_be_a_delegated_administrator(empty: LocalAws) -> None:
    made = organization.build(REGION, ACCOUNTS, management="999999999999")
    assert organization.administered_by(ORCHESTRATOR, REGION) == "999999999999"
    assert organization.administered_by("999999999999", REGION) == "999999999999"
    # A member is no administrator before it is registered as one.
    assert organization.administered_by(ACCOUNTS["dev"], REGION) is None
    management = acting_in(empty, "999999999999", "organizations")
    admins = management.list_delegated_administrators(ServicePrincipal=STACK_SETS_SERVICE)["DelegatedAdministrators"]
    assert [admin["Id"] for admin in admins] == [ORCHESTRATOR]
    assert made.management_account == "999999999999"


def test_a_new_server_can_give_the_accounts_other_parts() -> None:
    with LocalAws():
        organization.build(REGION, ACCOUNTS, management="999999999999")
    with LocalAws(accounts={"dev": "111111111111"}):
        assert organization.administered_by(ORCHESTRATOR, REGION) == ORCHESTRATOR
        assert organization.administered_by("222222222222", REGION) is None


def test_a_delegated_administrator_keeps_its_sets_with_the_management_account(empty: LocalAws) -> None:
    made = organization.build(REGION, ACCOUNTS, management="999999999999")
    orchestrator = acting_in(empty, ORCHESTRATOR, "cloudformation")
    set_id = create(orchestrator, "delegated", CallAs="DELEGATED_ADMIN")
    found = orchestrator.describe_stack_set(StackSetName=set_id, CallAs="DELEGATED_ADMIN")["StackSet"]
    assert found["StackSetARN"].split(":")[4] == "999999999999"
    operation_id = orchestrator.create_stack_instances(
        StackSetName=set_id,
        DeploymentTargets={"OrganizationalUnitIds": [made.units["prod"]]},
        Regions=[REGION],
        CallAs="DELEGATED_ADMIN",
    )["OperationId"]
    assert ended(orchestrator, set_id, operation_id) == "SUCCEEDED"
    [stack] = acting_in(empty, ACCOUNTS["prod"], "cloudformation").describe_stacks()["Stacks"]
    assert stack["StackName"].startswith("StackSet-delegated-")
