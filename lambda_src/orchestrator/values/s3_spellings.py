# SPDX-License-Identifier: Apache-2.0
"""Other spellings of places in S3 whose meaning is plain, as marks of the values that are read so (compatibility 2.11).

Validation knows one spelling: `leniency.py` reads the others before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_SCHEME: Final = "s3://"


@dataclass(frozen=True)
class S3Spelling:
    """A value that may be spelt otherwise."""

    def plain(self, text: str, assets_bucket: str) -> str:
        """Return the spelling that validation takes, or the text itself where no other meaning is plain."""
        raise NotImplementedError


@dataclass(frozen=True)
class BucketAndKey(S3Spelling):
    """`s3://bucket/key` and `/bucket/key` are `bucket/key`."""

    def plain(self, text: str, assets_bucket: str) -> str:
        """Return `bucket/key`. A single part after a slash may be a key as well as a bucket: that is not plain."""
        if text.startswith(_SCHEME):
            return text.removeprefix(_SCHEME)
        return text[1:] if text.startswith("/") and text[1:].strip("/").count("/") else text


@dataclass(frozen=True)
class KeyOfAssets(S3Spelling):
    """`s3://<assets bucket>/key` and `/key` are `key`; another bucket's objects are something else.

    In validation it refuses a URI, which is a legal key and never what is meant.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_no_uri, handler(source))

    def plain(self, text: str, assets_bucket: str) -> str:
        """Return the key."""
        return text.removeprefix(f"{_SCHEME}{assets_bucket}/" if text.startswith(_SCHEME) else "/")


def _no_uri(value: str) -> str:
    if value.startswith(_SCHEME):
        raise ValueError(value)
    return value
