# SPDX-License-Identifier: Apache-2.0
"""The solution as one application: a tag on everything of it, and a resource group that finds what has the tag.

AWS Service Catalog AppRegistry, which would be the place for it, takes no new customers; a resource group is for all
accounts. https://docs.aws.amazon.com/ARG/latest/userguide/resource-groups.html
"""

from __future__ import annotations

from typing import Final

from troposphere import Ref, Sub, Tags, Template, resourcegroups

from orchestrator.values import tags

GROUP: Final = "ApplicationGroup"


def name() -> Ref:
    """The application's name, which is the value of the tag."""
    return Ref("AWS::StackName")


def add_to(template: Template) -> None:
    """Add the group, and the tag to every resource of the template that can have one; call it last.

    Unlike a tag of the stack, one in the template need not be typed at the launch.
    """
    template.add_resource(group())
    for resource in template.resources.values():
        if "Tags" in resource.props:
            own = resource.properties.get("Tags", Tags())
            resource.Tags = own + Tags({tags.APPLICATION: name()})


def group() -> resourcegroups.Group:
    """Group of all resources with the tag: those of the root stack and of its pipelines in this account and Region."""
    tagged = resourcegroups.TagFilter(Key=tags.APPLICATION, Values=[name()])
    return resourcegroups.Group(
        GROUP,
        Name=Sub("${AWS::StackName}-application"),
        Description="Everything of the MLOps Workload Orchestrator and its pipelines",
        ResourceQuery=resourcegroups.ResourceQuery(
            Type="TAG_FILTERS_1_0",
            Query=resourcegroups.Query(ResourceTypeFilters=["AWS::AllSupported"], TagFilters=[tagged]),
        ),
    )
