# SPDX-License-Identifier: Apache-2.0
"""Complete removal of objects from a versioned bucket: each version and each delete marker."""

from __future__ import annotations

from itertools import islice
from typing import Final

from orchestrator.aws.calls import calling, client
from orchestrator.errors import ServiceRefusedError

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
_MOST_AT_ONCE: Final = 1000


def purge(bucket: str, prefix: str, kept: str | None = None, *, exact: bool = False) -> None:
    """Remove the objects whose keys begin with `prefix`, but not with `kept`; with `exact`, only the key `prefix`.

    Raises `ServiceRefusedError` when S3 does not remove one of them.
    """
    found = (
        {"Key": key, "VersionId": version}
        for key, version in _versions(bucket, prefix)
        if not (exact and key != prefix) and not (kept is not None and key.startswith(kept))
    )
    while batch := list(islice(found, _MOST_AT_ONCE)):
        with calling(f"remove what is below s3://{bucket}/{prefix}"):
            answer = client("s3").delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        for error in answer.get("Errors", ()):
            raise ServiceRefusedError(f"remove s3://{bucket}/{error['Key']}", error["Code"], error.get("Message", ""))


def _versions(bucket: str, prefix: str) -> list[tuple[str, str]]:
    with calling(f"list what is below s3://{bucket}/{prefix}"):
        pages = client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
        # List everything first: a listing must not continue while its entries are being removed.
        listed = [entry for page in pages for kind in ("Versions", "DeleteMarkers") for entry in page.get(kind, ())]
    return [(entry["Key"], entry["VersionId"]) for entry in listed]
