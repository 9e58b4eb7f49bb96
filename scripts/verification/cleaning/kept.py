# SPDX-License-Identifier: Apache-2.0
"""Resources that deleted root stacks retain because they hold data. A verification has no data worth keeping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from orchestrator.values import tags
from scripts.verification import probes
from scripts.verification.cleaning.kind import Kind
from scripts.verification.scene import Scene

_AT_ONCE: Final = 1000
_KEY_DAYS: Final = 7
"""The shortest time after which AWS deletes a key; one that waits for it costs nothing."""


def _buckets(scene: Scene) -> Iterator[str]:
    listed = scene.aws.client("s3").list_buckets()["Buckets"]
    return (one["Name"] for one in listed if one["Name"].startswith(f"{scene.name}-"))


def _remove_bucket(scene: Scene, name: str) -> None:
    """Delete a bucket with all versions. Logs that arrive meanwhile are left to the next round."""
    s3 = scene.aws.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
        for begin in range(0, len(keys), _AT_ONCE):
            s3.delete_objects(Bucket=name, Delete={"Objects": keys[begin : begin + _AT_ONCE], "Quiet": True})
    s3.delete_bucket(Bucket=name)


def _repositories(scene: Scene) -> Iterator[str]:
    pages = scene.aws.client("ecr").get_paginator("describe_repositories").paginate()
    names = (one["repositoryName"] for page in pages for one in page["repositories"])
    return (name for name in names if name.startswith(f"{scene.name}-"))


def _remove_repository(scene: Scene, name: str) -> None:
    scene.aws.client("ecr").delete_repository(repositoryName=name, force=True)


def _keys(scene: Scene) -> Iterator[str]:
    """Yield the keys that are not scheduled for deletion. Other owners' keys may deny being described."""
    kms = scene.aws.client("kms")
    for key in (one["KeyId"] for page in kms.get_paginator("list_keys").paginate() for one in page["Keys"]):
        try:
            found = {one["TagKey"]: one["TagValue"] for one in kms.list_resource_tags(KeyId=key).get("Tags", ())}
            if _is_ours(found, scene) and not kms.describe_key(KeyId=key)["KeyMetadata"].get("DeletionDate"):
                yield key
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDeniedException":
                raise


def _remove_key(scene: Scene, key: str) -> None:
    scene.aws.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=_KEY_DAYS)


def _is_ours(found: dict[str, str], scene: Scene) -> bool:
    return found.get(tags.APPLICATION) in scene.roots or found.get(probes.TAG) == scene.name


def logging_role(scene: Scene) -> str:
    """Return the ARN of API Gateway's logging role in this account and Region; empty if none is set."""
    return str(scene.aws.client("apigateway").get_account().get("cloudwatchRoleArn") or "")


def _api_logging(scene: Scene) -> Iterator[str]:
    """Yield the account's logging role of API Gateway if one of these root stacks made it."""
    role = logging_role(scene)
    if role.rpartition("/")[2].startswith(f"{scene.name}-"):
        yield role


def _remove_api_logging(scene: Scene, role: str) -> None:
    operation = {"op": "replace", "path": "/cloudwatchRoleArn", "value": scene.logging_role}
    scene.aws.client("apigateway").update_account(patchOperations=[operation])


def _roles(scene: Scene) -> Iterator[str]:
    pages = scene.aws.client("iam").get_paginator("list_roles").paginate()
    names = (one["RoleName"] for page in pages for one in page["Roles"])
    return (name for name in names if name.startswith(f"{scene.name}-"))


def _remove_role(scene: Scene, name: str) -> None:
    iam = scene.aws.client("iam")
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def _log_groups(scene: Scene) -> Iterator[str]:
    """Return the log groups with the verification's name in theirs; services create some by themselves."""
    pages = scene.aws.client("logs").get_paginator("describe_log_groups").paginate()
    return (one["logGroupName"] for page in pages for one in page["logGroups"] if scene.name in one["logGroupName"])


def _remove_log_group(scene: Scene, name: str) -> None:
    scene.aws.client("logs").delete_log_group(logGroupName=name)


def _streams(scene: Scene) -> Iterator[str]:
    """Logs of jobs, in the groups that SageMaker shares among all jobs of the account."""
    logs: Any = scene.aws.client("logs")
    groups = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/aws/sagemaker/")
    for group in [one["logGroupName"] for page in groups for one in page["logGroups"]]:
        streams = logs.get_paginator("describe_log_streams").paginate(logGroupName=group)
        names = (one["logStreamName"] for page in streams for one in page["logStreams"])
        yield from (f"{group}\n{name}" for name in names if scene.name in name)


def _remove_stream(scene: Scene, found: str) -> None:
    group, _, name = found.partition("\n")
    scene.aws.client("logs").delete_log_stream(logGroupName=group, logStreamName=name)


KINDS: Final = (
    Kind("image repositories", _repositories, _remove_repository),
    Kind("buckets", _buckets, _remove_bucket),
    Kind("encryption keys", _keys, _remove_key),
    Kind("API Gateway's logging role of the account", _api_logging, _remove_api_logging),
    Kind("roles", _roles, _remove_role),
    Kind("log groups", _log_groups, _remove_log_group),
    Kind("logs of jobs", _streams, _remove_stream),
)
