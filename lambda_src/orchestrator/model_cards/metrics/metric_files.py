# SPDX-License-Identifier: Apache-2.0
"""The file with metrics that a request names: read, decoded, and refused with a reason when it is unusable.

The file may be in any bucket that the orchestrator's role may read (lesson 91).
"""

from __future__ import annotations

import json
from typing import Any, Final

from orchestrator.aws.s3 import metric_files
from orchestrator.errors import ServiceRefusedError
from orchestrator.model_cards.metrics import evaluation_metrics
from orchestrator.model_cards.metrics.evaluation_metrics import Found
from orchestrator.model_cards.metrics.raw_metrics import UnexpectedMetricsError

LONGEST_FILE: Final = 4 * 1024 * 1024
"""Bytes; forty times the limit of a card's content."""
_CONTENT_TYPES: Final = frozenset({"", "application/json", "application/octet-stream", "binary/octet-stream"})
_FORBIDDEN: Final = frozenset({"AccessDenied", "403", "AllAccessDisabled"})
_NOT_THERE: Final = {
    "NoSuchKey": "there is no such file: upload it first",
    "NoSuchBucket": "there is no such bucket",
    "InvalidObjectState": "the file is archived: restore it first",
    "PermanentRedirect": "the bucket is in another Region than the orchestrator: copy the file into one of its Region",
}


class UnusableFileError(ValueError):
    """A file cannot be used; `str()` gives the reason and the remedy."""


def read(uri: str, metric_type: str) -> Found:
    """Return the groups of metrics in a file; raises `UnusableFileError`."""
    document = _decoded(_fetched(uri))
    try:
        return evaluation_metrics.groups_of(metric_type, document)
    except UnexpectedMetricsError as unexpected:
        raise UnusableFileError(f"for the metric_type {metric_type} the file must have {unexpected}") from unexpected


def _fetched(uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        file = metric_files.read(bucket, key, LONGEST_FILE)
    except ServiceRefusedError as refused:
        if refused.code in _FORBIDDEN:
            raise UnusableFileError(
                f"the orchestrator may not read the file, if it is there: allow its role s3:GetObject in the "
                f"policy of the bucket {bucket}, and kms:Decrypt in that of the key if it is encrypted with your own"
            ) from refused
        if refused.code in _NOT_THERE:
            raise UnusableFileError(_NOT_THERE[refused.code]) from refused
        raise
    if file.content_type.partition(";")[0].strip().lower() not in _CONTENT_TYPES:
        raise UnusableFileError(
            f"the file must be JSON with the content type application/json or binary/octet-stream; "
            f"it has {file.content_type}"
        )
    if len(file.content) > LONGEST_FILE:
        raise UnusableFileError(f"the file is longer than {LONGEST_FILE} bytes")
    return file.content


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnusableFileError(f"the file is not in UTF-8 (byte {error.start} begins no character)") from error
    except (ValueError, RecursionError) as error:
        raise UnusableFileError(f"the file is not valid JSON: {error}") from error
