# SPDX-License-Identifier: Apache-2.0
"""AWS::EC2::SecurityGroup and AWS::EC2::SecurityGroupEgress. Rules are kept; no traffic passes them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
"""

from __future__ import annotations

from typing import Any

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceType,
    names,
)
from scripts.local_aws.cloudformation.stacks import Made

_SERVICE = "ec2"
_NAME_LIMIT = 255
_GONE = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")
_NO_RULE = "InvalidPermission.NotFound"
_EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
_INGRESS, _EGRESS = "SecurityGroupIngress", "SecurityGroupEgress"
_OPERATIONS = {_INGRESS: "security_group_ingress", _EGRESS: "security_group_egress"}


class SecurityGroup(ResourceType):
    """A security group of a VPC; Ref is its id."""

    type_name = "AWS::EC2::SecurityGroup"
    name_property = "GroupName"
    replaced_by = names("GroupDescription GroupName VpcId")
    is_tagged = True
    known_properties = replaced_by | names("SecurityGroupEgress SecurityGroupIngress Tags")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the group with its rules; with rules of its own for what goes out it loses the one that lets all out."""
        tags = context.tag_list(properties.get("Tags"))
        answer = context.call(
            _SERVICE, "create_security_group",
            GroupName=properties.get("GroupName") or context.generated_name(_NAME_LIMIT),
            Description=properties["GroupDescription"],
            VpcId=properties.get("VpcId"),
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}] if tags else None,
        )  # fmt: skip
        group = answer["GroupId"]
        attributes = {"GroupId": group, "Id": group}
        made = context.initiated(Made(group, attributes, context.tags(properties.get("Tags"))))
        if properties.get(_EGRESS):
            _revoke(context, group, _EGRESS, [_EVERYWHERE])
        for direction in _OPERATIONS:
            _authorize(context, group, direction, _rules(properties, direction))
        return made

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Take away the rules that are gone, add the new ones, and set the tags."""
        for direction in _OPERATIONS:
            before, after = _rules(old, direction), _rules(new, direction)
            _revoke(context, made.physical_id, direction, [rule for rule in before if rule not in after])
            _authorize(context, made.physical_id, direction, [rule for rule in after if rule not in before])
        tags = context.tags(new.get("Tags"))
        if gone := [{"Key": key} for key in sorted(made.tags.keys() - tags.keys())]:
            context.call(_SERVICE, "delete_tags", Resources=[made.physical_id], Tags=gone)
        if tags != made.tags and tags:
            wanted = context.tag_list(new.get("Tags"))
            context.call(_SERVICE, "create_tags", Resources=[made.physical_id], Tags=wanted)
        return Made(made.physical_id, made.attributes, tags)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the group."""
        with IgnoreMissing(*_GONE):
            context.call(_SERVICE, "delete_security_group", GroupId=made.physical_id)


class SecurityGroupEgress(ResourceType):
    """One rule of a group for what goes out; for two groups that name each other."""

    type_name = "AWS::EC2::SecurityGroupEgress"
    replaced_by = names("CidrIp DestinationSecurityGroupId FromPort GroupId IpProtocol ToPort")
    known_properties = replaced_by | names("Description")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Add the rule."""
        rules = _authorize(context, properties["GroupId"], _EGRESS, [_permission(properties)])
        return Made(rules[0]["SecurityGroupRuleId"])

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Nothing but the description changes in place."""
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Take the rule away."""
        _revoke(context, properties["GroupId"], _EGRESS, [_permission(properties)])


def _rules(properties: Properties, direction: str) -> list[dict[str, Any]]:
    return [_permission(rule) for rule in properties.get(direction) or ()]


def _permission(rule: Properties) -> dict[str, Any]:
    """A rule as the API takes it."""
    described = {"Description": rule["Description"]} if rule.get("Description") else {}
    ports: dict[str, Any] = {name: int(rule[name]) for name in ("FromPort", "ToPort") if name in rule}
    group = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    if group:
        return {"IpProtocol": rule["IpProtocol"], **ports, "UserIdGroupPairs": [{"GroupId": group, **described}]}
    return {"IpProtocol": rule["IpProtocol"], **ports, "IpRanges": [{"CidrIp": rule["CidrIp"], **described}]}


def _authorize(context: ResourceContext, group: str, direction: str, rules: list[dict[str, Any]]) -> list[Any]:
    if not rules:
        return []
    answer = context.call(_SERVICE, f"authorize_{_OPERATIONS[direction]}", GroupId=group, IpPermissions=rules)
    return list(answer["SecurityGroupRules"])


def _revoke(context: ResourceContext, group: str, direction: str, rules: list[dict[str, Any]]) -> None:
    if rules:
        with IgnoreMissing(*_GONE, _NO_RULE):
            context.call(_SERVICE, f"revoke_{_OPERATIONS[direction]}", GroupId=group, IpPermissions=rules)
