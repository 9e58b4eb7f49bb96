# SPDX-License-Identifier: Apache-2.0
"""What `GET /pipelines/{id}` tells of compared models in the accounts of a stage.

Nobody is asked where one model has all calls. An account that cannot be reached hides nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from orchestrator.aws import parallel
from orchestrator.aws.cloudformation.stack_sets import Instance
from orchestrator.errors import ServiceRefusedError, UnfitStateError
from orchestrator.provisioned import work
from orchestrator.provisioned.endpoint_models import places, telling
from orchestrator.provisioned.pipeline_stacks import Pipeline

if TYPE_CHECKING:
    from orchestrator.answers import work as told

_KEYS: Final = ("shadow_variant", "variants")


def are_asked_for(request: Mapping[str, Any] | None) -> bool:
    """True if a request compares models, in some stage at least."""
    return any((request or {}).get(key) for key in _KEYS)


def of(pipeline: Pipeline, parameters: Mapping[str, str], instances: Sequence[Instance]) -> list[told.StageEndpoint]:
    """Return the endpoints of a stage whose stacks have these parameters, one for each account."""
    there = [one for one in instances if one.stack] if places.is_compared(parameters) else []

    def endpoint(instance: Instance) -> told.StageEndpoint:
        return {"account": instance.account, "region": instance.region, **_state(pipeline, parameters, instance)}

    return parallel.each("sts", endpoint, there) if there else []


def _state(pipeline: Pipeline, parameters: Mapping[str, str], instance: Instance) -> told.EndpointState:
    try:
        place = places.reached(parameters, pipeline, instance)
        return telling.of_one(work.endpoint_of(place.endpoint, place.clients), place.clients)
    except UnfitStateError as unfit:
        return _unknown(str(unfit))
    except ServiceRefusedError as refused:
        # The account may be out of reach for the moment: the rest is worth telling.
        return _unknown(f"AWS did not {refused.doing}: {refused.detail}")


def _unknown(reason: str) -> told.EndpointState:
    return {"name": "", "status": None, "reason": reason, "variants": [], "last_hour_reason": ""}
