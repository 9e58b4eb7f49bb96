# SPDX-License-Identifier: Apache-2.0
"""IAM statements named by what they allow; used by every template.

An action per call, a resource per action. `"*"` stands only where AWS knows no narrower resource, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from awacs import ec2, ecr, iam, kms, logs, sts, xray
from awacs.aws import (
    Action,
    Allow,
    ArnLike,
    Bool,
    Condition,
    Deny,
    ForAnyValueStringEquals,
    PolicyDocument,
    Principal,
    Statement,
    StringEquals,
    StringLikeIfExists,
)
from troposphere import If, Ref, Split, Sub
from troposphere.iam import Policy

from generator import arns

POLICY_VERSION = "2012-10-17"


def document(*statements: Statement | If) -> PolicyDocument:
    """A policy document; a statement may depend on a condition."""
    made = PolicyDocument(Version=POLICY_VERSION, Statement=[])
    # awacs takes functions of CloudFormation for everything but statements.
    made.properties["Statement"] = list(statements)
    return made


def policy(name: str, *statements: Statement | If) -> Policy:
    """An inline policy of a role; a statement may depend on a condition."""
    return Policy(PolicyName=name, PolicyDocument=document(*statements))


def allow(actions: Sequence[Action], resources: Any, condition: Condition | If | None = None) -> Statement:
    """Allow actions on a resource or a list of resources, which may be one that CloudFormation splits."""
    listed = resources if isinstance(resources, list | Split) else [resources]
    extra = {} if condition is None else {"Condition": condition}
    return Statement(Effect=Allow, Action=list(actions), Resource=listed, **extra)


def trusted_by(service: str, condition: Condition | None = None) -> PolicyDocument:
    """The trust policy of a role that one AWS service assumes, e.g. `lambda.amazonaws.com`."""
    return trusting(Principal("Service", service), condition)


def trusting(who: Principal, condition: Condition | None = None) -> PolicyDocument:
    """The trust policy of a role that a principal assumes."""
    extra = {} if condition is None else {"Condition": condition}
    return document(Statement(Effect=Allow, Action=[sts.AssumeRole], Principal=who, **extra))


def within_this_account() -> Condition:
    """Condition that a service acts for this account only, so that no other can have it act (the confused deputy)."""
    return Condition(_this_account())


def for_resources(arn: Any) -> Condition:
    """Condition that a service acts for these resources of this account only."""
    return Condition([_this_account(), ArnLike("aws:SourceArn", arn)])


def _this_account() -> StringEquals:
    return StringEquals("aws:SourceAccount", Ref("AWS::AccountId"))


def below(*prefixes: Any) -> Condition:
    """Condition that a listing asks for keys that begin with one of these prefixes.

    A look-up of one object has no prefix: "if exists" lets it pass. If the bucket may not be listed, S3 answers
    "forbidden" instead of "not found" for a missing object.
    """
    return Condition(StringLikeIfExists("s3:prefix", list(prefixes)))


def deny_unencrypted_transport(bucket_arn: Any, objects_arn: Any) -> Statement:
    """Refuse every request that does not come over TLS."""
    return Statement(
        Sid="RefusePlainHttp",
        Effect=Deny,
        Principal=Principal("*"),
        Action=[Action("s3", "*")],
        Resource=[bucket_arn, objects_arn],
        Condition=Condition(Bool("aws:SecureTransport", "false")),
    )


def write_own_log(log_group_arn: Any) -> Statement:
    """Write to one log group that exists already."""
    return allow([logs.CreateLogStream, logs.PutLogEvents], log_group_arn)


def send_traces() -> Statement:
    """Send X-Ray traces; X-Ray knows no resource for these actions."""
    return allow([xray.PutTraceSegments, xray.PutTelemetryRecords], "*")


def pull_images(repository_arn: Any) -> Statement:
    """Pull images from one repository."""
    return allow([ecr.BatchCheckLayerAvailability, ecr.BatchGetImage, ecr.GetDownloadUrlForLayer], repository_arn)


def log_in_to_registry() -> Statement:
    """Get a registry token; ECR knows no resource for it."""
    return allow([ecr.GetAuthorizationToken], "*")


def pass_role(role_arn: Any, *services: str) -> Statement:
    """Hand roles to the named services and to no other."""
    return allow([iam.PassRole], role_arn, Condition(StringEquals("iam:PassedToService", list(services))))


def through(*services: str) -> StringEquals:
    """Condition that a key is used through these services of the Region alone, such as `s3`."""
    named = [Sub(f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}") for service in services]
    return StringEquals("kms:ViaService", named if len(named) > 1 else named[0])


def for_aws_resource() -> Bool:
    """Condition that a grant is made by a service for its own resource, such as a volume, and never for a person."""
    return Bool("kms:GrantIsForAWSResource", "true")


USE_OF_A_KEY: Final = (kms.CreateGrant, kms.Decrypt, kms.DescribeKey, kms.Encrypt, kms.GenerateDataKey)
"""Actions of a service that encrypts and decrypts with a key, for as long as its resource exists."""


def use_key_through(service: str, key_arn: Any) -> Statement:
    """Have a service use a key."""
    return allow(USE_OF_A_KEY, key_arn, Condition(through(service)))


def has_alias(alias: Any) -> ForAnyValueStringEquals:
    """Condition that a key has an alias, which IAM does not take in place of a key's ARN.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    return ForAnyValueStringEquals("kms:ResourceAliases", alias)


