# SPDX-License-Identifier: Apache-2.0
"""AWS::ECS::Cluster, TaskDefinition and Service. Containers are not run: a service is there, and says what it wants.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ECS.html
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

_SERVICE = "ecs"
_NAME_LIMIT = 255
# Members of these are keys that people choose, not names of the API.
_MAPS = names("DockerLabels Options")
_TAGS = "Tags"


class EcsCluster(ResourceType):
    """A cluster; Ref is its name."""

    type_name = "AWS::ECS::Cluster"
    name_property = "ClusterName"
    replaced_by = names("ClusterName")
    is_tagged = True
    known_properties = names("ClusterName ClusterSettings Tags")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the cluster."""
        name = properties.get("ClusterName") or context.generated_name(_NAME_LIMIT)
        settings = _api_form(properties.get("ClusterSettings"))
        answer = context.call(
            _SERVICE, "create_cluster", clusterName=name, settings=settings, tags=_tags(context, properties)
        )
        return Made(name, {"Arn": answer["cluster"]["clusterArn"]}, context.tags(properties.get(_TAGS)))

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Change settings and tags."""
        if new.get("ClusterSettings") and new.get("ClusterSettings") != old.get("ClusterSettings"):
            settings = _api_form(new["ClusterSettings"])
            context.call(_SERVICE, "update_cluster_settings", cluster=made.physical_id, settings=settings)
        return _retagged(context, made, made.attributes["Arn"], new)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the cluster."""
        with IgnoreMissing("ClusterNotFoundException"):
            context.call(_SERVICE, "delete_cluster", cluster=made.physical_id)


class EcsTaskDefinition(ResourceType):
    """A revision of a task definition; Ref is its ARN, and any change makes another revision."""

    type_name = "AWS::ECS::TaskDefinition"
    replaced_by = names(
        "ContainerDefinitions Cpu ExecutionRoleArn Family Memory NetworkMode RequiresCompatibilities RuntimePlatform "
        "TaskRoleArn Volumes"
    )
    is_tagged = True
    known_properties = replaced_by | {_TAGS}

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Register a revision."""
        given = {"Family": context.generated_name(_NAME_LIMIT), **properties}
        answer = context.call(
            _SERVICE, "register_task_definition", **_without_tags(given), tags=_tags(context, properties)
        )
        arn = answer["taskDefinition"]["taskDefinitionArn"]
        return Made(arn, {"TaskDefinitionArn": arn}, context.tags(properties.get(_TAGS)))

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Change the tags."""
        return _retagged(context, made, made.physical_id, new)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Deregister the revision."""
        with IgnoreMissing("ClientException"):
            context.call(_SERVICE, "deregister_task_definition", taskDefinition=made.physical_id)


class EcsService(ResourceType):
    """A service; Ref is its ARN. It counts as stable at once, because nothing runs."""

    type_name = "AWS::ECS::Service"
    name_property = "ServiceName"
    replaced_by = names("Cluster LaunchType SchedulingStrategy ServiceName")
    is_tagged = True
    known_properties = replaced_by | names(
        "DeploymentConfiguration DesiredCount EnableECSManagedTags HealthCheckGracePeriodSeconds LoadBalancers "
        "NetworkConfiguration PlatformVersion PropagateTags Tags TaskDefinition"
    )
    _changed_in_place = names(
        "DeploymentConfiguration DesiredCount HealthCheckGracePeriodSeconds LoadBalancers NetworkConfiguration "
        "PlatformVersion TaskDefinition"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the service."""
        given = {"ServiceName": context.generated_name(_NAME_LIMIT), **properties}
        answer = context.call(_SERVICE, "create_service", **_without_tags(given), tags=_tags(context, properties))
        service = answer["service"]
        attributes = {"Name": service["serviceName"], "ServiceArn": service["serviceArn"]}
        return Made(service["serviceArn"], attributes, context.tags(properties.get(_TAGS)))

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Deploy another revision, or another number of tasks."""
        changed = {
            name: value for name, value in new.items() if name in self._changed_in_place and value != old.get(name)
        }
        if changed:
            name = made.attributes["Name"]
            context.call(_SERVICE, "update_service", cluster=new["Cluster"], service=name, **_api_form(changed))
        return _retagged(context, made, made.physical_id, new)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the service with its tasks."""
        with IgnoreMissing("ServiceNotFoundException", "ClusterNotFoundException"):
            context.call(
                _SERVICE, "delete_service", cluster=properties["Cluster"], service=made.attributes["Name"], force=True
            )


def _without_tags(properties: Properties) -> dict[str, Any]:
    given: dict[str, Any] = _api_form({name: value for name, value in properties.items() if name != _TAGS})
    return given


def _api_form(value: Any) -> Any:
    """CloudFormation's names as the API writes them: `taskRoleArn` for `TaskRoleArn`."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: item if name in _MAPS else _api_form(item) for name, item in value.items()}
    return [_api_form(item) for item in value] if isinstance(value, list) else value


def _tags(context: ResourceContext, properties: Properties) -> list[dict[str, str]] | None:
    return context.tag_list(properties.get(_TAGS), key="key", value="value") or None


def _retagged(context: ResourceContext, made: Made, arn: str, new: Properties) -> Made:
    tags = context.tags(new.get(_TAGS))
    if gone := sorted(made.tags.keys() - tags.keys()):
        context.call(_SERVICE, "untag_resource", resourceArn=arn, tagKeys=gone)
    if tags != made.tags and tags:
        context.call(_SERVICE, "tag_resource", resourceArn=arn, tags=_tags(context, new))
    return Made(made.physical_id, made.attributes, tags)
