# SPDX-License-Identifier: Apache-2.0
"""ARNs of versions of models: a version's number and its group, and the way back."""

from __future__ import annotations


def number(version: str) -> int:
    """Return the number in the ARN of a version of a group; 0 if it is none."""
    ending = version.rpartition("/")[2]
    return int(ending) if version.count("/") > 1 and ending.isdecimal() else 0


def group_arn(version: str) -> str:
    """Return the ARN of the group of a version, from the version's."""
    stem, _, names = version.partition(":model-package/")
    return f"{stem}:model-package-group/{names.partition('/')[0]}"


def group_name(version: str) -> str:
    """Return the name of the group of a version, in lower case as ARNs have it."""
    return group_arn(version).rpartition("/")[2]


def numbered(group: str, version: int) -> str:
    """Return the ARN of a version of a group, from the group's."""
    return f"{group.replace(':model-package-group/', ':model-package/')}/{version}"


def in_words(version: str) -> str:
    """Return a version as messages name it."""
    return f"version {number(version)} of {group_name(version)}"
