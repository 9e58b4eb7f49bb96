# SPDX-License-Identifier: Apache-2.0
"""Paths of a checkout, which an installed product has in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from scripts import user_cache

ROOT: Final = Path(__file__).resolve().parent.parent
BUNDLE_SOURCE: Final = ROOT / "lambda_src" / "orchestrator"
REQUIREMENTS: Final = ROOT / "lambda_src" / "requirements.txt"
TEMPLATES: Final = ROOT / "templates"

# An installed product may be read-only; nothing is written there.
_IS_INSTALLED: Final = ROOT.name == "_home"
DIST: Final = Path("dist") if _IS_INSTALLED else ROOT / "dist"
"""Folder for output that a person asked for; with an installed product, in the current folder."""


def build() -> Path:
    """Return the folder for downloads; with an installed product, in the user's cache."""
    return user_cache.folder() / user_cache.BUILD if _IS_INSTALLED else ROOT / "build"
