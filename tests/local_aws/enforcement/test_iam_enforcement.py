# SPDX-License-Identifier: Apache-2.0
"""At the server's edge a role does what its policies allow, over each protocol, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws import clients
from scripts.local_aws.server import LocalAws

ACCOUNT, OTHER = "123456789012", "999988887777"
REGION = "us-east-1"
BUCKET = "quay-enforced"
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/q"

As = Callable[..., Any]


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws(enforce_iam=True) as aws:
        yield aws


@pytest.fixture(scope="module", autouse=True)
def things(client: Any, local_aws: LocalAws) -> None:
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="in/there", Body=b"1")
    client("sqs").create_queue(QueueName="q")
    client("sns").create_topic(Name="t")
    client("logs").create_log_group(logGroupName="g")


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.fixture
def role(client: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """`role(*statements)` makes a role of this test with a policy and gives its ARN."""
    made: list[str] = []
    iam = client("iam")

    def make(*statements: dict[str, Any], **more: Any) -> str:
        name = f"r{len(made)}-{abs(hash(request.node.nodeid)) % 10**9}"
        made.append(name)
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUST), **more)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return str(arn)

    yield make
    for name in made:
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


def acting(service: str, role_arn: str) -> Any:
    return clients.client(service, role_arn, REGION)


def refused(call: Callable[[], Any]) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


# Protocol: service, operation, parameters, action, resource, AWS's code and status.
CALLS = {
    "json": (
        *("logs", "describe_log_streams", {"logGroupName": "g"}, "logs:DescribeLogStreams"),
        *(f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g:*", "AccessDeniedException", 400),
    ),
    "json with query errors": (
        *("sqs", "send_message", {"QueueUrl": QUEUE_URL, "MessageBody": "x"}, "sqs:SendMessage"),
        *(f"arn:aws:sqs:{REGION}:{ACCOUNT}:q", "AccessDeniedException", 400),
    ),
    "query": (
        *("cloudformation", "create_stack", {"StackName": "s", "TemplateBody": "{}"}, "cloudformation:CreateStack"),
        *(f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/s/*", "AccessDenied", 403),
    ),
    "rest-json": (
        *("lambda", "invoke", {"FunctionName": "f"}, "lambda:InvokeFunction"),
        *(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", "AccessDeniedException", 403),
    ),
    "rest-json by path": (
        *("apigateway", "get_rest_apis", {}, "apigateway:GET"),
        *(f"arn:aws:apigateway:{REGION}::/restapis", "AccessDeniedException", 403),
    ),
    "rest-xml": (
        *("s3", "get_object", {"Bucket": BUCKET, "Key": "in/there"}, "s3:GetObject"),
        *(f"arn:aws:s3:::{BUCKET}/in/there", "AccessDenied", 403),
    ),
    "ec2": ("ec2", "describe_vpcs", {}, "ec2:DescribeVpcs", "*", "UnauthorizedOperation", 403),
}


@pytest.mark.parametrize("protocol", CALLS)
def test_what_no_policy_allows_is_refused_in_the_words_of_aws(role: Any, protocol: str) -> None:
    service, operation, parameters, action, resource, code, status = CALLS[protocol]
    arn = role()

    seen = refused(lambda: getattr(acting(service, arn), operation)(**parameters))

    name = arn.rsplit("/", 1)[-1]
    assert seen == (
        code,
        status,
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{name}/local-aws is not authorized to perform: {action} on "
        f"resource: {resource} because no identity-based policy allows the {action} action",
    )


def test_a_change_of_the_policy_counts_at_once(role: Any, client: Any) -> None:
    arn = role()
    read = lambda: acting("s3", arn).get_object(Bucket=BUCKET, Key="in/there")  # noqa: E731
    refused(read)

    client("iam").put_role_policy(
        RoleName=arn.rsplit("/", 1)[-1],
        PolicyName="p",
        PolicyDocument=document(allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/in/*")),
    )

    assert read()["Body"].read() == b"1"


def test_managed_policies_and_boundaries_count(role: Any, client: Any) -> None:
    name = client("iam").create_policy(PolicyName="only-logs", PolicyDocument=document(allow("logs:*")))
    boundary = name["Policy"]["Arn"]
    inside, outside = role(allow("*"), PermissionsBoundary=boundary), role()
    client("iam").attach_role_policy(RoleName=outside.rsplit("/", 1)[-1], PolicyArn=boundary)

    assert acting("logs", outside).describe_log_groups()["logGroups"]
    assert acting("logs", inside).describe_log_groups()["logGroups"]
    _, _, message = refused(lambda: acting("s3", inside).list_buckets())
    client("iam").detach_role_policy(RoleName=outside.rsplit("/", 1)[-1], PolicyArn=boundary)

    assert message.endswith("because no permissions boundary allows the s3:ListAllMyBuckets action")


CONDITIONS = {
    "s3:prefix": (
        {"StringLike": {"s3:prefix": "in/*"}},
        "s3:ListBucket",
        lambda arn, good: acting("s3", arn).list_objects_v2(Bucket=BUCKET, Prefix="in/" if good else "out/"),
    ),
    "cloudwatch:namespace": (
        {"StringEquals": {"cloudwatch:namespace": "mine"}},
        "cloudwatch:PutMetricData",
        lambda arn, good: acting("cloudwatch", arn).put_metric_data(
            Namespace="mine" if good else "theirs", MetricData=[{"MetricName": "m", "Value": 1}]
        ),
    ),
    "events:source": (
        {"StringEquals": {"events:source": "mine"}},
        "events:PutEvents",
        lambda arn, good: acting("events", arn).put_events(
            Entries=[{"Source": "mine" if good else "theirs", "DetailType": "x", "Detail": "{}"}]
        ),
    ),
    "aws:RequestTag": (
        {"StringEquals": {"aws:RequestTag/team": "a"}},
        ["sns:CreateTopic", "sns:TagResource"],
        lambda arn, good: acting("sns", arn).create_topic(
            Name="tagged", Tags=[{"Key": "team", "Value": "a" if good else "b"}]
        ),
    ),
}


@pytest.mark.parametrize("key", CONDITIONS)
def test_a_condition_decides(role: Any, key: str) -> None:
    condition, action, call = CONDITIONS[key]
    arn = role(allow(action, Condition=condition))

    call(arn, True)
    refused(lambda: call(arn, False))


def test_a_key_is_named_by_its_alias(role: Any, client: Any) -> None:
    def key(alias: str) -> str:
        made = client("kms").create_key()["KeyMetadata"]["KeyId"]
        client("kms").create_alias(AliasName=alias, TargetKeyId=made)
        return str(made)

    mine, theirs = key("alias/mine"), key("alias/theirs")
    condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/mine"}}
    arn = role(allow("kms:Encrypt", Condition=condition))

    assert acting("kms", arn).encrypt(KeyId=mine, Plaintext=b"x")["CiphertextBlob"]
    refused(lambda: acting("kms", arn).encrypt(KeyId=theirs, Plaintext=b"x"))


@pytest.mark.parametrize("service", ["sagemaker.amazonaws.com", "lambda.amazonaws.com"])
def test_a_role_is_passed_to_the_service_that_the_policy_names(role: Any, service: str) -> None:
    passed = role()
    condition = {"StringEquals": {"iam:PassedToService": service}}
    arn = role(allow("sagemaker:CreateModel"), allow("iam:PassRole", passed, Condition=condition))
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/own:1"
    create = lambda: acting("sagemaker", arn).create_model(  # noqa: E731
        ModelName="m", ExecutionRoleArn=passed, PrimaryContainer={"Image": image}
    )

    if service.startswith("sagemaker"):
        assert create()["ModelArn"]
    else:
        _, _, message = refused(create)
        assert f"is not authorized to perform: iam:PassRole on resource: {passed} because" in message


def test_a_bucket_of_another_account_must_let_the_role_in(role: Any, local_aws: LocalAws) -> None:
    theirs = clients.client("s3", f"arn:aws:iam::{OTHER}:role/owner", REGION)
    theirs.create_bucket(Bucket="theirs")
    theirs.put_object(Bucket="theirs", Key="k", Body=b"1")
    arn = role(allow("s3:GetObject"))
    read = lambda: acting("s3", arn).get_object(Bucket="theirs", Key="k")  # noqa: E731

    _, _, message = refused(read)
    statement = allow("s3:GetObject", "arn:aws:s3:::theirs/*", Principal={"AWS": ACCOUNT})
    theirs.put_bucket_policy(Bucket="theirs", Policy=document(statement))

    assert message.endswith("because no resource-based policy allows the s3:GetObject action")
    assert read()["Body"].read() == b"1"


@pytest.mark.parametrize(("statements", "code"), [([], "AccessDenied"), ([allow("s3:ListBucket")], "NoSuchKey")])
def test_only_who_may_list_hears_that_an_object_is_not_there(role: Any, statements: list[Any], code: str) -> None:
    arn = role(allow("s3:GetObject"), *statements)

    assert refused(lambda: acting("s3", arn).get_object(Bucket=BUCKET, Key="absent"))[0] == code


def test_an_operation_that_nobody_has_mapped_needs_leave_for_everything(role: Any) -> None:
    limited = role(allow("athena:*", f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/w"))

    assert "athena:ListWorkGroups on resource: *" in refused(lambda: acting("athena", limited).list_work_groups())[2]
    assert "WorkGroups" in acting("athena", role(allow("athena:*"))).list_work_groups()


def test_an_encrypted_queue_asks_for_its_key(role: Any, client: Any) -> None:
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    url = client("sqs").create_queue(QueueName="sealed", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    via = {"StringEquals": {"kms:ViaService": f"sqs.{REGION}.amazonaws.com"}}
    keys = allow(["kms:GenerateDataKey", "kms:Decrypt"], Condition=via)
    without, with_key = role(allow("sqs:SendMessage")), role(allow("sqs:SendMessage"), keys)

    _, _, message = refused(lambda: acting("sqs", without).send_message(QueueUrl=url, MessageBody="x"))

    assert "kms:GenerateDataKey" in message
    assert acting("sqs", with_key).send_message(QueueUrl=url, MessageBody="x")["MessageId"]


def test_callers_without_a_role_are_administrators(client: Any) -> None:
    assert client("s3").get_object(Bucket=BUCKET, Key="in/there")["Body"].read() == b"1"
    assert acting("s3", f"arn:aws:iam::{ACCOUNT}:role/absent").list_buckets()["Buckets"]
