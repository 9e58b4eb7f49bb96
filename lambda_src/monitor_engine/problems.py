# SPDX-License-Identifier: Apache-2.0
"""The engine's error: a sentence for the person who reads the end of a job."""

from __future__ import annotations


class EngineError(Exception):
    """Raised for data or settings that the engine cannot use; says which, and what would be right."""
