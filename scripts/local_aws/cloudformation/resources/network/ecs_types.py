# SPDX-License-Identifier: Apache-2.0
"""AWS::ECS::Cluster, TaskDefinition and Service. Containers are not run: a service only stores its settings.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ECS.html
"""

from __future__ import annotations

from scripts.local_aws.cloudformation.resources.api_type import REF, ApiType, Setting
from scripts.local_aws.cloudformation.resources.base import Properties, ResourceContext, names
from scripts.local_aws.cloudformation.stacks import Made


class _EcsType(ApiType):
    service = "ecs"
    gone = ("ClusterNotFoundException", "ServiceNotFoundException", "ClientException")
    name_limit = 255
    is_tagged = True
    tagging, tagged_at = ("tag_resource", "untag_resource"), "ResourceArn"


class EcsCluster(_EcsType):
    """A cluster; Ref is its name."""

    type_name = "AWS::ECS::Cluster"
    name_property = "ClusterName"
    known_properties = names("ClusterName ClusterSettings Tags")
    creates, deletes = "create_cluster", "delete_cluster"
    attributes = {"Arn": "cluster.clusterArn"}
    at = {"Cluster": REF}
    renamed = {"ClusterSettings": "settings"}
    settings = {"ClusterSettings": Setting("update_cluster_settings")}


class EcsTaskDefinition(_EcsType):
    """A revision of a task definition; Ref is its ARN, and any change makes another revision."""

    type_name = "AWS::ECS::TaskDefinition"
    known_properties = names(
        "ContainerDefinitions Cpu ExecutionRoleArn Family Memory NetworkMode RequiresCompatibilities RuntimePlatform "
        "Tags TaskRoleArn Volumes"
    )
    creates, deletes = "register_task_definition", "deregister_task_definition"
    named = "Family"
    ref = "taskDefinition.taskDefinitionArn"
    attributes = {"TaskDefinitionArn": "taskDefinition.taskDefinitionArn"}
    at = {"TaskDefinition": REF}

    def name(self, context: ResourceContext, properties: Properties) -> str:
        """The family, which a new revision may keep."""
        return str(properties.get("Family") or super().name(context, properties))


class EcsService(_EcsType):
    """A service; Ref is its ARN. It counts as stable at once, because nothing runs."""

    type_name = "AWS::ECS::Service"
    name_property = "ServiceName"
    known_properties = names(
        "Cluster DeploymentConfiguration DesiredCount EnableECSManagedTags HealthCheckGracePeriodSeconds LaunchType "
        "LoadBalancers NetworkConfiguration PlatformVersion PropagateTags SchedulingStrategy ServiceName Tags "
        "TaskDefinition"
    )
    creates, updates, deletes = "create_service", "update_service", "delete_service"
    ref = "service.serviceArn"
    attributes = {"Name": "service.serviceName", "ServiceArn": "service.serviceArn"}
    at = {"Cluster": "Cluster", "Service": "Name"}

    def remove(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the service with its tasks."""
        self.send(context, self.deletes, {"Force": True}, self.place(made, properties))
