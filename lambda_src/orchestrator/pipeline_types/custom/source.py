# SPDX-License-Identifier: Apache-2.0
"""The operators' pipeline types, read from the pipelines bucket (`storage`)."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from orchestrator.aws.calls import calling, client
from orchestrator.aws.s3 import objects
from orchestrator.errors import ConflictError
from orchestrator.pipeline_types.custom import names

if TYPE_CHECKING:
    from orchestrator.pipeline_types.custom.custom_type import CustomType

_LONGEST_CURRENT: Final = 4096
_MOST_TYPES: Final = 1000


class AddedTypes:
    """The types in the pipelines bucket, as a `TypeSource`."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def find(self, name: str) -> CustomType | None:
        """Return the current version of a type: two reads, or one when this process has cached the version.

        A name that no type can have is not looked up.
        """
        if not names.is_well_formed(name):
            return None
        from orchestrator.pipeline_types.custom import storage  # noqa: PLC0415  not needed for built-in types

        found = objects.beginning(self._bucket, storage.current_key(name), _LONGEST_CURRENT)
        if found is None:
            return None
        try:
            current = storage.Current.model_validate_json(found.content)
        except ValidationError:
            raise _unusable(name, "its current.json has another form") from None
        return replace(_version(self._bucket, name, current.version), is_withdrawn=current.withdrawn)

    def names(self) -> tuple[str, ...]:
        """Return the names of all types, by one listing."""
        with calling(f"list the pipeline types in {self._bucket}"):
            answer = client("s3").list_objects_v2(
                Bucket=self._bucket, Prefix=names.PREFIX, Delimiter="/", MaxKeys=_MOST_TYPES
            )
        found = (entry["Prefix"].removeprefix(names.PREFIX).rstrip("/") for entry in answer.get("CommonPrefixes", ()))
        return tuple(sorted(name for name in found if names.is_well_formed(name)))


@functools.lru_cache(maxsize=64)
def _version(bucket: str, name: str, version: str) -> CustomType:
    """Return a version of a type; cached, because a version never changes."""
    from orchestrator.pipeline_types.custom import storage  # noqa: PLC0415
    from orchestrator.pipeline_types.custom.definition import BrokenTypeError  # noqa: PLC0415

    found = objects.beginning(bucket, storage.definition_key(name, version), storage.LONGEST_STORED)
    if found is None:
        raise _unusable(name, f"its version {version} is not there")
    try:
        return storage.unpacked(name, version, found.content)
    except BrokenTypeError as broken:
        raise _unusable(name, str(broken)) from None


def _unusable(name: str, reason: str) -> ConflictError:
    return ConflictError(f"The pipeline type {name} cannot be used: {reason}. Add it again.")
