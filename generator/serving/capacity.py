# SPDX-License-Identifier: Apache-2.0
"""Capacity of a model's variant: instances, their type and their number."""

from __future__ import annotations

from typing import Any

from troposphere import Ref, Template


def variant_properties(_: Template) -> dict[str, Any]:
    """Properties of the main variant that say on what it runs: one instance of the request's type."""
    return {"InstanceType": Ref("InferenceInstance"), "InitialInstanceCount": 1}
