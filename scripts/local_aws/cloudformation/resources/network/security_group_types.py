# SPDX-License-Identifier: Apache-2.0
"""AWS::EC2::SecurityGroup and AWS::EC2::SecurityGroupEgress. Rules are kept; no traffic passes them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
"""

from __future__ import annotations

import dataclasses
from typing import Any

from scripts.local_aws.cloudformation.resources.api_type import REF, ApiType
from scripts.local_aws.cloudformation.resources.base import IgnoreMissing, Properties, ResourceContext, names
from scripts.local_aws.cloudformation.stacks import Made

_SERVICE = "ec2"
_GONE = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed", "InvalidPermission.NotFound")
_EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
_INGRESS, _EGRESS = "SecurityGroupIngress", "SecurityGroupEgress"
_OPERATIONS = {_INGRESS: "security_group_ingress", _EGRESS: "security_group_egress"}


class SecurityGroup(ApiType):
    """A security group of a VPC; Ref is its id."""

    type_name = "AWS::EC2::SecurityGroup"
    name_property = "GroupName"
    is_tagged = True
    known_properties = names("GroupDescription GroupName SecurityGroupEgress SecurityGroupIngress Tags VpcId")
    service, creates, deletes = _SERVICE, "create_security_group", "delete_security_group"
    gone = _GONE
    name_limit = 255
    ref = "GroupId"
    attributes = {"GroupId": "GroupId", "Id": "GroupId"}
    at = {"GroupId": REF}
    renamed = {"GroupDescription": "Description"}

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Take away the rules that are gone and add the new ones.

        A group with rules of its own for what goes out loses the one that lets all out.
        """
        if new.get(_EGRESS) and not old.get(_EGRESS):
            _revoke(context, made.physical_id, _EGRESS, [_EVERYWHERE])
        for direction in _OPERATIONS:
            before, after = _rules(old, direction), _rules(new, direction)
            _revoke(context, made.physical_id, direction, [rule for rule in before if rule not in after])
            _authorize(context, made.physical_id, direction, [rule for rule in after if rule not in before])

    def retagged(self, context: ResourceContext, made: Made, properties: Properties) -> Made:
        """EC2 has tags of its own kind."""
        tags = context.tags(properties.get("Tags"))
        if gone := [{"Key": key} for key in sorted(made.tags.keys() - tags.keys())]:
            context.call(_SERVICE, "delete_tags", Resources=[made.physical_id], Tags=gone)
        if tags and tags != made.tags:
            wanted = context.tag_list(properties.get("Tags"))
            context.call(_SERVICE, "create_tags", Resources=[made.physical_id], Tags=wanted)
        return dataclasses.replace(made, tags=tags)


class SecurityGroupEgress(ApiType):
    """Egress rule of a group, for two groups that name each other. Only its description can change."""

    type_name = "AWS::EC2::SecurityGroupEgress"
    known_properties = names("CidrIp Description DestinationSecurityGroupId FromPort GroupId IpProtocol ToPort")
    service, creates = _SERVICE, "authorize_security_group_egress"
    gone = _GONE
    ref = "SecurityGroupRules.0.SecurityGroupRuleId"

    def given(self, properties: Properties) -> Properties:
        """The rule as the API takes it."""
        return {"GroupId": properties["GroupId"], "IpPermissions": [_permission(properties)]}

    def remove(self, context: ResourceContext, made: Made, properties: Properties) -> None:
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


def _authorize(context: ResourceContext, group: str, direction: str, rules: list[dict[str, Any]]) -> None:
    if rules:
        context.call(_SERVICE, f"authorize_{_OPERATIONS[direction]}", GroupId=group, IpPermissions=rules)


def _revoke(context: ResourceContext, group: str, direction: str, rules: list[dict[str, Any]]) -> None:
    if rules:
        with IgnoreMissing(*_GONE):
            context.call(_SERVICE, f"revoke_{_OPERATIONS[direction]}", GroupId=group, IpPermissions=rules)
