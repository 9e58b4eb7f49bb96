# SPDX-License-Identifier: Apache-2.0
"""What CloudFormation's own handler of a resource type is allowed to do under the stack's role.

The engine's calls are not those of AWS's handlers, which also read what they have made. Their schemas, which cfn-lint
brings along, name the permissions of each handler; those that change properties which a template does not use are not
needed, those of reads always are (lesson 103).
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
# A resource is read after it is made or changed: Fn::GetAtt takes its attributes from that.
_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "CREATE": ("create", "read"),
    "UPDATE": ("update", "read"),
    "DELETE": ("delete",),
}

# The ARN behind the account of what the permissions of a type are about, from the physical id (`{}`) or a property.
# SageMaker's physical ids are ARNs. A type that is not here is guarded by the engine's own calls alone.
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

# Permissions of another service than the type's own, by the property with the resource; the others of other services
# are asked for by the engine's calls (iam:PassRole), or for nothing that our templates declare.
_OF_OTHERS: Final[Mapping[tuple[str, str], str]] = {
    ("AWS::CodePipeline::Pipeline", "iam:GetRole"): "RoleArn",
}
# What is looked at by a listing.
_LISTINGS: Final[Mapping[str, str]] = {"logs:DescribeLogGroups": "log-group::log-stream:*"}


@dataclass(frozen=True)
class Step:
    """One step of CloudFormation on one resource; `verb` is CREATE, UPDATE or DELETE."""

    type_name: str
    verb: str
    physical_id: str
    properties: Mapping[str, Any]
    account: str
    region: str
    partition: str

    @property
    def service(self) -> str:
        """The prefix of the type's own actions."""
        return self.type_name.split("::")[1].lower().removesuffix("v2")


def check(step: Step, role_arn: str | None, access_key: str) -> Decision:
    """Whether the stack's role, or without one the caller, may do what the handler does."""
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
    """Log groups have no star behind their names where tags are concerned."""
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
