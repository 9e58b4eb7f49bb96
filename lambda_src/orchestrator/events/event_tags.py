# SPDX-License-Identifier: Apache-2.0
"""The tags of a job in SageMaker's events, whose form AWS's own sources disagree on: a map, or a list of pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def tags_of(detail: Mapping[str, Any]) -> dict[str, str]:
    """The tags in the detail of an event; empty where there are none.

    A map in https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html; a list of `Key`
    and `Value` as in every answer of the API.
    """
    given = detail.get("Tags") or {}
    if isinstance(given, Mapping):
        return {str(key): str(value) for key, value in given.items()}
    return {str(tag["Key"]): str(tag["Value"]) for tag in given}
