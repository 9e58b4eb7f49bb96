# SPDX-License-Identifier: Apache-2.0
"""Models of pydantic that the orchestrator keeps in S3 as JSON, one to an object."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TypeVar

from pydantic import BaseModel

from orchestrator.aws import parallel
from orchestrator.aws.s3 import objects

_SUFFIX = ".json"

Kept = TypeVar("Kept", bound=BaseModel)


def store(bucket: str, key: str, document: BaseModel) -> None:
    """Keep a document; a later one takes its place."""
    objects.store_marker(bucket, key, document.model_dump_json().encode())


def find(kind: type[Kept], bucket: str, key: str) -> Kept | None:
    """Return a document of a kind, or `None` if there is none."""
    content = objects.content_if_there(bucket, key)
    return None if content is None else kind.model_validate_json(content)


def each(kind: type[Kept], bucket: str, keys: list[str]) -> list[Kept | None]:
    """Return the documents of these keys, read side by side; `None` for one that is not there any more."""
    return parallel.each("s3", partial(find, kind, bucket), keys) if keys else []


def since(kind: type[Kept], bucket: str, folder: str, moment: datetime) -> dict[str, Kept]:
    """Return what was kept in a folder from a moment on, by the names of the objects without `.json`."""
    keys = objects.keys_since(bucket, folder, moment)
    names = [key.removeprefix(folder).removesuffix(_SUFFIX) for key in keys]
    found = zip(names, each(kind, bucket, keys), strict=True)
    return {name: document for name, document in found if document is not None}
