# SPDX-License-Identifier: Apache-2.0
"""Containers of a model: image, model data and environment, from CreateModel or from the model registry.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import Model

from scripts.local_aws import clients
from scripts.local_aws.serving import artifacts


@dataclass(frozen=True)
class Container:
    """Container of a model: an ECR image URI, and where its model data are.

    `artifact` is the S3 URI of an archive, or of a prefix if `is_prefix`; "" if the image needs none. `others` are
    the containers in series after it: each gets the answer of the one before.
    """

    image: str
    artifact: str
    is_prefix: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    others: tuple[Container, ...] = ()

    @property
    def series(self) -> tuple[Container, ...]:
        """The container itself and those after it."""
        return (replace(self, others=()), *self.others)

    def fetch(self, role_arn: str, region: str, directory: Path) -> None:
        """Place the model data in the directory. Raise ServingError."""
        if self.artifact:
            fetch = artifacts.fetch_prefix if self.is_prefix else artifacts.fetch_archive
            fetch(self.artifact, role_arn, region, directory)


def container_of(model: Model, region: str) -> Container:
    """Return the model's container, or the first with the others in series.

    Raises ValidationError for an unknown model package, and for a prefix that is none.
    """
    specs = [model.primary_container] if model.primary_container else model.containers
    first, *others = (one for spec in specs for one in _containers(spec, model.execution_role_arn, region))
    return replace(first, others=tuple(others))


def _containers(spec: Mapping[str, Any], role_arn: str, region: str) -> Iterator[Container]:
    environment = spec.get("Environment") or {}
    package = spec.get("ModelPackageName")
    # The environment of the model is on top of the package's.
    for one in _package_containers(package, role_arn, region) if package else [spec]:
        yield replace(_container(one), environment={**(one.get("Environment") or {}), **environment})


def _container(spec: Mapping[str, Any]) -> Container:
    source = (spec.get("ModelDataSource") or {}).get("S3DataSource")
    if not source:
        return Container(spec.get("Image", ""), spec.get("ModelDataUrl", ""))
    uri, is_prefix = source["S3Uri"], source["S3DataType"] == "S3Prefix"
    if is_prefix and not uri.endswith("/"):
        raise ValidationError(f"S3Uri of S3DataType S3Prefix must end with a forward slash: {uri}")
    if is_prefix == (source["CompressionType"] == "Gzip"):
        raise ValidationError(
            f"The local AWS serves S3DataType S3Prefix with CompressionType None, and S3Object with Gzip: {uri}"
        )
    return Container(spec.get("Image", ""), uri, is_prefix)


def _package_containers(package: str, role_arn: str, region: str) -> list[dict[str, Any]]:
    registry = clients.client("sagemaker", role_arn, region, by="sagemaker.amazonaws.com")
    try:
        found = registry.describe_model_package(ModelPackageName=package)
    except ClientError as error:
        raise ValidationError(error.response["Error"]["Message"]) from error
    specs: list[dict[str, Any]] = found["InferenceSpecification"]["Containers"]
    return specs


def check_artifact(container: Container, role_arn: str, region: str) -> None:
    """Refuse model data that are missing or unreadable, as CreateModel does.

    Raises ValidationError.
    """
    for one in container.series:
        if one.artifact:
            _check(one, role_arn, region)


def _check(container: Container, role_arn: str, region: str) -> None:
    bucket, key = artifacts.split_s3_uri(container.artifact)
    s3 = clients.client("s3", role_arn, region, by="sagemaker.amazonaws.com")
    try:
        if not container.is_prefix:
            s3.head_object(Bucket=bucket, Key=key)
        elif not s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("KeyCount"):
            raise ValidationError(f"Could not find model data at {container.artifact}.")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise ValidationError(f"Could not find model data at {container.artifact}.") from error
        raise ValidationError(
            f'Could not access model data at {container.artifact}. Please ensure that the role "{role_arn}" exists '
            'and that its trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            f'"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the object '
            f"is located in {region}."
        ) from error
