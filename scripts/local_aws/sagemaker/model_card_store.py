# SPDX-License-Identifier: Apache-2.0
"""Model cards beyond moto's: checked requests, updates of either content or status, lists by time, searches.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateModelCard.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from moto.core.responses import ActionResult, BaseResponse
from moto.sagemaker.exceptions import ResourceNotFound, ValidationError
from moto.sagemaker.models import FakeModelCard, SageMakerModelBackend

from scripts.local_aws import request_constraints
from scripts.local_aws.sagemaker.jobs.job_lists import Order, page
from scripts.local_aws.sagemaker.jobs.training_jobs import TRAINING_JOB

_LISTED = Order("CreationTime", "Descending")
_VERSIONS = Order("Version", "Ascending")
_ARCHIVED = "Archived"


def check(operation: str, request: Mapping[str, Any]) -> None:
    """Refuse a request that the API's description forbids. Raise ValidationError."""
    problem = request_constraints.violations("sagemaker", operation, request)
    if problem:
        raise ValidationError(problem)


def _sections(content: str) -> dict[str, Any]:
    try:
        sections = json.loads(content)
    except ValueError:
        sections = None
    if not isinstance(sections, dict):
        raise ValidationError("Model card content must be a JSON object.")
    return sections


def _in_utc(card: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for key, value in card.items()}


class ModelCards(SageMakerModelBackend):
    """Part of the backend that keeps model cards."""

    def create_model_card(self, *rest: Any, **named: Any) -> str:
        """Make a card whose content is a JSON object; its sections are not checked."""
        _sections(named["content"])
        return str(super().create_model_card(*rest, **named))

    def update_model_card(self, model_card_name: str, content: str | None, model_card_status: str | None) -> str:
        """Store either content or status as a new version; an archived card accepts no content."""
        if content and model_card_status:
            raise ValidationError("Model card content and status cannot be updated in one request.")
        latest = self._latest(model_card_name)
        if content:
            _sections(content)
            if latest.model_card_status == _ARCHIVED:
                raise ValidationError("Model Card is in Archived state")
        return str(
            super().update_model_card(
                model_card_name, content or latest.content, model_card_status or latest.model_card_status
            )
        )

    def list_cards(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of ListModelCards: each card by its latest version."""
        wanted = request.get("ModelCardStatus")
        latest = [versions[-1] for versions in self.model_cards.values()]
        cards = [card.summary() for card in latest if wanted in (None, card.model_card_status)]
        return page("ListModelCards", "ModelCard", _LISTED, map(_in_utc, cards), request)

    def list_versions(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of ListModelCardVersions."""
        self._latest(request["ModelCardName"])
        records = [
            {**_in_utc(one.version_summary()), "Version": one.model_card_version}
            for one in self.model_cards[request["ModelCardName"]]
        ]
        return page("ListModelCardVersions", "ModelCard", _VERSIONS, records, request)

    def search(self, resource: Any = None, search_expression: Any = None) -> Any:
        """Search, also for what moto lacks: cards by their model, training jobs by their artifact."""
        found = _SEARCHES.get(resource)
        if found is None:
            return super().search(resource, search_expression)
        filters = (search_expression or {}).get("Filters", [])
        items = [item for item in found(self) if all(_matches(item, each) for each in filters)]
        return {"Results": [{resource: item} for item in items], "NextToken": None}

    def _latest(self, name: str) -> FakeModelCard:
        if name not in self.model_cards:
            raise ResourceNotFound(f"Modelcard {name} does not exist.")
        return self.model_cards[name][-1]


def _cards(backend: ModelCards) -> list[dict[str, Any]]:
    latest = [versions[-1] for versions in backend.model_cards.values()]
    overviews = [_sections(card.content).get("model_overview", {}) for card in latest]
    return [
        card.describe() | {"ModelId": overview.get("model_id")}
        for card, overview in zip(latest, overviews, strict=True)
    ]


def _training_jobs(backend: ModelCards) -> list[dict[str, Any]]:
    jobs = cast(Any, backend)
    return [jobs.describe_job(TRAINING_JOB, name) for name in list(jobs.jobs_of(TRAINING_JOB))]


_SEARCHES: dict[str, Callable[[ModelCards], list[dict[str, Any]]]] = {
    "ModelCard": _cards,
    "TrainingJob": _training_jobs,
}


def _matches(item: Mapping[str, Any], condition: Mapping[str, str]) -> bool:
    if condition["Operator"] != "Equals":
        raise ValidationError(f"The local AWS searches by Equals, not by {condition['Operator']}.")
    value: Any = item
    for member in condition["Name"].split("."):
        value = value.get(member) if isinstance(value, Mapping) else None
    return bool(value == condition["Value"])


class ModelCardsResponse(BaseResponse):
    """Operations on model cards that moto answers differently from SageMaker."""

    sagemaker_backend: Any

    def create_model_card(self) -> ActionResult:
        """Serve CreateModelCard."""
        check("CreateModelCard", json.loads(self.body))
        return cast(ActionResult, cast(Any, super()).create_model_card())

    def update_model_card(self) -> ActionResult:
        """Serve UpdateModelCard."""
        check("UpdateModelCard", json.loads(self.body))
        return cast(ActionResult, cast(Any, super()).update_model_card())

    def list_model_cards(self) -> ActionResult:
        """Serve ListModelCards."""
        request = json.loads(self.body or "{}")
        check("ListModelCards", request)
        return ActionResult(self.sagemaker_backend.list_cards(request))

    def list_model_card_versions(self) -> ActionResult:
        """Serve ListModelCardVersions, by pages."""
        request = json.loads(self.body or "{}")
        check("ListModelCardVersions", request)
        return ActionResult(self.sagemaker_backend.list_versions(request))
