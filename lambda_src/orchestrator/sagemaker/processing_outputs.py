# SPDX-License-Identifier: Apache-2.0
"""Outputs of processing jobs, in descriptions and in events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def first_output(job: Mapping[str, Any]) -> str:
    """Return where a processing job writes its first output that goes to S3; empty if none does."""
    outputs = (job.get("ProcessingOutputConfig") or {}).get("Outputs") or []
    uris = (str((output.get("S3Output") or {}).get("S3Uri", "")) for output in outputs)
    return next(filter(None, uris), "")
