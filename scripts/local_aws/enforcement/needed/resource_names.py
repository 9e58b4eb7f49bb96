# SPDX-License-Identifier: Apache-2.0
"""ARNs of an operation's resources, and the condition keys that its parameters set.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from moto.cloudformation.models import cloudformation_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends

from scripts.local_aws import organization
from scripts.local_aws.enforcement.needed import container_names
from scripts.local_aws.enforcement.operations import Operation

Namer = Callable[[Operation], Iterator[str]]

# Service -> parameters that name a resource, by preference, with the rest of the ARN after the account. A value that is
# an ARN is used unchanged.
_NAMED: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "cloudwatch": (
        *(("AlarmName", "alarm:{}"), ("AlarmNames", "alarm:{}"), ("ResourceARN", "{}")),
        *(("DashboardName", "dashboard/{}"), ("DashboardNames", "dashboard/{}")),
    ),
    "codebuild": (
        *(("projectName", "project/{}"), ("names", "project/{}"), ("name", "project/{}"), ("ids", "project/{}")),
        ("id", "project/{}"),
    ),
    "codepipeline": (*(("pipelineName", "{}"), ("pipeline.name", "{}"), ("name", "{}"), ("resourceArn", "{}")),),
    "ecr": (("repositoryName", "repository/{}"), ("repositoryNames", "repository/{}"), ("resourceArn", "{}")),
    "events": (
        *(("ResourceARN", "{}"), ("Rule", "rule/{}"), ("EventBusName", "event-bus/{}")),
        ("Name", "rule/{}"),
    ),
    "lambda": (("FunctionName", "function:{}"), ("Resource", "{}")),
    "resource-groups": (("Group", "group/{}"), ("GroupName", "group/{}"), ("Name", "group/{}"), ("Arn", "{}")),
    "secretsmanager": (("SecretId", "secret:{}-??????"),),
    "sns": (
        *(("TopicArn", "{}"), ("TargetArn", "{}"), ("ResourceArn", "{}"), ("SubscriptionArn", "{}"), ("Name", "{}")),
    ),
    "sts": (("RoleArn", "{}"),),
}
_DEFAULT_BUS: Final = "default"


def of(operation: Operation) -> Iterator[str]:
    """Yield the ARNs of an operation's resources; "*" if the tables have none."""
    own = _OWN.get(operation.service)
    found = list(own(operation)) if own else list(_by_parameter(operation))
    yield from found or ["*"]


def none(_: Operation) -> Iterator[str]:
    """Yield no resources."""
    yield from ()


def tagged(operation: Operation, resource: str) -> str:
    """Return the resource as the tagging action needs it: log groups without the star at the end."""
    return resource.removesuffix(":*") if operation.service == "logs" else resource


def context(operation: Operation) -> dict[str, Sequence[str]]:
    """Return the condition keys that the service defines."""
    found: dict[str, Sequence[str]] = {}
    for service, parameter, key in _KEYS:
        if operation.service == service and operation.text(parameter):
            found[key] = [operation.text(parameter)]
    if operation.service == "iam" and operation.name in _ON_POLICIES_OF_ROLES and (bound := _boundary(operation)):
        found["iam:permissionsboundary"] = [bound]
    if operation.service == "events" and operation.name == "PutEvents":
        # It is unknown whether a rule that forwards an event states its source and type (lesson 115). Only rules set a
        # trace header.
        entries = [entry for entry in operation.parameters.get("Entries") or [] if "TraceHeader" not in entry]
        found["events:source"] = [str(entry.get("Source")) for entry in entries]
        found["events:detail-type"] = [str(entry.get("DetailType")) for entry in entries]
    return found


# These are checked with the role's present boundary; other operations with the one in the request.
_ON_POLICIES_OF_ROLES: Final = frozenset({"AttachRolePolicy", "DeleteRolePolicy", "DetachRolePolicy", "PutRolePolicy"})


def _boundary(operation: Operation) -> str:
    """Return the ARN of the policy that bounds the role; empty if there is none, or no such role."""
    roles = iam_backends[operation.account][operation.partition].roles.values()
    name = operation.text("RoleName")
    return next((role.permissions_boundary_arn or "" for role in roles if role.name == name), "")


# Condition keys whose value is one parameter of a request.
_KEYS: Final = (
    ("application-autoscaling", "ServiceNamespace", "application-autoscaling:service-namespace"),
    ("cloudwatch", "Namespace", "cloudwatch:namespace"),
    ("cloudformation", "TemplateURL", "cloudformation:templateurl"),
    ("cloudformation", "RoleARN", "cloudformation:rolearn"),
    ("iam", "PermissionsBoundary", "iam:permissionsboundary"),
    ("iam", "PolicyArn", "iam:policyarn"),
    ("lambda", "Principal", "lambda:principal"),
)


def stack_set_targets(operation: Operation) -> Iterator[str]:
    """Yield the targets of a StackSet's instances."""
    for each in _stack_set(operation):
        rest = each.split(":stackset/", 1)[1]
        account = each.split(":")[4]
        targets = (operation.parameters.get("DeploymentTargets") or {}).get("OrganizationalUnitIds") or []
        for target in [*targets, *(operation.parameters.get("Accounts") or [])]:
            yield operation.arn("cloudformation", f"stackset-target/{rest}/{target}", account=account)


def target_key(operation: Operation) -> Iterator[str]:
    """Yield the key of an alias."""
    key = operation.text("TargetKeyId") or _key_of_alias(operation, operation.text("AliasName"))
    if key:
        yield key if key.startswith("arn:") else operation.arn("kms", f"key/{key}")


