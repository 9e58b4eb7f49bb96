# SPDX-License-Identifier: Apache-2.0
"""The caller's own container images: their registries, and access to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch

_PRIVATE_ECR_IMAGE: Final = re.compile(
    r"(?P<account>[0-9]{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.[a-z0-9.-]+/(?P<repository>[^:@]+)"
)


@dataclass(frozen=True)
class PrivateImage:
    """Account, Region and repository of an image in a private Amazon ECR registry."""

    account: str
    region: str
    repository: str

    @classmethod
    def named(cls, uri: str) -> PrivateImage | None:
        """Return the image of a URI; `None` if it is not in a private registry of Amazon ECR."""
        found = _PRIVATE_ECR_IMAGE.match(uri)
        return cls(found["account"], found["region"], found["repository"]) if found else None

    def repository_arn(self, launch: Launch) -> str:
        """Return the ARN of its repository."""
        return f"arn:{launch.partition}:ecr:{self.region}:{self.account}:repository/{self.repository}"


def problems(key: str, uri: str, launch: Launch) -> Iterator[Problem]:
    """Refuse other registries: SageMaker pulls from them with settings of their own, which the blueprints do not have.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-containers-inference-private.html
    """
    if uri and PrivateImage.named(uri) is None:
        repository = launch.ecr_repository_arn.partition("/")[2]
        yield Problem(
            key,
            "must be in a private Amazon ECR repository: SageMaker pulls neither from Amazon ECR Public nor, "
            f"without a VPC of yours, from other registries; push the image to the repository {repository}, or build "
            "it there with byom_image_builder",
        )


def warnings(key: str, uri: str, launch: Launch) -> Iterator[str]:
    """Yield a warning if the image is in another Region."""
    image = PrivateImage.named(uri)
    if image is not None and image.region != launch.region:
        yield (
            f"{key}: SageMaker pulls images of its own Region, {launch.region}; this one is in "
            f"{image.region} and has to be replicated"
        )
