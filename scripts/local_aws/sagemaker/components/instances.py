# SPDX-License-Identifier: Apache-2.0
"""Instances of an endpoint that follow the copies of its inference components.

They are there with the copies. Ten minutes after the last copy that needs them, by the clock, they are taken away, but
for as many as the configuration keeps.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantManagedInstanceScaling.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from scripts.local_aws import clock
from scripts.local_aws.sagemaker.components.component import LocalComponent
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint
from scripts.local_aws.sagemaker.endpoints.variants import Variant

_IDLE: Final = timedelta(minutes=10)

Components = Callable[[], Iterable[LocalComponent]]
"""The components of an endpoint at a moment."""


def most(variant: Variant) -> int:
    """Return how many instances a variant may have: as many as at first, if nothing scales them."""
    scaling = variant.declared.get("ManagedInstanceScaling", {})
    first = int(variant.declared.get("InitialInstanceCount", 1))
    return int(scaling.get("MaxInstanceCount", first)) if scaling.get("Status") == "ENABLED" else first


def has_room(variant: Variant, component: LocalComponent, copies: int) -> bool:
    """Whether a variant may have the instances for so many copies of one component."""
    instance_type = str(variant.declared.get("InstanceType", ""))
    return copies <= most(variant) * component.per_instance(instance_type)


def follow(endpoint: LocalEndpoint, components: Components) -> None:
    """Add what copies need at once; take away what they need no longer when that is so for ten minutes."""
    for variant in endpoint.fleet.variants if endpoint.fleet else []:
        needed = _needed(variant, components())
        if variant.count is not None and needed > variant.count:
            variant.count = needed
            endpoint.touch()
        elif variant.count is not None and needed < variant.count:
            clock.when(clock.now() + _IDLE, lambda one=variant: _release(endpoint, one, components))  # type: ignore[misc]


def _needed(variant: Variant, components: Iterable[LocalComponent]) -> int:
    scaling = variant.declared.get("ManagedInstanceScaling", {})
    if scaling.get("Status") != "ENABLED":
        return variant.count or 0
    instance_type = str(variant.declared.get("InstanceType", ""))
    used = max((one.instances(instance_type) for one in components if one.variant == variant.name), default=0)
    return min(max(used, int(scaling.get("MinInstanceCount", 0))), most(variant))


def _release(endpoint: LocalEndpoint, variant: Variant, components: Components) -> None:
    """Take instances away if copies have not come back meanwhile."""
    is_there = endpoint.fleet is not None and variant in endpoint.fleet.variants
    needed = _needed(variant, components())
    if is_there and variant.count is not None and needed < variant.count:
        variant.count = needed
        endpoint.touch()
