# SPDX-License-Identifier: Apache-2.0
"""Capacity of a model's variant: instances, their type and their number."""

from __future__ import annotations

from typing import Any, Final

from troposphere import Equals, If, Not, NoValue, Ref, Template, sagemaker

from generator import parameters
from orchestrator.pipeline_types.built_in.serving.serverless import NOT_SERVERLESS

_SCALES: Final = "Autoscaled"
_SERVERLESS: Final = "Serverless"
_INSTANCES: Final = "HasInstances"
_PROVISIONED: Final = "HasProvisionedConcurrency"


def variant_properties(built: Template) -> dict[str, Any]:
    """Properties of the main variant that say on what it runs: instances and how many, or memory without instances."""
    on_instances = has_instances(built)
    memory, concurrency, provisioned = (parameters.part(_SERVERLESS, place) for place in range(3))
    built.conditions.setdefault(_PROVISIONED, Not(Equals(provisioned, "0")))
    serverless = sagemaker.ServerlessConfig(
        MemorySizeInMB=memory,
        MaxConcurrency=concurrency,
        ProvisionedConcurrency=If(_PROVISIONED, provisioned, NoValue),
    )
    return {
        "InstanceType": If(on_instances, Ref("InferenceInstance"), NoValue),
        "InitialInstanceCount": If(on_instances, Ref("InstanceCount"), NoValue),
        "ServerlessConfig": If(on_instances, NoValue, serverless),
    }


def has_instances(built: Template) -> str:
    """Name of the condition that the endpoint is not serverless: it has instances, and captures what it serves."""
    built.conditions.setdefault(_INSTANCES, Equals(Ref(_SERVERLESS), NOT_SERVERLESS))
    return _INSTANCES


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
