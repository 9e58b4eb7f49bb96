# SPDX-License-Identifier: Apache-2.0
"""Pipelines that follow a model package group, and monitors that follow an endpoint: an index in the pipelines bucket.

Who follows nothing has no entry, so one list of keys tells that nobody is concerned. An entry is not the truth: whoever
reads it looks at the pipeline's own request, and forgets an entry that is stale. SageMaker writes names of groups in
lower case in the ARNs of their versions, and those of endpoints have no two that differ by case alone: keys have lower
case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.aws import claims
from orchestrator.aws.s3 import objects
from orchestrator.plan import layout


@dataclass(frozen=True)
class Follower:
    """An entry of the index."""

    key: str
    common_name: str
    """Of the pipeline that follows."""


def of_group(bucket: str, group: str) -> list[Follower]:
    """Return the pipelines that deploy what is approved in a group, by name: one call if there are few."""
    return _below(bucket, f"{layout.FOLLOWERS_OF_GROUPS}{group.lower()}/")


def of_endpoint(bucket: str, endpoint: str) -> list[Follower]:
    """Return the monitors whose baselines follow what an endpoint deploys, by name: one call if there are few."""
    return _below(bucket, f"{layout.FOLLOWERS_OF_ENDPOINTS}{endpoint.lower()}/")


def follow(bucket: str, key: str) -> None:
    """Make an entry, whether it is there or not."""
    objects.store_marker(bucket, key, b"{}")


def bring_about(bucket: str, wanted: Sequence[str], before: Sequence[str]) -> None:
    """Make the entries of a pipeline, those that are there as well, and remove what it has followed before.

    It comes after the pipeline's package, whose notes tell of the entries: an entry without a package is stale.
    """
    for key in wanted:
        follow(bucket, key)
    for key in before:
        if key not in wanted:
            forget(bucket, key)


def forget(bucket: str, key: str) -> None:
    """Remove an entry, whether it is there or not."""
    claims.forget(bucket, key)


def _below(bucket: str, folder: str) -> list[Follower]:
    keys = objects.all_keys(bucket, folder)
    return [Follower(key, key.removeprefix(folder).removesuffix(".json")) for key in keys]
