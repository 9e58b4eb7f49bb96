# SPDX-License-Identifier: Apache-2.0
"""Report of a monitor's run: an HTML page in S3, read with the caller's own permissions."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws import aws_access
from mlops_orchestrator.errors import Failed, NotFound

_GONE: Final = frozenset({"NoSuchKey", "NoSuchBucket", "404"})


@dataclass(frozen=True)
class Report:
    """Page of a report. A notebook shows it in a frame of its own."""

    html: str

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, and return its path."""
        file = Path(path)
        file.write_text(self.html, encoding="utf-8")
        return file

    def _repr_html_(self) -> str:
        # The page has styles of its own, which must not reach the notebook.
        return f'<iframe sandbox srcdoc="{escape(self.html)}" width="100%" height="640"></iframe>'


def read(s3: Any, location: str) -> Report:
    """Return the report at `s3://bucket/key`. Raise NotFound, or Failed if the caller may not read it."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    try:
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            raise NotFound(f"there is no report at {location} (any more)") from None
        if aws_access.is_denied(error):
            raise Failed(f"you may not read {location}: s3:GetObject has to be allowed to you, and its key") from None
        raise
    return Report(content.decode("utf-8"))
