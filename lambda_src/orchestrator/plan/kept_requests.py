# SPDX-License-Identifier: Apache-2.0
"""The request of a pipeline, kept in its package for people who want to see it again, or send a changed one.

It does not count for the package: an equal plan is the same package, however its request was written. What is secret in
it is left out.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from orchestrator.plan.plan import Deployment, ProvisioningPlan

FILE: Final = "request.json"
"""The member of the package."""
LONGEST: Final = 1024 * 1024
"""Bytes of the member."""
_NOT_KEPT: Final = frozenset({"dry_run"})


class KeptRequest(BaseModel):
    """What is kept."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    request: dict[str, Any]
    masked: frozenset[str] = frozenset()
    """Names of the blueprint's parameters whose values are not shown."""


def keep(plan: ProvisioningPlan, request: Mapping[str, Any], secrets: frozenset[str]) -> ProvisioningPlan:
    """Return the plan with its request in the package, without the keys of secrets; a plan without package as it is."""
    shown = {key: value for key, value in request.items() if key not in _NOT_KEPT | secrets}
    return replace(plan, alternatives=tuple(_with(deployment, shown) for deployment in plan.alternatives))


def _with(deployment: Deployment, request: Mapping[str, Any]) -> Deployment:
    blueprint = deployment.blueprint
    if blueprint is None:
        return deployment
    masked = sorted(frozenset[str]().union(*(file.masked for file in blueprint.parameter_files)))
    content = json.dumps({"request": request, "masked": masked}, indent=4).encode()
    return replace(deployment, blueprint=replace(blueprint, kept=((FILE, content),)))


def read(content: str | None) -> KeptRequest | None:
    """Return what a package keeps; `None` for one of an earlier release, which keeps nothing."""
    if content is None:
        return None
    try:
        return KeptRequest.model_validate_json(content)
    except ValidationError:
        return None
