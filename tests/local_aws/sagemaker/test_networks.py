# SPDX-License-Identifier: Apache-2.0
"""VPCs of models and jobs: they must be there, be one, and the execution role must be able to look at them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws.server import LocalAws
from tests.local_aws.stack_setting import acting_in

ACCOUNT: Final = "123456789012"
LOOKS: Final = ["ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"]
TRUST: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
ABSENT: Final = "subnet-0000000000000000f"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    """It enforces IAM."""
    with LocalAws() as aws:
        yield aws


@pytest.fixture(scope="module")
def vpcs(aws: LocalAws) -> list[dict[str, list[str]]]:
    """Two VPCs, as SageMaker has them."""
    ec2, found = acting_in(aws, ACCOUNT, "ec2"), []
    for number in range(2):
        vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{number}.0.0/24")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
        found.append({"Subnets": [subnet], "SecurityGroupIds": [group]})
    return found


@pytest.fixture(scope="module")
def roles(aws: LocalAws) -> dict[str, str]:
    """A role that may look at networks, and one that may not."""
    iam, found = acting_in(aws, ACCOUNT, "iam"), {}
    for name, actions in (("looking", LOOKS), ("blind", ["s3:GetObject"])):
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
        found[name] = made
    return found


@pytest.fixture
def sm(aws: LocalAws) -> Any:
    return acting_in(aws, ACCOUNT, "sagemaker")


def process(sm: Any, name: str, role: str, **network: Any) -> None:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    sm.create_processing_job(
        ProcessingJobName=name,
        RoleArn=role,
        AppSpecification={"ImageUri": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/own:1"},
        ProcessingResources={"ClusterConfig": cluster},
        NetworkConfig=network,
    )


def model(sm: Any, name: str, role: str, **network: Any) -> None:
    image = {"Image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/own:1"}
    sm.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=image, **network)


@pytest.mark.parametrize("make", [process, model], ids=["job", "model"])
class TestRefused:
    def test_a_subnet_that_is_not_there(
        self, sm: Any, roles: dict[str, str], vpcs: list[dict[str, list[str]]], make: Any
    ) -> None:
        with pytest.raises(ClientError, match=ABSENT):
            make(sm, "absent", roles["looking"], VpcConfig={**vpcs[0], "Subnets": [ABSENT]})

    def test_two_vpcs(self, sm: Any, roles: dict[str, str], vpcs: list[dict[str, list[str]]], make: Any) -> None:
        mixed = {**vpcs[0], "Subnets": vpcs[1]["Subnets"]}
        with pytest.raises(ClientError, match="must be of one VPC"):
            make(sm, "mixed", roles["looking"], VpcConfig=mixed)

    def test_a_role_that_may_not_use_networks(
        self, sm: Any, roles: dict[str, str], vpcs: list[dict[str, list[str]]], make: Any
    ) -> None:
        with pytest.raises(ClientError, match=r"does not let the role .* use the VPC"):
            make(sm, "blind", roles["blind"], VpcConfig=vpcs[0])


def test_what_is_given_is_described(sm: Any, roles: dict[str, str], vpcs: list[dict[str, list[str]]]) -> None:
    model(sm, "inside", roles["looking"], VpcConfig=vpcs[0], EnableNetworkIsolation=True)
    described = sm.describe_model(ModelName="inside")
    assert (described["VpcConfig"], described["EnableNetworkIsolation"]) == (vpcs[0], True)
    model(sm, "outside", roles["blind"])
    described = sm.describe_model(ModelName="outside")
    assert ("VpcConfig" in described, described["EnableNetworkIsolation"]) == (False, False)
    process(sm, "inside", roles["looking"], VpcConfig=vpcs[0], EnableNetworkIsolation=False)
    assert sm.describe_processing_job(ProcessingJobName="inside")["NetworkConfig"]["VpcConfig"] == vpcs[0]
