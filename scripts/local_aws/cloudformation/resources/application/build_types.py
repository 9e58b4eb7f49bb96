# SPDX-License-Identifier: Apache-2.0
"""AWS::CodeBuild::Project and AWS::ECR::Repository.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codebuild-project.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html
"""

from __future__ import annotations

from scripts.local_aws.cloudformation.resources.api_type import REF, ApiType, Setting
from scripts.local_aws.cloudformation.resources.base import Properties, names


class CodeBuildProject(ApiType):
    """A build project; Ref is its name. AWS lists its builds for a year; here they are removed with it."""

    type_name = "AWS::CodeBuild::Project"
    name_property = "Name"
    is_tagged = True
    known_properties = names(
        "Artifacts Cache ConcurrentBuildLimit Description EncryptionKey Environment LogsConfig Name "
        "QueuedTimeoutInMinutes ServiceRole Source Tags TimeoutInMinutes"
    )
    service, creates, updates, deletes = "codebuild", "create_project", "update_project", "delete_project"
    gone = ("ResourceNotFoundException",)
    name_limit = 150
    attributes = {"Arn": "project.arn", "Id": "project.name"}


class EcrRepository(ApiType):
    """An image repository; Ref is its name. One with images is removed only if the template requires it."""

    type_name = "AWS::ECR::Repository"
    name_property = "RepositoryName"
    is_tagged = True
    known_properties = names(
        "EmptyOnDelete EncryptionConfiguration ImageScanningConfiguration ImageTagMutability LifecyclePolicy "
        "RepositoryName RepositoryPolicyText Tags"
    )
    service, creates, deletes = "ecr", "create_repository", "delete_repository"
    gone = ("RepositoryNotFoundException", "RepositoryPolicyNotFoundException", "LifecyclePolicyNotFoundException")
    name_limit, lower_case = 256, True
    attributes = {"Arn": "repository.repositoryArn", "RepositoryUri": "repository.repositoryUri"}
    at = {"RepositoryName": REF, "Force": "EmptyOnDelete"}
    renamed = {"RepositoryPolicyText": "policyText", "LifecyclePolicy": "lifecyclePolicyText"}
    settings = {
        "ImageScanningConfiguration": Setting("put_image_scanning_configuration", default={"ScanOnPush": False}),
        "ImageTagMutability": Setting("put_image_tag_mutability", default="MUTABLE"),
        "RepositoryPolicyText": Setting("set_repository_policy", "delete_repository_policy"),
        "LifecyclePolicy": Setting("put_lifecycle_policy", "delete_lifecycle_policy"),
    }
    tagging, tagged_at = ("tag_resource", "untag_resource"), "ResourceArn"

    def given(self, properties: Properties) -> Properties:
        """Return the properties, with the lifecycle policy as text."""
        return properties | {"LifecyclePolicy": properties.get("LifecyclePolicy", {}).get("LifecyclePolicyText")}
