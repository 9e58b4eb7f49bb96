# SPDX-License-Identifier: Apache-2.0
"""Resources that a deleted root stack intentionally leaves behind, and how to delete them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mlops_orchestrator.aws.stack_following import StackState
from scripts.launch import boundary
from scripts.packaging import artifacts, yaml_nodes

_KEEPING_POLICIES: Final = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})
_BUCKET: Final = "AWS::S3::Bucket"
_DELETE_BUCKET: Final = (
    "empty it in the S3 console, which deletes all versions, then `aws s3api delete-bucket --bucket {name}`"
)
# By resource type; {name} is the name or id.
_HOW_TO_DELETE: Final = {
    _BUCKET: _DELETE_BUCKET,
    "AWS::S3::BucketPolicy": "goes with its bucket",
    "AWS::ECR::Repository": "`aws ecr delete-repository --repository-name {name} --force`, with all images",
    "AWS::SageMaker::ModelPackageGroup": (
        "`aws sagemaker delete-model-package-group --model-package-group-name {name}`, after its model packages"
    ),
    "AWS::KMS::Key": (
        "`aws kms schedule-key-deletion --key-id {name}`, when no image and no log that it encrypts is needed any more"
    ),
    "AWS::CloudFormation::Stack": (
        "`aws cloudformation delete-stack --stack-name {name}`, in the Region of the first launch, when no role has the"
        " policy any more; in several accounts the StackSet of that name before"
    ),
    "AWS::IAM::Role": "`aws iam delete-role --role-name {name}`, after its policies, when nothing uses it any more",
    "AWS::ApiGateway::Account": (
        "a setting of all APIs of the account and Region: `aws apigateway update-account --patch-operations"
        " op=replace,path=/cloudwatchRoleArn,value=` if no API writes logs"
    ),
}


@dataclass(frozen=True)
class Kept:
    """Resource that stays."""

    resource: str
    """Logical id, or purpose if it is no resource of the stack."""
    type: str
    name: str
    """Physical name or id."""

    @property
    def how_to_delete(self) -> str:
        """Command that deletes it, or instructions."""
        words = _HOW_TO_DELETE.get(self.type, "by hand, with the console of its service")
        return words.format(name=self.name.rsplit("/", 1)[-1] if self.name.startswith("arn:") else self.name)

    def description(self) -> dict[str, str]:
        """Return the resource as JSON output has it."""
        return {"resource": self.resource, "type": self.type, "name": self.name, "delete": self.how_to_delete}


def divide(cloudformation: Any, root: StackState) -> tuple[list[tuple[str, str]], list[Kept]]:
    """Return the resources that a deletion removes, as logical ids with types, and those that it leaves behind."""
    policies = _kept(cloudformation.get_template(StackName=root.arn, TemplateStage="Original")["TemplateBody"])
    going, staying = [], []
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=root.arn):
        for resource in page["StackResourceSummaries"]:
            logical, kind = resource["LogicalResourceId"], resource["ResourceType"]
            if resource["ResourceStatus"] == "DELETE_COMPLETE":
                continue
            if logical in policies:
                staying.append(Kept(logical, kind, resource.get("PhysicalResourceId", "")))
            else:
                going.append((logical, kind))
    staying += _boundary(root)
    if bucket := root.parameters.get(artifacts.BUCKET_PARAMETER):
        staying.append(Kept("code and templates, perhaps of other launches too", _BUCKET, bucket))
    return going, staying


def _boundary(root: StackState) -> list[Kept]:
    """Return the boundary launched by `mlops deploy --with-boundary`. An operator's own is not part of the solution."""
    policy = root.parameters.get(boundary.NAME_PARAMETER, "")
    name = boundary.name_of(root.name)
    is_ours = policy.rpartition("/")[2] == name
    return [Kept("permissions boundary", "AWS::CloudFormation::Stack", name)] if is_ours else []


def _kept(template: Any) -> set[str]:
    """Return the logical ids that a DeletionPolicy keeps. boto3 returns a YAML template as text, a JSON one decoded."""
    if not isinstance(template, str):
        policies = {name: resource.get("DeletionPolicy") for name, resource in template["Resources"].items()}
    else:
        document = yaml_nodes.compose(template)
        sections = {name.value: section for name, section in document.value}
        policies = {
            name.value: next((value.value for key, value in resource.value if key.value == "DeletionPolicy"), None)
            for name, resource in sections["Resources"].value
        }
    return {name for name, policy in policies.items() if policy in _KEEPING_POLICIES}
