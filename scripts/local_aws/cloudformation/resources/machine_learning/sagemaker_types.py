# SPDX-License-Identifier: Apache-2.0
"""The SageMaker resource types: models, endpoint configurations, endpoints, model package groups.

Their properties are the API's parameters under the same names. Ref answers the ARN, as CloudFormation's pages say.
"""

from __future__ import annotations

import os
import secrets
import string
from typing import Any, ClassVar

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceFailedError,
    ResourceType,
    policy_text,
)
from scripts.local_aws.cloudformation.stacks import Made

NAMES_AFTER_STACKS = "MLOPS_LOCAL_NAMES_AFTER_STACKS"
"""Environment variable; set to anything, generated names of SageMaker's resources begin with the stack's name."""
_NAME_LIMIT = 63
_SUFFIX_LENGTH = 12
_SERVICE = "sagemaker"
_TAGS = "Tags"
_GROUP_POLICY = "ModelPackageGroupPolicy"
_MISSING = "ValidationException"


def _generated_name(context: ResourceContext) -> str:
    """`<logical id>-<12 random characters>`: for these types CloudFormation has left the stack's name out.

    With the variable `NAMES_AFTER_STACKS` it begins with the stack's name, as those of other types do (lesson 104).
    https://github.com/aws/aws-cli/issues/4021
    """
    if os.environ.get(NAMES_AFTER_STACKS):
        return context.generated_name(_NAME_LIMIT)
    alphabet = string.ascii_letters + string.digits
    suffix = "".join(secrets.choice(alphabet) for _ in range(_SUFFIX_LENGTH))
    return f"{context.logical_id[: _NAME_LIMIT - _SUFFIX_LENGTH - 1]}-{suffix}"


class _Named(ResourceType):
    """A type made by `create_<operation>` and removed by `delete_<operation>`, whose tags alone change in place."""

    operation: ClassVar[str]
    arn_key: ClassVar[str]
    is_tagged = True

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make it under the name given, or under a generated one."""
        name = properties.get(self.name_property) or _generated_name(context)
        given = properties | {self.name_property: name, _TAGS: context.tag_list(properties.get(_TAGS))}
        answer = context.call(_SERVICE, f"create_{self.operation}", **given)
        return Made(answer[self.arn_key], {self.name_property: name}, context.tags(properties.get(_TAGS)))

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Change the tags, of which those that were there before must go: moto would keep both."""
        wanted = context.tags(new.get(_TAGS))
        if wanted == made.tags:
            return made
        if made.tags:
            context.call(_SERVICE, "delete_tags", ResourceArn=made.physical_id, TagKeys=list(made.tags))
        if wanted:
            context.call(_SERVICE, "add_tags", ResourceArn=made.physical_id, Tags=context.tag_list(new.get(_TAGS)))
        return Made(made.physical_id, made.attributes, wanted)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove it."""
        with IgnoreMissing(_MISSING):
            context.call(_SERVICE, f"delete_{self.operation}", **{self.name_property: self._name(made)})

    def needs_replacement(self, old: Properties, new: Properties) -> bool:
        """Anything but tags, and the policy of a group, makes a new resource."""
        return self._fixed(old) != self._fixed(new)

    def _name(self, made: Made) -> str:
        return str(made.attributes[self.name_property])

    @staticmethod
    def _fixed(properties: Properties) -> dict[str, Any]:
        return {name: value for name, value in properties.items() if name not in {_TAGS, _GROUP_POLICY}}


class SageMakerModel(_Named):
    """AWS::SageMaker::Model."""

    type_name = "AWS::SageMaker::Model"
    name_property = "ModelName"
    operation = "model"
    arn_key = "ModelArn"


class SageMakerEndpointConfig(_Named):
    """AWS::SageMaker::EndpointConfig."""

    type_name = "AWS::SageMaker::EndpointConfig"
    name_property = "EndpointConfigName"
    operation = "endpoint_config"
    arn_key = "EndpointConfigArn"


class SageMakerEndpoint(_Named):
    """AWS::SageMaker::Endpoint: it follows its configuration in place, and fails with SageMaker's reason."""

    type_name = "AWS::SageMaker::Endpoint"
    name_property = "EndpointName"
    operation = "endpoint"
    arn_key = "EndpointArn"

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the endpoint; one whose model cannot be loaded is removed again."""
        made = super().create(context, properties)
        try:
            self._check(context, made, properties)
        except ResourceFailedError:
            self.delete(context, made, properties)
            raise
        return made

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Serve the new configuration."""
        made = super().update(context, made, old, new)
        config = new["EndpointConfigName"]
        if config != old["EndpointConfigName"]:
            context.call(_SERVICE, "update_endpoint", EndpointName=self._name(made), EndpointConfigName=config)
            self._check(context, made, new)
        return made

    def needs_replacement(self, old: Properties, new: Properties) -> bool:
        """Only another name makes another endpoint."""
        return old.get(self.name_property) != new.get(self.name_property)

    def _check(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        endpoint = context.call(_SERVICE, "describe_endpoint", EndpointName=self._name(made))
        wanted = properties["EndpointConfigName"]
        if endpoint["EndpointStatus"] != "InService" or endpoint["EndpointConfigName"] != wanted:
            raise ResourceFailedError(endpoint.get("FailureReason", f"the endpoint is {endpoint['EndpointStatus']}"))


class SageMakerModelPackageGroup(_Named):
    """AWS::SageMaker::ModelPackageGroup."""

    type_name = "AWS::SageMaker::ModelPackageGroup"
    name_property = "ModelPackageGroupName"
    operation = "model_package_group"
    arn_key = "ModelPackageGroupArn"

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the group with its policy; its ARN and status can be read by Fn::GetAtt."""
        made = super().create(context, {key: value for key, value in properties.items() if key != _GROUP_POLICY})
        made.attributes |= {"ModelPackageGroupArn": made.physical_id, "ModelPackageGroupStatus": "Completed"}
        self._set_policy(context, made, {}, properties)
        return made

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Change tags and policy."""
        self._set_policy(context, made, old, new)
        return super().update(context, made, old, new)

    def _set_policy(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        name = {self.name_property: made.attributes[self.name_property]}
        if new.get(_GROUP_POLICY):
            policy = policy_text(new[_GROUP_POLICY])
            context.call(_SERVICE, "put_model_package_group_policy", **name, ResourcePolicy=policy)
        elif old.get(_GROUP_POLICY):
            context.call(_SERVICE, "delete_model_package_group_policy", **name)
