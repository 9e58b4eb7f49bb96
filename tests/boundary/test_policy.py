# SPDX-License-Identifier: Apache-2.0
"""The policy of the boundary by itself: IAM takes it, it refers to itself, and everything of ours fits into it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final

import pytest

from scripts.iam import documents, evaluation, patterns
from scripts.iam import templates as iam
from scripts.iam.documents import Document, Statement
from scripts.iam.evaluation import Policies, Request, Resource
from scripts.iam.statements import Principal
from tests import committed
from tests.boundary import policies

MOST_CHARACTERS: Final = 6_144
LONGEST: Final = {
    "PolicyName": "p" * 48,
    "RolePath": f"/{'r' * 126}/",
    "OrchestratorName": "n" * 24,
    "ReservedBuckets": ",".join(["b" * 62, "b" * 62, "b" * 24]),
    "AllowedSecrets": ",".join(["s" * 24] * 9 + ["s" * 25]),
    "AdditionalActions": ",".join(["a:" + "a" * 10] * 14 + ["a:" + "a" * 16]),
}
# What AWS manages, which the template of a role only names.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonAPIGatewayPushToCloudWatchLogs.html
OF_MANAGED: Final = {
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
}


def allowed() -> list[Statement]:
    """The statements that allow something."""
    return [one for one in policies.document().statements if one.effect == "Allow"]


class TestLength:
    @pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-iso-b"])
    def test_iam_takes_it_with_the_longest_of_everything(self, partition: str) -> None:
        declared = committed.template(policies.PATH)["Parameters"]
        assert {name: len(value) for name, value in LONGEST.items()} == {
            name: one["MaxLength"] for name, one in declared.items()
        }
        assert policies.length(policies.policy(partition, **LONGEST)) <= MOST_CHARACTERS

    def test_added_actions_are_permitted(self) -> None:
        work = policies.policy(AdditionalActions="ecs:*,dynamodb:PutItem")["Statement"][0]
        assert work["Action"][-3:] == ["xray:Put*", "ecs:*", "dynamodb:PutItem"]
        assert policies.policy()["Statement"][0]["Action"] == work["Action"][:-2]

    @pytest.mark.parametrize("action", ["iam:PassRole", "sts:AssumeRole", "*", "i*:*", "*:*", "st*:*", "ecs:*,iam:*"])
    def test_none_of_iam_is_added(self, action: str) -> None:
        pattern = committed.template(policies.PATH)["Parameters"]["AdditionalActions"]["AllowedPattern"]
        assert re.fullmatch(pattern, "ecs:RunTask,s3:CreateBucket,states:*,ssm:Get*,iot:*")
        assert not re.fullmatch(pattern, action)


def needs() -> Iterator[tuple[str, str, str]]:
    """Whose, action and resource of everything that a role in any template is allowed."""
    for path in committed.PATHS:
        template = committed.template(path)
        for name, resource in template["Resources"].items():
            for one in of_resource(template, name, resource) if path != policies.PATH else ():
                yield from ((f"{path} {name}", *each) for each in product(one.actions or (), one.resources or ()))
    yield from (("ApiLoggingRole", action, "*") for action in OF_MANAGED)


def of_resource(template: Any, name: str, resource: Any) -> list[Statement]:
    """What a role is allowed by its own policies, or by a managed policy of the template."""
    found: Sequence[Document] = ()
    if resource["Type"] == "AWS::IAM::Role":
        found = iam.policies(template, name)
    elif resource["Type"] == "AWS::IAM::ManagedPolicy":
        found = [documents.parse(iam.resolver(template).structure(resource["Properties"]["PolicyDocument"]))]
    return [one for document in found for one in document.statements if one.effect == "Allow"]


def is_permitted(action: str, place: str) -> bool:
    return any(
        patterns.matches(one, action, ignore_case=True) and patterns.overlap(each, place)
        for statement in allowed()
        for one, each in product(statement.actions or (), statement.resources or ())
    )


def test_everything_that_roles_are_given_fits_into_it() -> None:
    """By action, and where the boundary is narrower by what the resource is called."""
    found = set(needs())
    assert len(found) > 500
    permitted = {each: is_permitted(*each) for each in {(action, place) for _, action, place in found}}
    assert {each for each in found if not permitted[each[1:]]} == set()


@pytest.mark.parametrize(
    ("arn", "is_allowed"),
    [("mlops-orchestrator-pipelinesbucket-1/x", False), ("data/x/mlops-config.json", False), ("data/x", True)],
)
def test_what_matters_is_refused_even_to_a_session_that_a_bucket_lets_in(arn: str, is_allowed: bool) -> None:
    """AWS does not limit such a session by what a boundary leaves out."""
    account, role = policies.ACCOUNT, "mlops-pipeline-x-SageMakerRole-1"
    principal = Principal(
        f"arn:aws:sts::{account}:assumed-role/{role}/session", f"arn:aws:iam::{account}:role/teams/{role}"
    )
    lets_in = {"Effect": "Allow", "Principal": {"AWS": principal.arn}, "Action": "s3:PutObjectAcl", "Resource": "*"}
    bucket = Resource(f"arn:aws:s3:::{arn}", account, documents.parse({"Statement": lets_in}))
    request = Request(principal, "s3:PutObjectAcl", (bucket,), {"aws:principalarn": [principal.role_arn]})
    assert evaluation.decide(request, Policies((), policies.document())).allowed is is_allowed
