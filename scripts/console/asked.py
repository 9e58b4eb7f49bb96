# SPDX-License-Identifier: Apache-2.0
"""What the parts of the page ask: the orchestrator's API, as whoever runs the page."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self, cast

from flask import current_app

from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.client import answers
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.client.pipelines import Pipeline

KEY: Final = "API"
_TYPES: Final = "types"
_SECONDS_OF_TYPES: Final = 60
STAGES: Final = ("dev", "staging", "prod")
HERE: Final = "this account"
_PAGE: Final = 50


def api() -> OrchestratorApi:
    """Return the API of the orchestrator whose page this is."""
    return cast(OrchestratorApi, current_app.config[KEY])


def pipeline(name: str) -> Pipeline:
    """Return a pipeline by its id or any of its names. Raise NotFound."""
    return Pipeline(api(), accepted(api().details(name)))


def types() -> list[str]:
    """Return what lists may be narrowed to: every page of a list has it, so it may be a minute old."""
    until, found = current_app.extensions.get(_TYPES, (0.0, []))
    if time.monotonic() < until:
        return list(found)
    found = [one["pipeline_type"] for one in answers.pipeline_types(api())]
    current_app.extensions[_TYPES] = (time.monotonic() + _SECONDS_OF_TYPES, found)
    return found


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to; empty is all."""

    search: str = ""
    """Part of a name, of the model or of the pipeline."""
    model_name: str = ""
    pipeline_type: str = ""
    place: str = ""
    """A stage that something was deployed to, or `HERE`."""
    state: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Read a query."""
        return cls(**{one.name: query.get(one.name, "").strip() for one in fields(cls)})

    def query(self) -> dict[str, str]:
        """Return it as a query."""
        return asdict(self)

    def takes(self, pipeline: Mapping[str, Any]) -> bool:
        """Return whether a pipeline of the API's list is wanted; model and type are what the API narrows to."""
        names = (pipeline.get("short_name") or "", pipeline["pipeline_stack_name"], pipeline["model_name"])
        return (
            any(self.search.lower() in name.lower() for name in names)
            and self.state in ("", pipeline.get("state"))
            and self.place in ("", *places(pipeline))
        )


@dataclass(frozen=True)
class Listed:
    """Pipelines that are wanted: a page at least, where there are so many."""

    pipelines: list[dict[str, Any]]
    following: str
    """Where the next ones begin; empty on the last page."""
    pages: int
    """How many pages of the API it took."""


def places(pipeline: Mapping[str, Any]) -> list[str]:
    """Return where a pipeline of the list deploys to, or has: its stages that were reached, or this account."""
    reached = {stage["name"].removeprefix("Deploy").lower() for stage in pipeline["stages"] if stage["status"]}
    staged = {stage["name"].removeprefix("Deploy").lower() for stage in pipeline["stages"]} & set(STAGES)
    return [stage for stage in STAGES if stage in reached] if staged else [HERE]


def listed(wanted: Wanted, following: str = "") -> Listed:
    """Return a page of what is wanted, and all of the API's last page of it: it narrows to no state and no part."""
    filters = {"model_name": wanted.model_name, "pipeline_type": wanted.pipeline_type}
    found: list[dict[str, Any]] = []
    pages = 0
    while True:
        page = accepted(api().list(limit=_PAGE, next=following, **filters))
        pages += 1
        found += [one for one in page["pipelines"] if wanted.takes(one)]
        following = page.get("next", "")
        if len(found) >= _PAGE or not following:
            return Listed(found, following, pages)
