# SPDX-License-Identifier: Apache-2.0
"""What the parts of the page ask: the orchestrator's API, as whoever runs the page."""

from __future__ import annotations

from typing import Any, Final, cast

from flask import current_app

from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.client.pipelines import Pipeline

KEY: Final = "API"
_PAGE: Final = 50


def api() -> OrchestratorApi:
    """Return the API of the orchestrator whose page this is."""
    return cast(OrchestratorApi, current_app.config[KEY])


def pipeline(name: str) -> Pipeline:
    """Return a pipeline by its id or any of its names. Raise NotFound."""
    return Pipeline(api(), accepted(api().details(name)))


def listed(following: str = "", **filters: str) -> dict[str, Any]:
    """Return a page of the list: `pipelines`, and `next` where there are more."""
    return accepted(api().list(limit=_PAGE, next=following, **filters))
