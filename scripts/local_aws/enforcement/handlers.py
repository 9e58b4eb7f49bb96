# SPDX-License-Identifier: Apache-2.0
"""Permissions of CloudFormation's own resource handlers under the stack's role.

The engine's calls differ from those of AWS's handlers, which also read what they have made. Their schemas, which come
with cfn-lint, list the permissions of each handler. Permissions to change properties that a template does not use are
not needed; those to read always are (lesson 103).
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html#schema-properties-handlers
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scripts.iam import handlers
from scripts.iam.evaluation import ALLOWED, Decision
from scripts.iam.statements import Principal
from scripts.local_aws.enforcement import authorization, principals
from scripts.local_aws.enforcement.needed import pass_role, resource_names
from scripts.local_aws.enforcement.operations import Need, Operation

SERVICE: Final = "cloudformation.amazonaws.com"
# A resource is read after it is made or changed: Fn::GetAtt takes its attributes from there.
_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "CREATE": ("create", "read"),
    "UPDATE": ("update", "read"),
    "DELETE": ("delete",),
}

# Part of the ARN after the account, for a type's permissions, from the physical id (`{}`) or a property. SageMaker's
# physical ids are ARNs. For types not listed here, only the engine's own calls are checked.
_ARNS: Final[Mapping[str, str]] = {
    "AWS::CloudWatch::Alarm": "alarm:{}",
    "AWS::CodePipeline::Pipeline": "{}",
    "AWS::EC2::SecurityGroup": "security-group/{}",
    "AWS::EC2::SecurityGroupEgress": "security-group/{GroupId}",
    "AWS::ECS::Cluster": "cluster/{}",
    "AWS::ECS::Service": "{}",
    "AWS::ECS::TaskDefinition": "{}",
    "AWS::ElasticLoadBalancingV2::Listener": "{}",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "{}",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "{}",
    "AWS::Events::Rule": "rule/{}",
    "AWS::IAM::Role": "role/{}",
    "AWS::Lambda::Function": "function:{}",
    "AWS::Lambda::Permission": "function:{FunctionName}",
    "AWS::Logs::LogGroup": "log-group:{}:*",
    "AWS::SageMaker::Endpoint": "{}",
    "AWS::SageMaker::EndpointConfig": "{}",
    "AWS::SageMaker::Model": "{}",
    "AWS::SageMaker::DataQualityJobDefinition": "{}",
    "AWS::SageMaker::ModelBiasJobDefinition": "{}",
    "AWS::SageMaker::ModelExplainabilityJobDefinition": "{}",
    "AWS::SageMaker::ModelQualityJobDefinition": "{}",
    "AWS::SageMaker::MonitoringSchedule": "{}",
    "AWS::SageMaker::ProcessingJob": "{}",
    "AWS::Scheduler::Schedule": "schedule/default/{}",
}

# Permissions of another service than the type's own, by the property with the resource. Other ones are checked with
# the engine's calls (iam:PassRole), or concern nothing that our templates declare.
_OF_OTHERS: Final[Mapping[tuple[str, str], str]] = {
    ("AWS::CodePipeline::Pipeline", "iam:GetRole"): "RoleArn",
}
# Actions that list resources.
_LISTINGS: Final[Mapping[str, str]] = {"logs:DescribeLogGroups": "log-group::log-stream:*"}


@dataclass(frozen=True)
class Step:
    """CloudFormation's step on a resource; `verb` is CREATE, UPDATE or DELETE."""

    type_name: str
    verb: str
    physical_id: str
    properties: Mapping[str, Any]
    account: str
    region: str
    partition: str

    @property
    def service(self) -> str:
        """Prefix of the type's own actions."""
        return self.type_name.split("::")[1].lower().removesuffix("v2")


def check(step: Step, role_arn: str | None, access_key: str) -> Decision:
    """Decide whether the stack's role, or else the caller, may do what the handler does."""
    if not authorization.is_on() or step.type_name not in _ARNS:
        return ALLOWED
    principal = _principal(role_arn, access_key, step.region)
    return authorization.decide(principal, _needs(step), step.region) if principal is not None else ALLOWED


def _principal(role_arn: str | None, access_key: str, region: str) -> Principal | None:
    if role_arn is None:
        return principals.behind(access_key, region)
    return principals.acting_as(role_arn, "AWSCloudFormation") if principals.role(role_arn) is not None else None


def _needs(step: Step) -> Iterator[Need]:
    own = Operation(step.service, step.verb, step.properties, step.region, step.account, step.partition)
    resource = _arn(step, own)
    for permission in sorted(handlers.permissions(step.type_name, step.properties, _STEPS[step.verb])):
        used = _OF_OTHERS.get((step.type_name, permission))
        if used is not None:
            yield Need(permission, str(step.properties[used]))
        elif permission.split(":")[0] == step.service:
            named = _named(permission, resource, own)
            yield Need(permission, named, resource_names.context(own))
    if step.verb != "DELETE":
        yield from pass_role.needs(own)


def _named(permission: str, resource: str, own: Operation) -> str:
    if permission.startswith(handlers.WITHOUT_RESOURCE):
        return "*"
    listing = _LISTINGS.get(permission)
    return own.arn(own.service, listing) if listing else _plain(permission, resource)


def _plain(permission: str, arn: str) -> str:
    """Return the ARN for a permission: log groups have no star behind their names for tagging."""
    return arn.removesuffix(":*") if permission.endswith(("TagResource", "UntagResource", "ForResource")) else arn


def _arn(step: Step, own: Operation) -> str:
    given = _ARNS[step.type_name].format(step.physical_id, **step.properties)
    if given.startswith("arn:"):
        return given
    if given.startswith("function:arn:"):
        return given.removeprefix("function:")
    if step.type_name == "AWS::IAM::Role":
        path = str(step.properties.get("Path") or "/")
        return own.arn("iam", given.replace("role/", f"role{path}", 1), region="")
    return own.arn(step.service, given)
