# SPDX-License-Identifier: Apache-2.0
"""Request files named on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from orchestrator import documents
from scripts.cli.errors import WrongUseError


def read_bytes(file: str) -> bytes:
    """Return the content of a file, or of standard input for `-`. Raise WrongUseError."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise WrongUseError(f"{file} cannot be read: {error.strerror}") from None


def read(file: str) -> dict[str, Any]:
    """Return the request in a file. Raise WrongUseError, or RefusedRequestError for invalid JSON."""
    document = documents.read(read_bytes(file))
    if not isinstance(document, dict):
        raise WrongUseError(
            f"{file} holds no JSON object: a request is an object with pipeline_type, model_name and others"
        )
    return document
