# SPDX-License-Identifier: Apache-2.0
"""The end of a pipeline: what the closed loop has kept for it goes, and nothing finds it by what it followed."""

from __future__ import annotations

from orchestrator.automation import followers
from orchestrator.aws.s3 import object_versions, objects
from orchestrator.plan import automation, layout


def forget(bucket: str, common_name: str) -> None:
    """Remove all that is kept for a pipeline. Its package must still be there; what is gone already is no error.

    Raises `ServiceRefusedError`, after which a retry completes it.
    """
    package = objects.stored_package(bucket, layout.package(common_name))
    for key in automation.followed(package.notes) if package else ():
        followers.forget(bucket, key)
    for place in (layout.kept(common_name), layout.steps(common_name)):
        object_versions.purge(bucket, place)
