# SPDX-License-Identifier: Apache-2.0
"""What stands in requests where a person may have put a secret."""

from __future__ import annotations

from typing import Final

CANARY: Final = "wJalrXUtnFEMI-planted-canary"
"""No log has it."""
