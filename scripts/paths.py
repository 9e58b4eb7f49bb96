# SPDX-License-Identifier: Apache-2.0
"""Where things stand in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
BUNDLE_SOURCE: Final = ROOT / "lambda_src" / "orchestrator"
REQUIREMENTS: Final = ROOT / "lambda_src" / "requirements.txt"
TEMPLATES: Final = ROOT / "templates"
BUILD: Final = ROOT / "build"
DIST: Final = ROOT / "dist"
