# SPDX-License-Identifier: Apache-2.0
"""AWS::ElasticLoadBalancingV2: load balancers, target groups and listeners. No request is balanced.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ElasticLoadBalancingV2.html
"""

from __future__ import annotations

from typing import Any

from scripts.local_aws.cloudformation.resources.api_type import REF, ApiType, Setting
from scripts.local_aws.cloudformation.resources.base import ResourceContext, names
from scripts.local_aws.cloudformation.stacks import Made


class LoadBalancer(ApiType):
    """A load balancer; Ref is its ARN."""

    type_name = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    name_property = "Name"
    is_tagged = True
    known_properties = names("IpAddressType LoadBalancerAttributes Name Scheme SecurityGroups Subnets Tags Type")
    service, creates, deletes = "elbv2", "create_load_balancer", "delete_load_balancer"
    gone = ("LoadBalancerNotFound",)
    name_limit = 32
    ref = "LoadBalancers.0.LoadBalancerArn"
    attributes = {
        "CanonicalHostedZoneID": "LoadBalancers.0.CanonicalHostedZoneId",
        "DNSName": "LoadBalancers.0.DNSName",
        "LoadBalancerArn": "LoadBalancers.0.LoadBalancerArn",
        "LoadBalancerName": "LoadBalancers.0.LoadBalancerName",
    }
    at = {"LoadBalancerArn": REF, "ResourceArns": (REF,)}
    renamed = {"LoadBalancerAttributes": "Attributes"}
    settings = {
        "SecurityGroups": Setting("set_security_groups"),
        "Subnets": Setting("set_subnets"),
        "LoadBalancerAttributes": Setting("modify_load_balancer_attributes"),
    }
    tagging = ("add_tags", "remove_tags")

    def made(self, context: ResourceContext, name: str, answer: dict[str, Any]) -> Made:
        """Its full name is a part of the ARN."""
        made = super().made(context, name, answer)
        made.attributes["LoadBalancerFullName"] = made.physical_id.split(":loadbalancer/")[1]
        return made


class TargetGroup(ApiType):
    """A target group; Ref is its ARN."""

    type_name = "AWS::ElasticLoadBalancingV2::TargetGroup"
    name_property = "Name"
    is_tagged = True
    known_properties = names(
        "HealthCheckEnabled HealthCheckIntervalSeconds HealthCheckPath HealthCheckPort HealthCheckProtocol "
        "HealthCheckTimeoutSeconds HealthyThresholdCount Matcher Name Port Protocol Tags TargetGroupAttributes "
        "TargetType UnhealthyThresholdCount VpcId"
    )
    service, creates, updates, deletes = "elbv2", "create_target_group", "modify_target_group", "delete_target_group"
    gone = ("TargetGroupNotFound",)
    name_limit = 32
    ref = "TargetGroups.0.TargetGroupArn"
    attributes = {
        "TargetGroupArn": "TargetGroups.0.TargetGroupArn",
        "TargetGroupName": "TargetGroups.0.TargetGroupName",
    }
    at = {"TargetGroupArn": REF, "ResourceArns": (REF,)}
    renamed = {"TargetGroupAttributes": "Attributes"}
    settings = {"TargetGroupAttributes": Setting("modify_target_group_attributes")}
    tagging = ("add_tags", "remove_tags")

    def made(self, context: ResourceContext, name: str, answer: dict[str, Any]) -> Made:
        """Its full name is a part of the ARN."""
        made = super().made(context, name, answer)
        made.attributes["TargetGroupFullName"] = made.physical_id.rsplit(":", 1)[1]
        return made


class Listener(ApiType):
    """A listener; Ref is its ARN."""

    type_name = "AWS::ElasticLoadBalancingV2::Listener"
    known_properties = names("Certificates DefaultActions LoadBalancerArn Port Protocol SslPolicy")
    service, creates, updates, deletes = "elbv2", "create_listener", "modify_listener", "delete_listener"
    gone = ("ListenerNotFound",)
    ref = "Listeners.0.ListenerArn"
    attributes = {"ListenerArn": "Listeners.0.ListenerArn"}
    at = {"ListenerArn": REF}
