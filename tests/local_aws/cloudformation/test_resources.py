# SPDX-License-Identifier: Apache-2.0
"""The resource types of the root stack: what the template says reaches the service, and so does a change of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from scripts.local_aws.cloudformation.resources.fitting import fitted
from tests.local_aws.deploying import wait

TEMPLATE = (Path(__file__).parents[1] / "templates" / "root_like.yaml").read_text()
CHANGED = {
    "RetentionDays": "14", "DisplayName": "second", "Trusted": "events.amazonaws.com", "Granted": "s3:PutObject",
    "Pattern": "aws.sagemaker", "WithBoundary": "no",
}  # fmt: skip

Read = Callable[[Any, dict[str, str]], Any]


def outputs(cloudformation: Any, name: str) -> dict[str, str]:
    described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


@pytest.fixture(scope="module")
def created(client: Any) -> dict[str, str]:
    """The stack as it is first made, read before anything changes it."""
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName="root", TemplateBody=TEMPLATE, Capabilities=["CAPABILITY_IAM"], Tags=[{"Key": "stack", "Value": "a"}]
    )
    wait(cloudformation, "create", "root")
    return outputs(cloudformation, "root")


@pytest.fixture(scope="module")
def before(client: Any, created: dict[str, str]) -> dict[str, Any]:
    return {name: read(client, created) for name, (read, _, _) in READINGS.items()}


@pytest.fixture(scope="module")
def after(client: Any, created: dict[str, str], before: dict[str, Any]) -> dict[str, Any]:
    cloudformation = client("cloudformation")
    cloudformation.update_stack(
        StackName="root",
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in CHANGED.items()],
        Tags=[{"Key": "team", "Value": "b"}],
    )
    wait(cloudformation, "update", "root")
    assert outputs(cloudformation, "root") == created, "an update in place keeps every physical id"
    return {name: read(client, created) for name, (read, _, _) in READINGS.items()}


def _policy_actions(document: str | dict[str, Any]) -> Any:
    parsed = json.loads(document) if isinstance(document, str) else document
    return parsed["Statement"][0]["Action"]


def _service(document: str | dict[str, Any]) -> Any:
    parsed = json.loads(document) if isinstance(document, str) else document
    return parsed["Statement"][0]["Principal"]["Service"]


def _encryption(client: Any, ids: dict[str, str]) -> Any:
    found = client("s3").get_bucket_encryption(Bucket=ids["Data"])["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = found["ApplyServerSideEncryptionByDefault"]
    return default["SSEAlgorithm"], default["KMSMasterKeyID"].endswith(ids["Key"])


def _lifecycle(client: Any, ids: dict[str, str]) -> Any:
    rule = client("s3").get_bucket_lifecycle_configuration(Bucket=ids["Data"])["Rules"][0]
    return rule["NoncurrentVersionExpiration"]["NoncurrentDays"], rule["AbortIncompleteMultipartUpload"]


def _logging(client: Any, ids: dict[str, str]) -> Any:
    found = client("s3").get_bucket_logging(Bucket=ids["Data"])["LoggingEnabled"]
    return found["TargetBucket"] == ids["Logs"], found["TargetPrefix"]


def _public_access(client: Any, ids: dict[str, str]) -> Any:
    return set(client("s3").get_public_access_block(Bucket=ids["Data"])["PublicAccessBlockConfiguration"].values())


def _bucket_tags(client: Any, ids: dict[str, str]) -> Any:
    return {tag["Key"]: tag["Value"] for tag in client("s3").get_bucket_tagging(Bucket=ids["Data"])["TagSet"]}


def _role_tags(client: Any, ids: dict[str, str]) -> Any:
    return {tag["Key"]: tag["Value"] for tag in client("iam").list_role_tags(RoleName=ids["Role"])["Tags"]}


def _managed_policy(client: Any, ids: dict[str, str]) -> Any:
    iam, arn = client("iam"), ids["Boundary"]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return _policy_actions(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def _queue(client: Any, ids: dict[str, str], name: str) -> Any:
    return client("sqs").get_queue_attributes(QueueUrl=ids["Queue"], AttributeNames=["All"])["Attributes"][name]


def _topic(client: Any, ids: dict[str, str], name: str) -> Any:
    return client("sns").get_topic_attributes(TopicArn=ids["Topic"])["Attributes"][name]


def _log_group(client: Any, ids: dict[str, str]) -> Any:
    found = client("logs").describe_log_groups(logGroupNamePrefix=ids["LogGroup"])["logGroups"][0]
    return found["retentionInDays"], found["kmsKeyId"].endswith(ids["Key"])


def _raw_delivery(client: Any, ids: dict[str, str]) -> Any:
    return client("sns").get_subscription_attributes(SubscriptionArn=ids["Subscription"])["Attributes"][
        "RawMessageDelivery"
    ]


def _repository(client: Any, ids: dict[str, str]) -> Any:
    found = client("ecr").describe_repositories(repositoryNames=[ids["Repository"]])["repositories"][0]
    encryption, scanning = found["encryptionConfiguration"], found["imageScanningConfiguration"]
    return found["imageTagMutability"], scanning["scanOnPush"], encryption["kmsKey"].endswith(ids["Key"])


def _target(client: Any, ids: dict[str, str]) -> Any:
    return client("events").list_targets_by_rule(Rule=ids["Rule"])["Targets"][0]["InputTransformer"]["InputTemplate"]


def _rule(client: Any, ids: dict[str, str]) -> Any:
    found = client("events").describe_rule(Name=ids["Rule"])
    return json.loads(found["EventPattern"]), found["State"]


# What is read, and what it is after creation and after the update.
READINGS: dict[str, tuple[Read, Any, Any]] = {
    "key description": (
        lambda c, ids: c("kms").describe_key(KeyId=ids["Key"])["KeyMetadata"]["Description"], "first", "second",
    ),
    "key rotation": (
        lambda c, ids: c("kms").get_key_rotation_status(KeyId=ids["Key"])["KeyRotationEnabled"], True, False,
    ),
    "alias": (
        lambda c, ids: c("kms").describe_key(KeyId="alias/root")["KeyMetadata"]["KeyId"] == ids["Key"], True, True,
    ),
    "encryption": (_encryption, ("aws:kms", True), ("aws:kms", True)),
    "versioning": (lambda c, ids: c("s3").get_bucket_versioning(Bucket=ids["Data"])["Status"], "Enabled", "Enabled"),
    "public access": (_public_access, {True}, {True}),
    "lifecycle": (_lifecycle, (30, {"DaysAfterInitiation": 7}), (14, {"DaysAfterInitiation": 7})),
    "logging": (_logging, (True, "data/"), (True, "data/")),
    "eventbridge": (
        lambda c, ids: "EventBridgeConfiguration"
        in c("s3").get_bucket_notification_configuration(Bucket=ids["Data"]), True, False,
    ),
    "bucket policy": (
        lambda c, ids: _policy_actions(c("s3").get_bucket_policy(Bucket=ids["Logs"])["Policy"]),
        "s3:GetObject", "s3:PutObject",
    ),
    "stack tags on a bucket": (_bucket_tags, {"stack": "a"}, {"team": "b"}),
    "stack tags on a role": (_role_tags, {"stack": "a"}, {"team": "b"}),
    "topic name": (lambda c, ids: _topic(c, ids, "DisplayName"), "first", "second"),
    "topic key": (lambda c, ids: _topic(c, ids, "KmsMasterKeyId") == ids["Key"], True, True),
    "topic policy": (
        lambda c, ids: _service(_topic(c, ids, "Policy")), "lambda.amazonaws.com", "events.amazonaws.com",
    ),
    "subscription": (_raw_delivery, "true", "false"),
    "queue retention": (lambda c, ids: _queue(c, ids, "MessageRetentionPeriod"), "3000", "1400"),
    "queue key": (lambda c, ids: _queue(c, ids, "KmsMasterKeyId") == ids["Key"], True, True),
    "queue policy": (
        lambda c, ids: _service(_queue(c, ids, "Policy")), "lambda.amazonaws.com", "events.amazonaws.com",
    ),
    "repository": (_repository, ("IMMUTABLE", True, True), ("MUTABLE", True, True)),
    "managed policy": (_managed_policy, "s3:GetObject", "s3:PutObject"),
    "trust": (
        lambda c, ids: _service(c("iam").get_role(RoleName=ids["Role"])["Role"]["AssumeRolePolicyDocument"]),
        "lambda.amazonaws.com", "events.amazonaws.com",
    ),
    "boundary": (
        lambda c, ids: "PermissionsBoundary" in c("iam").get_role(RoleName=ids["Role"])["Role"], True, False,
    ),
    "inline policy": (
        lambda c, ids: _policy_actions(
            c("iam").get_role_policy(RoleName=ids["Role"], PolicyName="data")["PolicyDocument"]
        ),
        "s3:GetObject", "s3:PutObject",
    ),
    "attached policy": (
        lambda c, ids: c("iam").list_attached_role_policies(RoleName=ids["Role"])["AttachedPolicies"][0]["PolicyArn"]
        == ids["Boundary"],
        True, True,
    ),
    "log group": (_log_group, (30, True), (14, True)),
    "rule": (_rule, ({"source": ["aws.s3"]}, "ENABLED"), ({"source": ["aws.sagemaker"]}, "DISABLED")),
    "target": (_target, '"first: <detail>"', '"second: <detail>"'),
}  # fmt: skip


@pytest.mark.parametrize("name", READINGS)
def test_creation_reaches_the_service(before: dict[str, Any], name: str) -> None:
    assert before[name] == READINGS[name][1]


@pytest.mark.parametrize("name", READINGS)
def test_an_update_reaches_the_service(after: dict[str, Any], name: str) -> None:
    assert after[name] == READINGS[name][2]


def test_deletion_leaves_nothing(client: Any, created: dict[str, str], after: dict[str, Any]) -> None:
    cloudformation = client("cloudformation")
    stack_id = cloudformation.describe_stacks(StackName="root")["Stacks"][0]["StackId"]
    # The access logs of the data bucket, which moto really writes, are in the way of its deletion.
    client("s3").put_bucket_logging(Bucket=created["Data"], BucketLoggingStatus={})
    for object_key in [one["Key"] for one in client("s3").list_objects_v2(Bucket=created["Logs"]).get("Contents", [])]:
        client("s3").delete_object(Bucket=created["Logs"], Key=object_key)
    cloudformation.delete_stack(StackName="root")
    wait(cloudformation, "delete", stack_id)
    assert client("s3").list_buckets()["Buckets"] == []
    assert client("iam").list_roles()["Roles"] == []
    assert client("iam").list_policies(Scope="Local")["Policies"] == []
    assert client("sns").list_topics()["Topics"] == []
    assert client("sns").list_subscriptions()["Subscriptions"] == []
    assert "QueueUrls" not in client("sqs").list_queues()
    assert client("ecr").describe_repositories()["repositories"] == []
    assert client("logs").describe_log_groups()["logGroups"] == []
    assert client("events").list_rules()["Rules"] == []
    assert client("kms").describe_key(KeyId=created["Key"])["KeyMetadata"]["KeyState"] == "PendingDeletion"


@pytest.mark.parametrize(
    ("kind", "properties", "reason"),
    [
        (
            "AWS::S3::Bucket",
            {"BucketNam": "x"},
            "The local AWS does not know the property BucketNam of AWS::S3::Bucket.",
        ),
        ("AWS::Redshift::ScheduledAction", {}, "The local AWS does not know AWS::Redshift::ScheduledAction."),
        ("AWS::CloudFormation::Stack", {"TemplateURL": "https://s3.amazonaws.com/a/b"}, "does not nest stacks"),
        ("AWS::S3::Bucket", {"BucketName": "no"}, "InvalidBucketName"),
        ("AWS::KMS::Alias", {"AliasName": "alias/x", "TargetKeyId": "no-such-key"}, "NotFoundException"),
    ],
)
def test_what_cannot_be_made_says_why(client: Any, kind: str, properties: dict[str, Any], reason: str) -> None:
    cloudformation = client("cloudformation")
    body = json.dumps({"Resources": {"Wrong": {"Type": kind, "Properties": properties}}})
    stack_id = cloudformation.create_stack(StackName="wrong", TemplateBody=body, OnFailure="DELETE")["StackId"]
    with pytest.raises(WaiterError):
        wait(cloudformation, "create", stack_id)
    wait(cloudformation, "delete", stack_id)
    events = cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]
    reasons = [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"]
    assert len(reasons) == 1
    assert reason in reasons[0]


def test_a_name_that_is_taken_is_not_taken_over(client: Any) -> None:
    cloudformation = client("cloudformation")
    client("s3").create_bucket(Bucket="already-there")
    body = json.dumps(
        {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "already-there"}}}}
    )
    cloudformation.create_stack(StackName="taken", TemplateBody=body)
    with pytest.raises(WaiterError):
        wait(cloudformation, "create", "taken")
    resource = cloudformation.describe_stack_events(StackName="taken")["StackEvents"]
    assert "already-there already exists" in [event.get("ResourceStatusReason") for event in resource]
    # It is still there; and gone now, for the test that wants to find nothing.
    client("s3").delete_bucket(Bucket="already-there")


def test_template_values_take_the_names_and_types_of_the_api(client: Any) -> None:
    model = client("lambda").meta.service_model.operation_model("CreateFunction").input_shape
    given = {
        "Timeout": "30",
        "Publish": "true",
        "KmsKeyArn": "arn",
        # What people choose are no names of the API.
        "Environment": {"variables": {"a": 1, "B": True, "policy": {"Version": "2012-10-17"}}},
        "Description": 5,
        "NoSuchName": "left for the API to refuse",
    }
    assert fitted(given, model) == {
        "Timeout": 30,
        "Publish": True,
        "KMSKeyArn": "arn",
        "Environment": {"Variables": {"a": "1", "B": "true", "policy": '{"Version": "2012-10-17"}'}},
        "Description": "5",
        "NoSuchName": "left for the API to refuse",
    }
