# SPDX-License-Identifier: Apache-2.0
"""AWS::ElasticLoadBalancingV2: load balancers, target groups and listeners. No request is balanced.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ElasticLoadBalancingV2.html
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

_SERVICE = "elbv2"
_NAME_LIMIT = 32
_TAGS = "Tags"


class LoadBalancer(ResourceType):
    """A load balancer; Ref is its ARN."""

    type_name = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    name_property = "Name"
    replaced_by = names("Name Scheme Type")
    is_tagged = True
    known_properties = replaced_by | names("IpAddressType LoadBalancerAttributes SecurityGroups Subnets Tags")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the load balancer and set its attributes."""
        given = {"Name": context.generated_name(_NAME_LIMIT), **_without(properties, "LoadBalancerAttributes")}
        (found,) = context.call(_SERVICE, "create_load_balancer", **given, Tags=_tags(context, properties))[
            "LoadBalancers"
        ]
        arn = found["LoadBalancerArn"]
        attributes = {
            "CanonicalHostedZoneID": found["CanonicalHostedZoneId"],
            "DNSName": found["DNSName"],
            "LoadBalancerArn": arn,
            "LoadBalancerFullName": arn.split(":loadbalancer/")[1],
            "LoadBalancerName": found["LoadBalancerName"],
        }
        made = context.initiated(Made(arn, attributes, context.tags(properties.get(_TAGS))))
        self._set_attributes(context, made, properties)
        return made

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set what differs."""
        for name, operation in (("SecurityGroups", "set_security_groups"), ("Subnets", "set_subnets")):
            if new.get(name) != old.get(name):
                context.call(_SERVICE, operation, LoadBalancerArn=made.physical_id, **{name: new.get(name)})
        if new.get("LoadBalancerAttributes") != old.get("LoadBalancerAttributes"):
            self._set_attributes(context, made, new)
        return _retagged(context, made, new)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the load balancer."""
        with IgnoreMissing("LoadBalancerNotFound"):
            context.call(_SERVICE, "delete_load_balancer", LoadBalancerArn=made.physical_id)

    @staticmethod
    def _set_attributes(context: ResourceContext, made: Made, properties: Properties) -> None:
        if attributes := properties.get("LoadBalancerAttributes"):
            context.call(
                _SERVICE, "modify_load_balancer_attributes", LoadBalancerArn=made.physical_id, Attributes=attributes
            )


class TargetGroup(ResourceType):
    """A target group; Ref is its ARN."""

    type_name = "AWS::ElasticLoadBalancingV2::TargetGroup"
    name_property = "Name"
    replaced_by = names("Name Port Protocol TargetType VpcId")
    is_tagged = True
    _checked = names(
        "HealthCheckEnabled HealthCheckIntervalSeconds HealthCheckPath HealthCheckPort HealthCheckProtocol "
        "HealthCheckTimeoutSeconds HealthyThresholdCount Matcher UnhealthyThresholdCount"
    )
    known_properties = replaced_by | _checked | names("Tags TargetGroupAttributes")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the group and set its attributes."""
        given = {"Name": context.generated_name(_NAME_LIMIT), **_without(properties, "TargetGroupAttributes")}
        (found,) = context.call(_SERVICE, "create_target_group", **given, Tags=_tags(context, properties))[
            "TargetGroups"
        ]
        arn = found["TargetGroupArn"]
        attributes = {
            "TargetGroupArn": arn,
            "TargetGroupFullName": arn.rsplit(":", 1)[1],
            "TargetGroupName": found["TargetGroupName"],
        }
        made = context.initiated(Made(arn, attributes, context.tags(properties.get(_TAGS))))
        self._set_attributes(context, made, properties)
        return made

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set what differs."""
        changed = {name: value for name, value in new.items() if name in self._checked and value != old.get(name)}
        if changed:
            context.call(_SERVICE, "modify_target_group", TargetGroupArn=made.physical_id, **changed)
        if new.get("TargetGroupAttributes") != old.get("TargetGroupAttributes"):
            self._set_attributes(context, made, new)
        return _retagged(context, made, new)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the group."""
        with IgnoreMissing("TargetGroupNotFound"):
            context.call(_SERVICE, "delete_target_group", TargetGroupArn=made.physical_id)

    @staticmethod
    def _set_attributes(context: ResourceContext, made: Made, properties: Properties) -> None:
        if attributes := properties.get("TargetGroupAttributes"):
            context.call(
                _SERVICE, "modify_target_group_attributes", TargetGroupArn=made.physical_id, Attributes=attributes
            )


class Listener(ResourceType):
    """A listener; Ref is its ARN."""

    type_name = "AWS::ElasticLoadBalancingV2::Listener"
    replaced_by = names("LoadBalancerArn")
    known_properties = replaced_by | names("Certificates DefaultActions Port Protocol SslPolicy")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the listener."""
        (found,) = context.call(_SERVICE, "create_listener", **properties)["Listeners"]
        return Made(found["ListenerArn"], {"ListenerArn": found["ListenerArn"]})

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set all of it anew."""
        context.call(_SERVICE, "modify_listener", ListenerArn=made.physical_id, **_without(new, "LoadBalancerArn"))
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the listener."""
        with IgnoreMissing("ListenerNotFound"):
            context.call(_SERVICE, "delete_listener", ListenerArn=made.physical_id)


def _without(properties: Properties, *left_out: str) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name not in {*left_out, _TAGS}}


def _tags(context: ResourceContext, properties: Properties) -> list[Any] | None:
    return context.tag_list(properties.get(_TAGS)) or None


def _retagged(context: ResourceContext, made: Made, new: Properties) -> Made:
    tags = context.tags(new.get(_TAGS))
    if gone := sorted(made.tags.keys() - tags.keys()):
        context.call(_SERVICE, "remove_tags", ResourceArns=[made.physical_id], TagKeys=gone)
    if tags != made.tags and tags:
        context.call(_SERVICE, "add_tags", ResourceArns=[made.physical_id], Tags=_tags(context, new))
    return Made(made.physical_id, made.attributes, tags)
