# SPDX-License-Identifier: Apache-2.0
"""The image repository and the model package group."""

from __future__ import annotations

from awacs.aws import PolicyDocument
from troposphere import GetAtt, If, Join, Ref, Sub, Tags, Template, ecr, sagemaker

from generator import arns, checkov
from generator.root import launch
from generator.root.data import encryption

REPOSITORY = "ECRRepository"
PACKAGE_GROUP = "ModelPackageGroup"

_NO_PACKAGE_GROUP = "[No Model Package Group was created]"


def add_to(template: Template, pull: PolicyDocument | None, use: PolicyDocument | None) -> None:
    """Add the repository and the package group, with their policies for other accounts."""
    template.add_resource(repository(pull))
    template.add_resource(package_group(use))


def repository_name() -> If:
    """Name of the image repository: the new one or the operator's."""
    return If(launch.CREATE_REPOSITORY, Ref(REPOSITORY), Ref("ExistingECRRepo"))


def repository_arn() -> If:
    """ARN of the image repository."""
    existing = arns.regional("ecr", "repository/${ExistingECRRepo}")
    return If(launch.CREATE_REPOSITORY, GetAtt(REPOSITORY, "Arn"), existing)


def package_group_arn() -> If:
    """ARN of the model package group, or a sentence where none was asked for (compatibility 1.2)."""
    return If(launch.CREATE_MODEL_REGISTRY, Ref(PACKAGE_GROUP), _NO_PACKAGE_GROUP)


def repository(policy: PolicyDocument | None) -> ecr.Repository:
    """Images of custom algorithms, scanned when pushed."""
    return ecr.Repository(
        REPOSITORY,
        Condition=launch.CREATE_REPOSITORY,
        Metadata=checkov.skipped(checkov.TAGS_OF_IMAGES),
        EncryptionConfiguration=ecr.EncryptionConfiguration(EncryptionType="KMS", KmsKey=encryption.key_arn()),
        ImageScanningConfiguration=ecr.ImageScanningConfiguration(ScanOnPush=True),
        # A rebuilt image keeps its tag (compatibility 6), so tags must stay mutable.
        ImageTagMutability="MUTABLE",
        **({"RepositoryPolicyText": policy} if policy else {}),
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def package_group_name() -> Join:
    """Name of the new package group: it ends in a part of the stack's id, which never changes."""
    return Join("-", ["mlops-model-registry", arns.stack_digits()])


def package_group(policy: PolicyDocument | None) -> sagemaker.ModelPackageGroup:
    """Versions of models."""
    return sagemaker.ModelPackageGroup(
        PACKAGE_GROUP,
        Condition=launch.CREATE_MODEL_REGISTRY,
        ModelPackageGroupName=package_group_name(),
        **({"ModelPackageGroupPolicy": policy.JSONrepr()} if policy else {}),
        ModelPackageGroupDescription=Sub("Models of ${AWS::StackName}"),
        Tags=Tags({"stack-name": Ref("AWS::StackName")}),
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )
