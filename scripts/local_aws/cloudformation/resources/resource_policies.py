# SPDX-License-Identifier: Apache-2.0
"""What AWS::SNS::TopicPolicy and AWS::SQS::QueuePolicy share: one policy that is set on several resources."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceType,
    policy_text,
)
from scripts.local_aws.cloudformation.stacks import Made


class ResourcePolicy(ResourceType):
    """One policy for one or more resources, which a property lists."""

    listed_in: ClassVar[str]
    """The property that lists the resources."""
    gone: ClassVar[tuple[str, ...]]
    """Error codes that mean that a resource no longer exists."""
    name_limit: ClassVar[int]

    @abstractmethod
    def set_policy(self, context: ResourceContext, resource: str, policy: str) -> None:
        """Set a resource's policy."""

    @abstractmethod
    def default_policy(self, resource: str) -> str:
        """What a resource has that nobody gave a policy."""

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Set the policy on every resource."""
        return self.update(context, Made(context.generated_name(self.name_limit)), {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set the policy on what is listed now, and the default one on what no longer is."""
        listed = new[self.listed_in]
        for resource in listed:
            self.set_policy(context, resource, policy_text(new["PolicyDocument"]))
        for resource in set(old.get(self.listed_in, [])) - set(listed):
            self.set_policy(context, resource, self.default_policy(resource))
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Give the resources the default policy back."""
        for resource in properties[self.listed_in]:
            with IgnoreMissing(*self.gone):
                self.set_policy(context, resource, self.default_policy(resource))
