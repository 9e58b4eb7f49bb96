# SPDX-License-Identifier: Apache-2.0
"""Checks of checkov that do not fit, each with its reason in the resources that it is about.

https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html
"""

from __future__ import annotations

from typing import Any, Final

ACCESS_LOG_OF_BUCKET: Final = "CKV_AWS_18"
DEAD_LETTERS: Final = "CKV_AWS_116"
CACHE: Final = "CKV_AWS_120"
ISOLATION: Final = "CKV_AWS_370"
OPTIONAL_ACCESS_LOG: Final = "CKV_AWS_76"
TAGS_OF_IMAGES: Final = "CKV_AWS_51"

_REASONS: Final = {
    ACCESS_LOG_OF_BUCKET: "It holds the access logs: a log of their delivery would write itself for ever.",
    DEAD_LETTERS: "Whoever calls it waits for the answer, and tells if none comes.",
    CACHE: "Answers are what is true now, and differ by caller and body.",
    OPTIONAL_ACCESS_LOG: "It has one where its account lets API Gateway write logs; the check sees no condition.",
    ISOLATION: "The request decides; some containers load what they need.",
    TAGS_OF_IMAGES: "An image that is built again keeps its tag.",
}


def skipped(*checks: str) -> dict[str, Any]:
    """The metadata of a resource that these checks do not fit."""
    return {"checkov": {"skip": [{"id": check, "comment": _REASONS[check]} for check in checks]}}