def _by_parameter(operation: Operation) -> Iterator[str]:
    for parameter, rest in _NAMED.get(operation.service, ()):
        value: Any = operation.parameters.get(parameter) or operation.text(parameter)
        if value:
            for each in value if isinstance(value, list) else [value]:
                yield each if str(each).startswith("arn:") else _arn(operation, rest.format(each))
            return


def _arn(operation: Operation, rest: str) -> str:
    if operation.service == "ecr":
        return operation.arn("ecr", rest, account=operation.text("registryId") or None)
    if operation.service == "codebuild":
        # A build's id is its project's name and a unique suffix.
        return operation.arn("codebuild", ":".join(rest.split(":")[:1]))
    # Dashboards belong to an account, not to a Region.
    region = "" if rest.startswith("dashboard/") else None
    return operation.arn(operation.service, rest, region=region)


def _api_gateway(operation: Operation) -> Iterator[str]:
    yield operation.arn("apigateway", operation.path, account="")


def _cloud_formation(operation: Operation) -> Iterator[str]:
    if operation.text("StackSetName"):
        yield from _stack_set(operation)
        return
    given = operation.text("StackName") or operation.text("StackId")
    if not given:
        return
    if given.startswith("arn:"):
        yield given
        return
    backend = cloudformation_backends[operation.account][operation.region]
    stacks = list(backend.stacks.values())
    ids = [stack.stack_id for stack in stacks if stack.name == given and not stack.status.startswith("DELETE_COMPLETE")]
    yield ids[0] if ids else operation.arn("cloudformation", f"stack/{given}/*")


def _stack_set(operation: Operation) -> Iterator[str]:
    """Yield the StackSet of this account, or of the management account for which it is a delegated administrator."""
    account = operation.account
    if operation.text("CallAs") == "DELEGATED_ADMIN":
        account = organization.administered_by(account, operation.region) or account
    name, _, number = operation.text("StackSetName").partition(":")
    yield operation.arn("cloudformation", f"stackset/{name}:{number or '*'}", account=account)


def _events(operation: Operation) -> Iterator[str]:
    if operation.name != "PutEvents":
        for arn in _by_parameter(operation):
            bus = operation.text("EventBusName").rsplit("/", 1)[-1]
            is_rule_of_bus = bus not in ("", _DEFAULT_BUS) and ":rule/" in arn and arn.count("/") == 1
            yield arn.replace(":rule/", f":rule/{bus}/") if is_rule_of_bus else arn
        return
    for entry in operation.parameters.get("Entries") or []:
        bus = str(entry.get("EventBusName") or _DEFAULT_BUS)
        yield bus if bus.startswith("arn:") else operation.arn("events", f"event-bus/{bus}")


def _iam(operation: Operation) -> Iterator[str]:
    name = operation.text("RoleName")
    if not name:
        if operation.text("PolicyArn"):
            yield operation.text("PolicyArn")
        return
    roles = list(iam_backends[operation.account][operation.partition].roles.values())
    arn = next((role.arn for role in roles if role.name == name), "")
    path = operation.text("Path") or "/"
    yield arn or operation.arn("iam", f"role{path}{name}", region="")


def _kms(operation: Operation) -> Iterator[str]:
    alias = operation.text("AliasName")
    if alias:
        yield operation.arn("kms", alias)
        return
    key = operation.text("KeyId") or operation.text("ResourceArn")
    if key.startswith("alias/") or ":alias/" in key:
        # KMS looks for the key of an alias first, and says of one in the caller's account that it is not there.
        account = key.split(":")[4] if key.startswith("arn:") else operation.account
        found = _key_of_alias(operation, key[key.index("alias/") :]) if account == operation.account else ""
        yield operation.arn("kms", f"key/{found or 'of-no-alias'}", account=account)
    elif key:
        yield key if key.startswith("arn:") else operation.arn("kms", f"key/{key}")


def _key_of_alias(operation: Operation, alias: str) -> str:
    backend = kms_backends[operation.account][operation.region]
    return str(backend.get_key_id_from_alias(alias) or "")


def _logs(operation: Operation) -> Iterator[str]:
    """Yield log groups, with a star behind their names except for tagging.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    if operation.text("resourceArn"):
        yield operation.text("resourceArn")
        return
    group, stream = operation.text("logGroupName"), operation.text("logStreamName")
    if operation.name == "DescribeLogGroups":
        yield operation.arn("logs", "log-group::log-stream:*")
    elif group and stream:
        yield operation.arn("logs", f"log-group:{group}:log-stream:{stream}")
    elif group or operation.text("logGroupIdentifier"):
        group = group or operation.text("logGroupIdentifier").removesuffix(":*").split(":log-group:")[-1]
        yield operation.arn("logs", f"log-group:{group}:*")


def _scheduler(operation: Operation) -> Iterator[str]:
    if operation.text("ResourceArn"):
        yield operation.text("ResourceArn")
    elif operation.text("Name"):
        yield operation.arn(
            "scheduler", f"schedule/{operation.text('GroupName') or 'default'}/{operation.text('Name')}"
        )


def _sqs(operation: Operation) -> Iterator[str]:
    url, name = operation.text("QueueUrl"), operation.text("QueueName")
    if url:
        account, name = url.rstrip("/").rsplit("/", 2)[-2:]
        yield operation.arn("sqs", name, account=account)
    elif name:
        yield operation.arn("sqs", name, account=operation.text("QueueOwnerAWSAccountId") or None)


_OWN: Final[Mapping[str, Namer]] = {
    "apigateway": _api_gateway,
    "cloudformation": _cloud_formation,
    "ec2": container_names.ec2,
    "ecs": container_names.ecs,
    "elbv2": container_names.elbv2,
    "events": _events,
    "iam": _iam,
    "kms": _kms,
    "logs": _logs,
    "scheduler": _scheduler,
    "sqs": _sqs,
}
