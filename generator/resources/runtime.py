# SPDX-License-Identifier: Apache-2.0
"""The Lambda runtime of all functions; the bundle is packed for it."""

from typing import Final

PYTHON: Final = "3.13"
ARCHITECTURE: Final = "arm64"