def interfaces_of_functions() -> list[Statement]:
    """Network interfaces that Lambda makes for a function in a VPC, under the function's role; code cannot use them.

    Lambda asks for a deletion of any interface of the account, and a subnet may be one that another account shares.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    own = arns.regional("ec2", "*/*")
    shared = [Sub(f"arn:${{AWS::Partition}}:ec2:${{AWS::Region}}:*:{kind}/*") for kind in ("security-group", "subnet")]
    changed = [ec2.AssignPrivateIpAddresses, ec2.DeleteNetworkInterface, ec2.UnassignPrivateIpAddresses]
    looked_at = [ec2.DescribeNetworkInterfaces, ec2.DescribeSubnets]
    every = [ec2.CreateNetworkInterface, ec2.DetachNetworkInterface, *changed, *looked_at]
    by_code = Condition(ArnLike("lambda:SourceFunctionArn", arns.regional("lambda", "function:*")))
    return [
        allow([ec2.CreateNetworkInterface], [own, *shared]),
        allow(changed, own),
        allow(looked_at, "*"),
        Statement(Effect=Deny, Action=every, Resource=["*"], Condition=by_code),
    ]


def network_interfaces() -> list[Statement]:
    """Network interfaces for models and jobs in a VPC, and the looks at networks that go with them.

    The page has the same list for each kind of job, and for models.
    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createprocessingjob-perms
    """
    return [*made_interfaces(), look_at_networks()]


def made_interfaces() -> list[Statement]:
    """Network interfaces that SageMaker makes, in subnets that may be another account's."""
    interfaces = arns.regional("ec2", "network-interface/*")
    shared = [Sub(f"arn:${{AWS::Partition}}:ec2:${{AWS::Region}}:*:{kind}/*") for kind in ("security-group", "subnet")]
    changed = [ec2.CreateNetworkInterfacePermission, ec2.DeleteNetworkInterface, ec2.DeleteNetworkInterfacePermission]
    return [allow([ec2.CreateNetworkInterface], [interfaces, *shared]), allow(changed, interfaces)]


def look_at_networks() -> Statement:
    """Looks at VPCs and what is in them: EC2 knows no resource for what is only looked at."""
    looked_at = [
        *(ec2.DescribeDhcpOptions, ec2.DescribeNetworkInterfaces, ec2.DescribeSecurityGroups, ec2.DescribeSubnets),
        ec2.DescribeVpcs,
    ]
    return allow(looked_at, "*")
