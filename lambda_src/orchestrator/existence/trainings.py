# SPDX-License-Identifier: Apache-2.0
"""The training pipeline that a monitor's request names: whether it is there, and can be run again to some purpose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.automation import requests
from orchestrator.errors import NotFoundError, RefusedRequestError, ServiceRefusedError
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.plan.automation import RetrainedBy
from orchestrator.provisioned import lookup

_REGISTERS: Final = ("register", "registration")


@dataclass(frozen=True)
class Look:
    """What is wrong in a sentence, or what to know; both empty when all is well."""

    missing: str = ""
    warning: str = ""


def look(training: RetrainedBy, launch: Launch) -> Look:
    """Look for a training pipeline, and for its request, which is what runs again."""
    try:
        found = lookup.find_training(training.name, launch)
        request = requests.stored(launch.pipelines_bucket, found.pipeline.common_name)
    except NotFoundError:
        return Look(missing=f"there is no pipeline {training.name} that trains models: provision it first")
    except RefusedRequestError as several:
        return Look(missing=several.problems[0].problem)
    except ServiceRefusedError as refused:
        return Look(warning=f"could not be looked up before the deployment ({refused.code})")
    if found.removal is not None:
        return Look(missing=f"{found.pipeline.short_name} is being deleted")
    if training.with_merged_data and not BUILT_IN.get(found.pipeline.type_name).takes_merged_data:
        return Look(
            missing=f"{found.pipeline.short_name} cannot be trained on merged data, which has no header: give data "
            "request, or another pipeline"
        )
    return _request(found.pipeline.short_name, request)


def _request(called: str, request: Mapping[str, Any] | None) -> Look:
    if request is None:
        return Look(
            warning=f"{called} was made by an earlier release, which did not keep its request: send that once more, or "
            "nothing can be trained again"
        )
    if not any(request.get(key) for key in _REGISTERS):
        return Look(
            warning=f"{called} registers nothing: what it trains again is no version that could be approved and "
            "deployed; its request needs register"
        )
    return Look()
