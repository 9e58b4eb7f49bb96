# SPDX-License-Identifier: Apache-2.0
"""The request that a pipeline was made of, as it was understood and before defaults: a file of its package.

Whoever sends it again, changed in a key, changes the pipeline in that alone. It has what the caller sent, values that
are not shown among it.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from orchestrator.aws.s3 import objects
from orchestrator.plan import layout
from orchestrator.plan.plan import REQUEST_FILE


def stored(bucket: str, common_name: str) -> dict[str, Any] | None:
    """Return the request of a pipeline; `None` without a package, and for one that an earlier release has packed.

    Such a pipeline has it when its request has been sent again.
    """
    package = objects.content_if_there(bucket, layout.package(common_name))
    if package is None:
        return None
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        if REQUEST_FILE in archive.namelist():
            return _decoded(archive.read(REQUEST_FILE))
    beside = objects.content_if_there(bucket, layout.request(common_name))
    return None if beside is None else _decoded(beside)


def _decoded(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content)
    return found
