# SPDX-License-Identifier: Apache-2.0
"""Resources of services that run containers in a VPC: ECS, load balancers, security groups.

Actions that only describe, and ECS's registered task definitions, have no resource in IAM.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scripts.local_aws.enforcement.operations import Operation

_TASKS_WITHOUT_NAME: Final = frozenset({"DeregisterTaskDefinition", "DescribeTaskDefinition"})
_OF_BALANCERS: Final = ("LoadBalancerArn", "TargetGroupArn", "ListenerArn")


def ecs(operation: Operation) -> Iterator[str]:
    """Yield clusters, services and families of task definitions."""
    if operation.text("resourceArn"):
        yield operation.text("resourceArn")
    elif operation.name == "RegisterTaskDefinition":
        yield operation.arn("ecs", f"task-definition/{operation.text('family')}:*")
    elif operation.name not in _TASKS_WITHOUT_NAME:
        cluster = (operation.text("cluster") or operation.text("clusterName")).rsplit("/", 1)[-1]
        service = operation.text("serviceName") or operation.text("service")
        if cluster:
            yield operation.arn("ecs", f"service/{cluster}/{service}" if service else f"cluster/{cluster}")


def elbv2(operation: Operation) -> Iterator[str]:
    """Yield load balancers, target groups and listeners; their ARNs have an id behind the name."""
    if operation.name.startswith("Describe"):
        return
    if operation.name == "CreateLoadBalancer":
        yield operation.arn("elasticloadbalancing", f"loadbalancer/app/{operation.text('Name')}/*")
    elif operation.name == "CreateTargetGroup":
        yield operation.arn("elasticloadbalancing", f"targetgroup/{operation.text('Name')}/*")
    elif operation.parameters.get("ResourceArns"):
        yield from operation.parameters["ResourceArns"]
    else:
        yield from (operation.text(name) for name in _OF_BALANCERS if operation.text(name))


def ec2(operation: Operation) -> Iterator[str]:
    """Yield security groups, and the VPC of a new one."""
    if operation.name.startswith("Describe"):
        return
    if operation.name == "CreateSecurityGroup":
        yield operation.arn("ec2", "security-group/*")
        yield operation.arn("ec2", f"vpc/{operation.text('VpcId')}")
    elif operation.text("GroupId"):
        yield operation.arn("ec2", f"security-group/{operation.text('GroupId')}")
    else:
        groups = [one for one in operation.parameters.get("Resources") or () if str(one).startswith("sg-")]
        yield from (operation.arn("ec2", f"security-group/{group}") for group in groups)
