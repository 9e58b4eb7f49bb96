# SPDX-License-Identifier: Apache-2.0
"""Names of objects in the configuration bucket."""

from __future__ import annotations

from typing import Final

CONFIG_NAME: Final = "mlops-config.json"
"""Name of an uploaded configuration, in any folder."""
RESULT_SUFFIX: Final = ".result.json"
"""Suffix of a result's key, after the key of the configuration."""
