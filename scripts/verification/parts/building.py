# SPDX-License-Identifier: Apache-2.0
"""With `builds`: images from a tagged source, and from one under a customer key."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Final

from scripts.verification import probes
from scripts.verification.part import Finding, Part, built, calls, executions
from scripts.verification.parts import launching, pipelines
from scripts.verification.scene import PartFailedError, Scene

_DOCKERFILE: Final = "FROM public.ecr.aws/docker/library/busybox:stable\nRUN echo verified > /verified\n"


def _tagged(scene: Scene) -> Iterator[Finding]:
    yield _built(scene, "tagged", "source-object-reads", Tagging="made-by=mlops-verify")


def _encrypted(scene: Scene) -> Iterator[Finding]:
    """Allow the account's policies to decide on the key, as a key made in the console does."""
    root = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    key = {"PendingWindowInDays": 7, "KeyPolicy": probes.policy("kms:*", Principal=root, Resource="*")}
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["Key", "Arn"]}}
    bucket = {
        "VersioningConfiguration": {"Status": "Enabled"},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": rule}]},
    }
    resources = {
        "Key": {"Type": "AWS::KMS::Key", "Properties": key},
        # What is in it keeps CloudFormation from deleting it; buckets are emptied and deleted by name.
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": bucket},
    }
    name = probes.whole(scene, "key", resources, {"Bucket": {"Ref": "Bucket"}}).outputs["Bucket"]
    launching.launched(scene, "single-account", scene.keyed_name, {"ExistingS3Bucket": name})
    yield _built(scene, "encrypted", "source-object-key", scene.keyed_name)


def _built(scene: Scene, short: str, claim: str, root: str = "", **stored: str) -> Finding:
    outputs, tag = scene.outputs(root), f"{scene.name}-{short}"
    key = f"verify/images/{short}.zip"
    scene.aws.client("s3").put_object(Bucket=outputs["AssetsBucketName"], Key=key, Body=_source(), **stored)
    request = {
        "pipeline_type": "byom_image_builder",
        "custom_algorithm_docker": key,
        "ecr_repo_name": outputs["EcrRepositoryName"],
        "image_tag": tag,
    }
    try:
        pipelines.followed(scene, pipelines.begun(scene, request, root), root)
    except PartFailedError as error:
        return Finding(claim, str(error), holds=False)
    there = _is_there(scene, outputs["EcrRepositoryName"], tag)
    return Finding(claim, f"the source was read and built{'' if there else ', without an image'}", holds=True)


def _is_there(scene: Scene, repository: str, tag: str) -> bool:
    """Whether the image is in the repository; the local AWS builds none."""
    ecr = scene.aws.client("ecr")
    try:
        ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    except ecr.exceptions.ImageNotFoundException:
        if scene.aws.is_local:
            return False
        raise PartFailedError(f"the build ended well, and the repository has no image {tag}") from None
    return True


def _source() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Dockerfile", _DOCKERFILE)
    return packed.getvalue()


PARTS: Final = (
    Part(
        "build",
        "build an image from a source object that has a tag",
        minutes=6,
        costs=(built(4), executions(1)),
        run=_tagged,
        needs=("launch",),
        extra="builds",
    ),
    Part(
        "build-encrypted",
        "experiment: another root stack with a bucket under a customer key; build an image from a source in it",
        minutes=16,
        costs=(built(4), executions(1), calls(0.07)),
        run=_encrypted,
        needs=("launch",),
        extra="builds",
    ),
)
