# SPDX-License-Identifier: Apache-2.0
"""Folder with what stands here as it does in a checkout: `_home` of an installed product, or the checkout itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve()
_INSTALLED: Final = _HERE.with_name("_home")
HOME: Final = _INSTALLED if _INSTALLED.is_dir() else _HERE.parents[3]
