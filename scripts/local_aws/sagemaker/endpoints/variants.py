# SPDX-License-Identifier: Apache-2.0
"""Variants of an endpoint, and the fleet that those of one endpoint configuration are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from scripts.local_aws.sagemaker.data_capture import CaptureSettings, CaptureTarget
from scripts.local_aws.sagemaker.endpoints.configs import LocalEndpointConfig
from scripts.local_aws.sagemaker.model_hosting import Served

SCALED_DIMENSION: Final = "sagemaker:variant:DesiredInstanceCount"
"""What Application Auto Scaling changes of a variant."""
_DEFAULT_WEIGHT = 1.0


@dataclass
class Variant:
    """Model that an endpoint serves, with its weight and its number of instances: may be 0, and None if serverless.

    `declared` is its part of the endpoint configuration. Changes of weight and count take no time here: what is
    desired is what is there.
    """

    name: str
    weight: float
    count: int | None
    served: Served
    declared: dict[str, Any] = field(default_factory=dict)
    capture_target: CaptureTarget | None = None

    @classmethod
    def of(cls, declared: dict[str, Any], served: Served, capture_target: CaptureTarget | None) -> Variant:
        """Return the variant as the endpoint configuration declares it."""
        return cls(
            name=str(declared["VariantName"]),
            weight=float(declared.get("InitialVariantWeight", _DEFAULT_WEIGHT)),
            count=None if "ServerlessConfig" in declared else int(declared.get("InitialInstanceCount", 1)),
            served=served,
            declared=declared,
            capture_target=capture_target,
        )

    @property
    def is_for_components(self) -> bool:
        """Whether it has no model itself: inference components bring theirs."""
        return "ModelName" not in self.declared

    @property
    def answers(self) -> bool:
        """Whether it can take a call now."""
        return self.count != 0


@dataclass(eq=False)
class Fleet:
    """Variants of one endpoint configuration, deployed together, and the calls that they are answering."""

    config: LocalEndpointConfig
    variants: list[Variant]
    shadows: list[Variant] = field(default_factory=list)
    capture: CaptureSettings | None = None
    calls: int = 0
    """Calls that are being answered; `Traffic` counts them."""

    def variant(self, name: str) -> Variant | None:
        """Return a production variant by its name."""
        return next((variant for variant in self.variants if variant.name == name), None)

    def stop(self) -> None:
        """End the processes that serve the models."""
        for variant in (*self.variants, *self.shadows):
            variant.served.stop()


def scaled_resource(endpoint: str, variant: str) -> str:
    """Return Application Auto Scaling's id of a variant."""
    return f"endpoint/{endpoint}/variant/{variant}"


def retain(old: Fleet, new: Fleet, excluded: Iterable[dict[str, str]]) -> None:
    """Give a new fleet the properties that its endpoint has by now, but for those that are excluded.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_VariantProperty.html
    """
    left_out = {one["VariantPropertyType"] for one in excluded}
    for variant in new.variants:
        before = old.variant(variant.name)
        if before is None:
            continue
        if "DesiredWeight" not in left_out:
            variant.weight = before.weight
        if "DesiredInstanceCount" not in left_out and variant.count is not None and before.count is not None:
            variant.count = before.count
        if "DataCaptureConfig" not in left_out:
            variant.capture_target = before.capture_target
    if "DataCaptureConfig" not in left_out:
        new.capture = old.capture


def choose(variants: Sequence[Variant], generator: Random) -> Variant:
    """Return one of the variants that answer, by weight.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-ab-testing.html
    """
    able = [variant for variant in variants if variant.answers] or list(variants)
    if len(able) == 1:
        return able[0]
    weights = [variant.weight for variant in able]
    return generator.choices(able, weights if any(weights) else None)[0]


def sampled(shadows: Iterable[Variant], production: Variant, generator: Random) -> list[Variant]:
    """Return the shadow variants that get a copy of a call: by the ratio of their weight to the production variant's.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-shadow-deployment.html
    """
    return [shadow for shadow in shadows if generator.random() * production.weight < shadow.weight]
