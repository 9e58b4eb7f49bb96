# SPDX-License-Identifier: Apache-2.0
"""The templates of the built-in pipeline types, which travel with the code: nobody changes them without changing it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_NAME: Final = "templates"

# The bundle has the folder beside the package, a checkout in its root: either way it is the nearest one above.
FOLDER: Final = next((above / _NAME for above in Path(__file__).resolve().parents if (above / _NAME).is_dir()), Path())


def read(path: str) -> bytes:
    """A template, e.g. `blueprints/realtime_inference.yaml`."""
    return (FOLDER / path).read_bytes()
