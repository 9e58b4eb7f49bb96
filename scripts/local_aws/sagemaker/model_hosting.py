# SPDX-License-Identifier: Apache-2.0
"""Hosting of a model behind an endpoint: find its image and artifact, fetch the artifact as the model's role, serve it.

Failures are worded as in `FailureReason` of DescribeEndpoint.
"""

from __future__ import annotations

import logging
import shutil
import tarfile
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import Model

from scripts.local_aws import clients
from scripts.local_aws.xgboost.xgboost_host import HostError, Prediction, XgboostHost, xgboost_image

_log = logging.getLogger(__name__)
_ARCHIVE = "model.tar.gz"


class ServingError(Exception):
    """Failure of an endpoint; the message is its FailureReason."""


class ForeignImageError(Exception):
    """Raised for an image that the local AWS cannot run."""


@dataclass(frozen=True)
class Container:
    """Container of a model: an ECR image URI and the S3 URI of the artifact ("" if the image needs none)."""

    image: str
    artifact: str


@dataclass(frozen=True)
class Served:
    """Model that answers, or an image that cannot run here (`host` is None then)."""

    container: Container
    host: XgboostHost | None = None
    directory: tempfile.TemporaryDirectory[str] | None = None

    def predict(self, body: bytes, content_type: str, accept: str) -> Prediction:
        """Request a prediction. Raise ForeignImageError, HostError."""
        if self.host is None:
            raise ForeignImageError(
                f"The local AWS cannot run the image {self.container.image}: it runs SageMaker's XGBoost images only."
            )
        return self.host.predict(body, content_type, accept)

    def stop(self) -> None:
        """End the process and remove the unpacked artifact."""
        if self.host:
            self.host.stop()
        if self.directory:
            self.directory.cleanup()


def container_of(model: Model, region: str) -> Container:
    """Return the model's one container, from the model registry if it names a model package.

    Raises ValidationError for an inference pipeline, which the local AWS does not serve, and for an unknown package.
    """
    spec = model.primary_container or {}
    if not spec:
        if len(model.containers) != 1:
            raise ValidationError(f'The local AWS serves models of one container: "{model.model_name}" has several.')
        spec = model.containers[0]
    if package := spec.get("ModelPackageName"):
        spec = _package_container(package, model.execution_role_arn, region)
    return Container(spec.get("Image", ""), spec.get("ModelDataUrl", ""))


def _package_container(package: str, role_arn: str, region: str) -> dict[str, Any]:
    registry = clients.client("sagemaker", role_arn, region, by="sagemaker.amazonaws.com")
    try:
        found = registry.describe_model_package(ModelPackageName=package)
    except ClientError as error:
        raise ValidationError(error.response["Error"]["Message"]) from error
    spec: dict[str, Any] = found["InferenceSpecification"]["Containers"][0]
    return spec


def check_artifact(container: Container, role_arn: str, region: str) -> None:
    """Refuse a missing or unreadable artifact, as CreateModel does.

    Raises ValidationError.
    """
    if not container.artifact:
        return
    bucket, key = split_s3_uri(container.artifact)
    try:
        clients.client("s3", role_arn, region, by="sagemaker.amazonaws.com").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise ValidationError(f"Could not find model data at {container.artifact}.") from error
        raise ValidationError(
            f'Could not access model data at {container.artifact}. Please ensure that the role "{role_arn}" exists '
            'and that its trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            f'"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the object '
            f"is located in {region}."
        ) from error


def serve(container: Container, role_arn: str, region: str, variant: str) -> Served:
    """Load the model and serve it. An image that cannot run here is accepted, its invocations are not.

    Raises ServingError.
    """
    try:
        return load(container, role_arn, region)
    except HostError as error:
        _log.warning("a model could not be loaded: %s", error)
        raise ServingError(
            f"The primary container for production variant {variant} did not pass the ping health check. "
            f"Please check CloudWatch logs for this endpoint. (The local AWS has no such logs; it says: {error}.)"
        ) from error


def load(container: Container, role_arn: str, region: str, batch: bool = False) -> Served:
    """Load a model without rewording HostError; `batch` is true for a transform job.

    Raises ServingError if the artifact cannot be fetched or unpacked, HostError if it is not a model.
    """
    image = xgboost_image(container.image)
    if image is None:
        return Served(container)
    directory = tempfile.TemporaryDirectory(prefix="local-aws-model-")
    try:
        _fetch(container, role_arn, region, Path(directory.name))
        return Served(container, XgboostHost(Path(directory.name), replace(image, batch=batch)), directory)
    except (ServingError, HostError):
        directory.cleanup()
        raise


def _fetch(container: Container, role_arn: str, region: str, directory: Path) -> None:
    archive = directory / f".{_ARCHIVE}"
    if container.artifact:
        bucket, key = split_s3_uri(container.artifact)
        try:
            answer = clients.client("s3", role_arn, region, by="sagemaker.amazonaws.com").get_object(
                Bucket=bucket, Key=key
            )
        except ClientError as error:
            raise ServingError(
                f'Failed to download model data from URL "{container.artifact}". Please ensure that there is an object '
                "located at the URL and that the role passed to CreateModel has permissions to download it."
            ) from error
        archive.write_bytes(answer["Body"].read())
        _unpack(archive, container.artifact, directory)


def _unpack(archive: Path, uri: str, directory: Path) -> None:
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                _place(tar, member, directory.resolve())
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ServingError(
            f'Failed to extract model data archive from URL "{uri}". Please ensure that the object located at the URL '
            "is a valid tar.gz archive."
        ) from error
    archive.unlink()


def _place(tar: tarfile.TarFile, member: tarfile.TarInfo, directory: Path) -> None:
    """Put a folder or file below the directory. Paths outside of it, and links, make the archive invalid.

    tarfile's own filters are not in Python 3.11.2, which Debian 12 has.
    """
    target = (directory / member.name).resolve()
    content = tar.extractfile(member) if member.isfile() else None
    if not target.is_relative_to(directory) or not (content or member.isdir()):
        raise tarfile.TarError(f"{member.name} is neither a file nor a folder of the archive's own")
    if content is None:
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(content, file)


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Split `s3://bucket/a/key` into ("bucket", "a/key")."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
