# SPDX-License-Identifier: Apache-2.0
"""Publication and withdrawal of custom pipeline types: objects in an orchestrator's pipelines bucket."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from orchestrator.pipeline_types.custom import storage
from orchestrator.pipeline_types.custom.storage import Current
from scripts.pipeline_types import pipeline_folder


@dataclass(frozen=True)
class Published:
    """Pipeline type as now stored in the bucket."""

    name: str
    version: str
    is_new: bool
    """Whether this version was not the current one before."""


def publish(folder: Path, s3: Any, bucket: str) -> Published:
    """Check a folder and make it the current version of its type. Raise BrokenTypeError with every problem.

    The object that requests read is replaced last, so that no request sees half a version.
    """
    version, blueprint = pipeline_folder.read(folder)
    made = version.type
    before = current(made.name, s3, bucket)
    if before is not None and before.version == made.version and not before.withdrawn:
        return Published(made.name, made.version, is_new=False)
    _put(s3, bucket, storage.blueprint_key(made.name, made.version), blueprint, "text/yaml")
    _put(s3, bucket, storage.definition_key(made.name, made.version), version.definition, "application/json")
    _set_current(s3, bucket, made.name, made.version, withdrawn=False)
    return Published(made.name, made.version, is_new=True)


def withdraw(name: str, s3: Any, bucket: str) -> bool:
    """Stop the type from accepting requests. Return false if there is none, or it was withdrawn before.

    Nothing is deleted: its pipelines stay, and can be listed and deleted.
    """
    before = current(name, s3, bucket)
    if before is None or before.withdrawn:
        return False
    _set_current(s3, bucket, name, before.version, withdrawn=True)
    return True


def current(name: str, s3: Any, bucket: str) -> Current | None:
    """Return the current version of a type; None if there is no such type."""
    try:
        content = s3.get_object(Bucket=bucket, Key=storage.current_key(name))["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            return None
        raise
    return Current.model_validate_json(content)


def _set_current(s3: Any, bucket: str, name: str, version: str, *, withdrawn: bool) -> None:
    content = {"version": version, "added": datetime.now(UTC).isoformat(), "withdrawn": withdrawn}
    _put(s3, bucket, storage.current_key(name), json.dumps(content, indent=1).encode(), "application/json")


def _put(s3: Any, bucket: str, key: str, content: bytes, content_type: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)
