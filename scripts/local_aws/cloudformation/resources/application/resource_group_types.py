# SPDX-License-Identifier: Apache-2.0
"""AWS::ResourceGroups::Group.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-resourcegroups-group.html
"""

from __future__ import annotations

import json

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceType,
    names,
)
from scripts.local_aws.cloudformation.stacks import Made

_SERVICE = "resource-groups"


class ResourceGroup(ResourceType):
    """A group by a query; Ref is its name."""

    type_name = "AWS::ResourceGroups::Group"
    name_property = "Name"
    replaced_by = frozenset({"Name"})
    known_properties = names("Description Name ResourceQuery Tags")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the group, with the tags of its stack."""
        group = context.call(
            _SERVICE,
            "create_group",
            Name=properties["Name"],
            Description=properties.get("Description"),
            ResourceQuery=_query(properties),
            Tags=context.tags(properties.get("Tags")),
        )["Group"]
        return Made(group["Name"], {"Arn": group["GroupArn"]})

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set description and query anew."""
        description = new.get("Description", "")
        context.call(_SERVICE, "update_group", GroupName=made.physical_id, Description=description)
        context.call(_SERVICE, "update_group_query", GroupName=made.physical_id, ResourceQuery=_query(new))
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the group; what was in it stays."""
        with IgnoreMissing("NotFoundException"):
            context.call(_SERVICE, "delete_group", GroupName=made.physical_id)


def _query(properties: Properties) -> Properties:
    """The query as the API takes it, which is as text."""
    query = properties["ResourceQuery"]
    return {"Type": query["Type"], "Query": json.dumps(query["Query"])}
