# SPDX-License-Identifier: Apache-2.0
"""Kinds of values that name a place in S3: a bucket, a slash, and a prefix of keys. See `common.py`."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from orchestrator import reach
from orchestrator.values import things
from orchestrator.values.common import BUCKET, KEY, Expect, Names, WithoutTrailingSlash
from orchestrator.values.s3_spellings import BucketAndKey
from orchestrator.values.visible_text import VISIBLE

# A bucket by itself is a location, too (compatibility 3.1, 3.5): statements are about what is below a location.
_LOCATION: Final = rf"^{BUCKET}(/({KEY})?)?$"

_BUCKET_AND_PREFIX: Final = (
    VISIBLE,
    BucketAndKey(),
    Expect("a bucket and prefix", example="my-bucket/some/prefix", but="without s3:// and without wildcards"),
    WithoutTrailingSlash(),
    Names(reach.BUCKET),
    things.ITS_BUCKET,
)

S3Location = Annotated[str, Field(min_length=3, max_length=1087, pattern=_LOCATION), *_BUCKET_AND_PREFIX]

OptionalS3Location = Annotated[str, Field(max_length=1087, pattern=rf"^({BUCKET}(/({KEY})?)?)?$"), *_BUCKET_AND_PREFIX]

# SageMaker stops at URIs of 512 characters for what monitors read and write, s3:// among them.
MonitorLocation = Annotated[
    str,
    Field(min_length=3, max_length=507, pattern=_LOCATION),
    VISIBLE,
    BucketAndKey(),
    Expect(
        "a bucket and prefix of 507 characters at most",
        example="my-bucket/some/prefix",
        but="without s3:// and without wildcards",
    ),
    WithoutTrailingSlash(),
    Names(reach.BUCKET),
    things.ITS_BUCKET,
]

S3Data = Annotated[
    str,
    # SageMaker takes URIs of 1,024 characters, s3:// among them. A trailing slash stays: it makes another prefix. There
    # is a slash in any case: what is read begins with the value, and so does the name of another bucket.
    Field(min_length=4, max_length=1019, pattern=rf"^{BUCKET}/({KEY})?$"),
    VISIBLE,
    BucketAndKey(),
    Expect(
        "a bucket, a slash, and the key of a file or the prefix of several",
        example="my-bucket/some/data.csv",
        but="without s3:// and without wildcards",
    ),
    Names(reach.BUCKET),
    things.DATA,
]
