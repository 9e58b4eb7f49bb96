# SPDX-License-Identifier: Apache-2.0
"""Code of functions that a pipeline deploys: folders beside the orchestrator, stored as archives beside a package.

Templates hold no more than 51,200 bytes, so code of some length stands beside them. Another code is another key.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from orchestrator.plan import archives, layout
from orchestrator.plan.plan import PlannedObject

_BESIDE: Final = Path(__file__).resolve().parents[2]
_DIGEST_CHARACTERS: Final = 16


def archive(bucket: str, common_name: str, folder: str, further: Iterable[tuple[str, bytes]] = ()) -> PlannedObject:
    """Return the archive of a folder's files, and further ones, among the objects of a pipeline."""
    content = archives.stored([*_files(folder), *further])
    key = f"{layout.folder(common_name)}{layout.FUNCTIONS}{folder}-{digest(content)}.zip"
    return PlannedObject(bucket, key, content, content_type="application/zip")


def digest(content: bytes) -> str:
    """Return what tells a content from another one, in a name."""
    return hashlib.sha256(content).hexdigest()[:_DIGEST_CHARACTERS]


@functools.cache
def _files(folder: str) -> tuple[tuple[str, bytes], ...]:
    files = (path for path in (_BESIDE / folder).iterdir() if path.is_file())
    return tuple((path.name, path.read_bytes()) for path in files)
