# SPDX-License-Identifier: Apache-2.0
"""Where all that belongs to a pipeline lies in the pipelines bucket, by its common name.

The common name is that of the stack with what was asked for, or what the names of its StackSets begin with. Permissions
of roles and of the bucket's policy name the same places, with a star for the common name.
"""

from __future__ import annotations

from typing import Final

ROOT: Final = "provisioned/"
DELETING: Final = "deleting/"
"""Markers of deletions; the pipeline's common name follows."""
REPORTED: Final = "reported/"
"""Markers of what is done once (`aws/claims.py`); they expire."""
ANALYSIS: Final = "analysis/"
"""Clarify's configurations."""
REGISTRATIONS: Final = "registrations/"
"""What a job's model is registered with; kept when the pipeline is deleted, because a job may still run."""
REQUESTS: Final = "requests/"
"""Values that are too long for a parameter."""
TEMPLATES: Final = "templates/"
"""Blueprint templates that are too long for a request of a StackSet."""


def folder(common_name: str) -> str:
    """How the keys of a pipeline's objects begin."""
    return f"{ROOT}{common_name}/"


def package(common_name: str) -> str:
    """The key of what the pipeline's source action reads."""
    return f"{folder(common_name)}template.zip"
