# SPDX-License-Identifier: Apache-2.0
"""Where things stand in a checkout, and in the same way in an installed product."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from scripts import user_cache

ROOT: Final = Path(__file__).resolve().parent.parent
BUNDLE_SOURCE: Final = ROOT / "lambda_src" / "orchestrator"
REQUIREMENTS: Final = ROOT / "lambda_src" / "requirements.txt"
TEMPLATES: Final = ROOT / "templates"

# It may be read-only, and is no place to write to.
_IS_INSTALLED: Final = ROOT.name == "_home"
DIST: Final = Path("dist") if _IS_INSTALLED else ROOT / "dist"
"""What somebody asked for; from an installed product, in the current folder."""


def build() -> Path:
    """What takes long to fetch; of an installed product, in the user's cache."""
    return user_cache.folder() / user_cache.BUILD if _IS_INSTALLED else ROOT / "build"
