# SPDX-License-Identifier: Apache-2.0
"""Sections of a card, filled in from SageMaker's data on a model and its training (compatibility 5.1).

model_overview.model_name            the model, or the package it was made from (lesson 88) -> ARN, artifacts, images
training_details.model_name          the model -> its one artifact -> the one training job that made it
training_details.training_job_name   the training job
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.aws.sagemaker import model_sources
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.model_cards.refusals import absent, refusing
from orchestrator.model_cards.sections import (
    AdditionalInformation,
    Content,
    ModelOverview,
    TrainingDetails,
    environment,
)

_RETRAINED: Final = "retrained_"
"""Beginning of the metadata of a version that say why its job was started."""
_MOST_IMAGES: Final = 15
_MOST_METRICS: Final = 50
_MOST_HYPER_PARAMETERS: Final = 100
_LONGEST_HYPER_PARAMETER: Final = 255


@dataclass(frozen=True)
class Section:
    """Content of a section, `None` if nothing was found, and warnings for the caller."""

    content: Any
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """A SageMaker model."""

    arn: str
    artifacts: tuple[str, ...]
    images: tuple[str, ...]
    origin: Mapping[str, str] = field(default_factory=dict)
    """What its version says of the run of a monitor that had it trained."""


class Models:
    """The models that one request names, each described once."""

    def __init__(self) -> None:
        self._found: dict[str, Model] = {}

    def find(self, name: str, key: str) -> Model:
        """Return the model of that name; raises `RefusedRequestError` for the request's key when there is none."""
        if name not in self._found:
            with refusing(key, absent("SageMaker model")):
                self._found[name] = _model(model_sources.describe_model(name))
        return self._found[name]

    def origin(self, name: str | None) -> Mapping[str, str]:
        """Return what the version of a model that was found says of a retraining; empty without."""
        return self._found[name].origin if name in self._found else {}


def _model(described: Mapping[str, Any]) -> Model:
    containers = described.get("Containers") or [described.get("PrimaryContainer") or {}]
    versions = [_version(container) for container in containers]
    parts = [
        part for container, version in zip(containers, versions, strict=True) for part in _parts(container, version)
    ]
    told = [version.get("CustomerMetadataProperties", {}).items() for version in versions]
    return Model(
        arn=described["ModelArn"],
        artifacts=_each_once(_artifact(part) for part in parts),
        images=_each_once(part.get("Image", "") for part in parts),
        origin={key: value for items in told for key, value in items if key.startswith(_RETRAINED)},
    )


def _version(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the model package that a container was made from; empty without."""
    package = container.get("ModelPackageName")
    return model_sources.describe_model_package(package) if package else {}


def _parts(container: Mapping[str, Any], version: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the container, or those of its model package, which alone name image and artifact (lesson 88)."""
    if not container.get("ModelPackageName"):
        return [container]
    return list(version.get("InferenceSpecification", {}).get("Containers", []))


def _artifact(container: Mapping[str, Any]) -> str:
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    return str(container.get("ModelDataUrl") or source.get("S3Uri", ""))


def _each_once(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, texts)))[:_MOST_IMAGES]


def overview(given: ModelOverview, card: str, models: Models) -> Section:
    """Return the section, completed with SageMaker's data on a named model.

    Raises `RefusedRequestError` when there is no such model, or another card describes it already.
    """
    if given.model_name is None:
        return Section(given.content())
    key = "model_overview.model_name"
    model = models.find(given.model_name, key)
    others = _cards_of(model) - {card}
    if others:
        raise RefusedRequestError(
            [Problem(key, f"the model {given.model_name} has the model card {others.pop()} already: update that one")]
        )
    found: Content = {"model_id": model.arn}
    if model.artifacts:
        found["model_artifact"] = list(model.artifacts)
    if model.images:
        found["inference_environment"] = environment(list(model.images))
    content = given.content()
    replaced = sorted(key for key, value in found.items() if content.get(key, value) != value)
    warnings = tuple(f"model_overview.{key} is replaced by what SageMaker knows of the model" for key in replaced)
    return Section(content | found, warnings)


def _cards_of(model: Model) -> set[str]:
    return {found["ModelCardName"] for found in model_sources.search("ModelCard", "ModelId", model.arn, 2)}


def additional(given: AdditionalInformation | None, model_name: str | None, models: Models) -> Section:
    """Return the section as given, with why the model was trained again among its details; what is given wins."""
    origin, content = models.origin(model_name), given.content() if given else {}
    if not origin:
        return Section(content if given else None)
    return Section({**content, "custom_details": {**origin, **content.get("custom_details", {})}})


def training(given: TrainingDetails, models: Models) -> Section:
    """Return the section as given, or with SageMaker's data on the training job."""
    if given.model_name is not None:
        section = _of_model(given.model_name, models)
    elif given.training_job_name is not None:
        section = _of_job(_job(given.training_job_name))
    else:
        return Section(given.content())
    chosen = "training_job_name" if given.model_name is None else "model_name"
    others = sorted(given.model_fields_set - {chosen})
    ignored = (f"training_details.{other} is ignored, because {chosen} is given" for other in others)
    return Section(section.content, (*section.warnings, *ignored))


def _job(name: str) -> Mapping[str, Any]:
    key = "training_details.training_job_name"
    with refusing(key, absent("training job")):
        return model_sources.describe_training_job(name)


def _of_model(name: str, models: Models) -> Section:
    artifacts = models.find(name, "training_details.model_name").artifacts
    if len(artifacts) != 1:
        return _nothing(f"the model {name} has {len(artifacts)} artifacts, and one is needed to find its training job")
    jobs = model_sources.search("TrainingJob", "ModelArtifacts.S3ModelArtifacts", artifacts[0], 2)
    if len(jobs) != 1:
        count = "more than one training job has" if jobs else "no training job has"
        return _nothing(f"{count} made {artifacts[0]}")
    return _of_job(jobs[0])


def _nothing(reason: str) -> Section:
    return Section(None, (f"training_details could not be filled in: {reason}; give training_job_name instead",))


def _of_job(job: Mapping[str, Any]) -> Section:
    details: Content = {"training_arn": job["TrainingJobArn"]}
    image = job.get("AlgorithmSpecification", {}).get("TrainingImage")
    if image:
        details["training_environment"] = environment([image])
    metrics = list(_metrics(job))[:_MOST_METRICS]
    if metrics:
        details["training_metrics"] = metrics
    given = job.get("HyperParameters", {})
    kept = {name: value for name, value in given.items() if _fits(name) and _fits(value)}
    if kept:
        named = [{"name": name, "value": value} for name, value in kept.items()]
        details["hyper_parameters"] = named[:_MOST_HYPER_PARAMETERS]
    return Section({"training_job_details": details}, tuple(_left_out(given.keys() - kept.keys())))


def _metrics(job: Mapping[str, Any]) -> Iterator[Content]:
    for metric in job.get("FinalMetricDataList", []):
        if math.isfinite(metric["Value"]):
            yield {"name": metric["MetricName"], "value": metric["Value"]}


def _fits(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_HYPER_PARAMETER and len(text.splitlines()) == 1


def _left_out(names: set[str]) -> Iterator[str]:
    if names:
        yield (
            "these hyperparameters have no value of one line and 255 characters at most, and are left out: "
            f"{', '.join(sorted(names))}"
        )
