# SPDX-License-Identifier: Apache-2.0
"""The model that a definition deploys, by the parameters that say which, and its artifact as S3 has it now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from orchestrator.aws.s3 import objects
from orchestrator.aws.s3.objects import ObjectVersion
from orchestrator.errors import ServiceBusyError, ServiceRefusedError

if TYPE_CHECKING:
    from orchestrator.answers.awaited import DeployedModel

PACKAGE: Final = "ModelPackageName"
ARTIFACT: Final = "ModelArtifactLocation"
BUCKET: Final = "AssetsBucket"
IMAGE: Final = "ImageUri"


def of(parameters: Mapping[str, str]) -> DeployedModel | None:
    """Return the model of a blueprint's parameters; `None` if they name none."""
    package, key = parameters.get(PACKAGE, ""), parameters.get(ARTIFACT, "")
    if not package and not key:
        return None
    bucket = parameters.get(BUCKET, "")
    found = _version(bucket, key) if bucket and key else None
    return {
        "model_package_arn": package,
        "artifact": f"s3://{bucket}/{key}" if bucket and key else "",
        "artifact_version": found.version_id if found else "",
        "artifact_changed_at": found.changed_at if found else None,
        "image": parameters.get(IMAGE, ""),
    }


def _version(bucket: str, key: str) -> ObjectVersion | None:
    try:
        return objects.version_of(bucket, key)
    except ServiceBusyError:
        raise
    except ServiceRefusedError:
        # The bucket is the operator's own, and the artifact may be gone.
        return None
