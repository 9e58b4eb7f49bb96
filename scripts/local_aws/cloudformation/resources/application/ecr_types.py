# SPDX-License-Identifier: Apache-2.0
"""AWS::ECR::Repository.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html
"""

from __future__ import annotations

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceType,
    names,
    policy_text,
)
from scripts.local_aws.cloudformation.stacks import Made

_NAME_LIMIT = 256
_GONE = ("RepositoryNotFoundException", "RepositoryPolicyNotFoundException", "LifecyclePolicyNotFoundException")


class EcrRepository(ResourceType):
    """An image repository; Ref is its name."""

    type_name = "AWS::ECR::Repository"
    name_property = "RepositoryName"
    replaced_by = frozenset({"RepositoryName", "EncryptionConfiguration"})
    is_tagged = True
    known_properties = names(
        "EmptyOnDelete EncryptionConfiguration ImageScanningConfiguration ImageTagMutability LifecyclePolicy "
        "RepositoryName RepositoryPolicyText Tags"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the repository, then configure it."""
        encryption = properties.get("EncryptionConfiguration")
        repository = context.call(
            "ecr",
            "create_repository",
            repositoryName=properties.get("RepositoryName") or context.generated_name(_NAME_LIMIT, lower=True),
            encryptionConfiguration=_lower_first(encryption) if encryption else None,
        )["repository"]
        attributes = {"Arn": repository["repositoryArn"], "RepositoryUri": repository["repositoryUri"]}
        made = context.initiated(Made(repository["repositoryName"], attributes))
        return self.update(context, made, {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set scanning, tag mutability, policies and tags as far as they differ."""
        name = made.physical_id
        if new.get("ImageScanningConfiguration") != old.get("ImageScanningConfiguration"):
            scanning = _lower_first(new.get("ImageScanningConfiguration", {"ScanOnPush": False}))
            context.call(
                "ecr", "put_image_scanning_configuration", repositoryName=name, imageScanningConfiguration=scanning
            )
        if new.get("ImageTagMutability") != old.get("ImageTagMutability"):
            mutability = new.get("ImageTagMutability", "MUTABLE")
            context.call("ecr", "put_image_tag_mutability", repositoryName=name, imageTagMutability=mutability)
        self._set_policies(context, name, old, new)
        tags = context.tags(new.get("Tags"))
        arn = made.attributes["Arn"]
        if gone := sorted(made.tags.keys() - tags.keys()):
            context.call("ecr", "untag_resource", resourceArn=arn, tagKeys=gone)
        if tags:
            context.call("ecr", "tag_resource", resourceArn=arn, tags=context.tag_list(new.get("Tags")))
        return Made(name, made.attributes, tags)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the repository; ECR refuses one with images unless the template says otherwise."""
        force = str(properties.get("EmptyOnDelete", False)).lower() == "true"
        with IgnoreMissing(*_GONE):
            context.call("ecr", "delete_repository", repositoryName=made.physical_id, force=force)

    def _set_policies(self, context: ResourceContext, name: str, old: Properties, new: Properties) -> None:
        if "RepositoryPolicyText" in new:
            document = policy_text(new["RepositoryPolicyText"])
            context.call("ecr", "set_repository_policy", repositoryName=name, policyText=document)
        elif "RepositoryPolicyText" in old:
            with IgnoreMissing(*_GONE):
                context.call("ecr", "delete_repository_policy", repositoryName=name)
        lifecycle = new.get("LifecyclePolicy", {}).get("LifecyclePolicyText")
        if lifecycle:
            context.call("ecr", "put_lifecycle_policy", repositoryName=name, lifecyclePolicyText=lifecycle)
        elif old.get("LifecyclePolicy"):
            with IgnoreMissing(*_GONE):
                context.call("ecr", "delete_lifecycle_policy", repositoryName=name)


def _lower_first(value: dict[str, object]) -> dict[str, object]:
    """Template names in the API's spelling: ECR's differ in the first letter."""
    return {name[0].lower() + name[1:]: item for name, item in value.items()}
