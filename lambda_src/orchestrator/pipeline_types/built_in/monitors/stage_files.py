# SPDX-License-Identifier: Apache-2.0
"""Files that a monitor's jobs in one stage read from the pipelines bucket, encrypted with the stage's key.

Their folder is named by a digest of content and key: no object is stored twice under one name, so another key needs
another name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.plan import layout
from orchestrator.plan.plan import PlannedObject
from orchestrator.values.per_stage import Stage

_DIGEST_CHARACTERS: Final = 32
_CONTENT_TYPES: Final = {"json": "application/json", "zip": "application/zip"}


@dataclass(frozen=True)
class StageFiles:
    """Files of a pipeline for a stage; `None` is the one stage of a single-account deployment."""

    bucket: str
    stack_name: str
    kind: str
    """Their folder below the pipeline's, as in `layout`."""
    stage: Stage | None
    kms_key_arn: str
    files: tuple[tuple[str, bytes], ...]
    """Names below the prefix, and contents."""

    @property
    def prefix(self) -> str:
        """What their keys begin with, without a slash at its end."""
        written = b"\n".join(content for _, content in self.files)
        digest = hashlib.sha256(written + self.kms_key_arn.encode()).hexdigest()[:_DIGEST_CHARACTERS]
        return f"{layout.folder(self.stack_name)}{self.kind}{self.stage or 'single'}-{digest}"

    def objects(self) -> Iterator[PlannedObject]:
        """Yield them as objects to store."""
        prefix = self.prefix
        for name, content in self.files:
            type_ = _CONTENT_TYPES[name.rpartition(".")[2]]
            yield PlannedObject(self.bucket, f"{prefix}/{name}", content, self.kms_key_arn, type_)
