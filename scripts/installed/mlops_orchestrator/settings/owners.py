# SPDX-License-Identifier: Apache-2.0
"""Whose a file is: one of somebody else, above the current folder, decides nothing here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_ADMINISTRATOR: Final = 0


def is_trusted(path: Path) -> bool:
    """Whether the file is the caller's or the administrator's, or the caller is the administrator."""
    return os.geteuid() == _ADMINISTRATOR or path.stat().st_uid in {os.geteuid(), _ADMINISTRATOR}
