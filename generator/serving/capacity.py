# SPDX-License-Identifier: Apache-2.0
"""Capacity of a model's variant: instances, their type and their number."""

from __future__ import annotations

from typing import Any, Final

from troposphere import Equals, If, Not, NoValue, Ref, Template, sagemaker

_SCALES: Final = "Autoscaled"


def variant_properties(_: Template) -> dict[str, Any]:
    """Properties of the main variant that say on what it runs: instances of the request's type, and how many."""
    return {"InstanceType": Ref("InferenceInstance"), "InitialInstanceCount": Ref("InstanceCount")}


def endpoint_properties(built: Template) -> dict[str, Any]:
    """Properties with which an update leaves the number of instances to autoscaling, and nothing else as it was."""
    replaced = [sagemaker.VariantProperty(VariantPropertyType=name) for name in ("DataCaptureConfig", "DesiredWeight")]
    scales = autoscaled(built)
    return {
        "RetainAllVariantProperties": If(scales, True, NoValue),
        "ExcludeRetainedVariantProperties": If(scales, replaced, NoValue),
    }


def autoscaled(built: Template) -> str:
    """Name of the condition that the number of instances follows the load."""
    built.conditions.setdefault(_SCALES, Not(Equals(Ref("Autoscaling"), "")))
    return _SCALES
