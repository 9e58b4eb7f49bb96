# SPDX-License-Identifier: Apache-2.0
"""From the sections of a request to the content of a card, one JSON text (compatibility 5.1)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.model_cards import discovery
from orchestrator.model_cards.discovery import Models, Section
from orchestrator.model_cards.fields import EntityName
from orchestrator.model_cards.metrics import metric_files
from orchestrator.model_cards.metrics.evaluation import EvaluationDetail
from orchestrator.model_cards.metrics.metric_files import UnusableFileError
from orchestrator.model_cards.operations import Operation
from orchestrator.model_cards.sections import (
    AdditionalInformation,
    BusinessDetails,
    IntendedUses,
    ModelOverview,
    TrainingDetails,
)

_EVALUATIONS: Final = [
    {
        "name": "holdout",
        "metric_groups": [{"name": "summary", "metric_data": [{"name": "auc", "type": "number", "value": 0.91}]}],
    }
]
LONGEST_CONTENT: Final = 100_000
"""Characters; the API's limit."""


@dataclass(frozen=True)
class CardContent:
    """The sections to send, by name; `None` for a section given without content."""

    sections: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class CardWriting(Operation):
    """An operation that writes a card."""

    is_new: ClassVar[bool] = False
    """Whether there is no card yet, whose sections that are not given would have to stay."""

    name: Annotated[EntityName, Field(description="name of the card")]
    model_overview: Annotated[
        ModelOverview | None,
        Field(
            description="what the model is",
            examples=[{"model_description": "Predicts late arrivals.", "model_owner": "Port analytics"}],
        ),
    ] = None
    intended_uses: Annotated[
        IntendedUses | None,
        Field(
            description="what it is for", examples=[{"purpose_of_model": "Flag late arrivals.", "risk_rating": "Low"}]
        ),
    ] = None
    business_details: Annotated[
        BusinessDetails | None,
        Field(description="what it is worth to whom", examples=[{"business_problem": "Berths stand empty."}]),
    ] = None
    training_details: Annotated[
        TrainingDetails | None,
        Field(description="how it was trained", examples=[{"training_observations": "Two years of arrivals."}]),
    ] = None
    evaluation_details: Annotated[
        list[EvaluationDetail] | None, Field(description="how good it is", examples=[_EVALUATIONS])
    ] = None
    additional_information: Annotated[
        AdditionalInformation | None,
        Field(description="anything else", examples=[{"custom_details": {"ticket": "PA-118"}}]),
    ] = None

    def content(self) -> CardContent:
        """Return the content of the given sections; raises `RefusedRequestError` with all their problems."""
        sections: dict[str, Any] = {}
        warnings: list[str] = []
        problems: list[Problem] = []
        for name, section in self._sections():
            try:
                found = section()
            except RefusedRequestError as refused:
                problems.extend(refused.problems)
                continue
            warnings.extend(found.warnings)
            if found.content is not None:
                sections[name] = found.content or None
        if problems:
            raise RefusedRequestError(problems)
        return CardContent(sections, tuple(warnings))

    def _sections(self) -> Iterator[tuple[str, Callable[[], Section]]]:
        """Yield the given sections in the schema's order, each with the function that finds its content."""
        models = Models()
        overview, training, evaluations = self.model_overview, self.training_details, self.evaluation_details
        if overview is not None:
            yield "model_overview", lambda: discovery.overview(overview, self.name, models)
        if self.intended_uses is not None:
            yield "intended_uses", lambda: _as_given(self.intended_uses)
        if self.business_details is not None:
            yield "business_details", lambda: _as_given(self.business_details)
        if training is not None:
            yield "training_details", lambda: discovery.training(training, models)
        if evaluations is not None:
            yield "evaluation_details", lambda: _evaluations(evaluations)
        if self.additional_information is not None or self.is_new:
            named = overview.model_name if overview is not None else None
            yield "additional_information", lambda: discovery.additional(self.additional_information, named, models)


def _as_given(section: Any) -> Section:
    return Section(section.content())


def _evaluations(entries: list[EvaluationDetail]) -> Section:
    contents: list[Any] = []
    warnings: list[str] = []
    problems: list[Problem] = []
    for place, entry in enumerate(entries):
        key = f"evaluation_details.{place}"
        try:
            found = _evaluation(entry, key)
        except UnusableFileError as unusable:
            problems.append(Problem(f"{key}.metric_file_s3_url", f"{unusable}; got {entry.metric_file_s3_url}"))
            continue
        contents.append(found.content)
        warnings.extend(found.warnings)
    if problems:
        raise RefusedRequestError(problems)
    return Section(contents, tuple(warnings))


def _evaluation(entry: EvaluationDetail, key: str) -> Section:
    if entry.metric_file_s3_url is None or entry.metric_type is None:
        return Section(entry.content())
    found = metric_files.read(entry.metric_file_s3_url, entry.metric_type)
    others = sorted(entry.model_fields_set - {"name", "metric_file_s3_url", "metric_type"})
    ignored = (f"{key}.{other} is ignored, because metric_file_s3_url is given" for other in others)
    told = (f"{key}: {warning}" for warning in found.warnings)
    return Section({"name": entry.name, "metric_groups": found.groups}, (*told, *ignored))


def as_json(sections: dict[str, Any]) -> str:
    """Return the sections as JSON; raises `RefusedRequestError` when it is too long."""
    text = json.dumps(sections)
    if len(text) > LONGEST_CONTENT:
        problem = f"the card's content has {len(text)} characters, and SageMaker takes {LONGEST_CONTENT}"
        raise RefusedRequestError([Problem("", f"{problem}: shorten texts, graphs or lists of metrics")])
    return text
