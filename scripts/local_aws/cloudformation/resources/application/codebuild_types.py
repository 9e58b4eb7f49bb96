# SPDX-License-Identifier: Apache-2.0
"""AWS::CodeBuild::Project.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-project.html
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

_NAME_LIMIT = 150
_GONE = "ResourceNotFoundException"
# Property names that differ from the API's in more than the first letter.
_SPELT_DIFFERENTLY = {"BuildSpec": "buildspec"}


class CodeBuildProject(ResourceType):
    """A build project; Ref is its name."""

    type_name = "AWS::CodeBuild::Project"
    name_property = "Name"
    replaced_by = frozenset({"Name"})
    is_tagged = True
    known_properties = names(
        "Artifacts Cache ConcurrentBuildLimit Description EncryptionKey Environment LogsConfig Name "
        "QueuedTimeoutInMinutes ServiceRole Source Tags TimeoutInMinutes"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the project."""
        name = properties.get("Name") or context.generated_name(_NAME_LIMIT)
        tags = context.tags(properties.get("Tags"))
        project = context.call("codebuild", "create_project", **_given(context, properties, name))["project"]
        return Made(name, {"Arn": project["arn"], "Id": name}, tags)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set every property anew."""
        context.call("codebuild", "update_project", **_given(context, new, made.physical_id))
        return Made(made.physical_id, made.attributes, context.tags(new.get("Tags")))

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the project; its builds stay listed for a year on AWS, and are gone here."""
        with IgnoreMissing(_GONE):
            context.call("codebuild", "delete_project", name=made.physical_id)


def _given(context: ResourceContext, properties: Properties, name: str) -> dict[str, Any]:
    tags = context.tag_list(properties.get("Tags"), key="key", value="value")
    return {**_camel(properties), "name": name, "tags": tags}


def _camel(value: Any) -> Any:
    """Property names as the API spells them."""
    if isinstance(value, list):
        return [_camel(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {_SPELT_DIFFERENTLY.get(key, key[0].lower() + key[1:]): _camel(each) for key, each in value.items()}
