# SPDX-License-Identifier: Apache-2.0
"""The templates of the built-in pipeline types, part of the bundle: they change only together with the code."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_NAME: Final = "templates"

# The folder is beside the package in the bundle, and in the root of a checkout: the nearest one above is right.
FOLDER: Final = next((above / _NAME for above in Path(__file__).resolve().parents if (above / _NAME).is_dir()), Path())


def read(path: str) -> bytes:
    """Return a template, e.g. `blueprints/realtime_inference.yaml`."""
    return (FOLDER / path).read_bytes()
