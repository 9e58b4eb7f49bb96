# SPDX-License-Identifier: Apache-2.0
"""SageMaker's job definitions of the four kinds of monitors: checked, stored as given, described and listed.

moto has them, but accepts any request, loses parts of it and overwrites a definition of the same name. Here, the four
kinds share one implementation and differ by a prefix in the API's names.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateDataQualityJobDefinition.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from botocore import xform_name
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.sagemaker.exceptions import ResourceInUseException, ResourceNotFound, ValidationError

from scripts.local_aws import request_constraints
from scripts.local_aws.sagemaker import networks
from scripts.local_aws.sagemaker.jobs import job_lists
from scripts.local_aws.sagemaker.jobs.job_lists import Order
from scripts.local_aws.sagemaker.jobs.job_records import now
from scripts.local_aws.sagemaker.sagemaker_names import NamedResources

_NAMED = "MonitoringJobDefinition"
_ORDER = Order("CreationTime", "Descending")


@dataclass(frozen=True)
class MonitorKind:
    """Kind of monitor: `prefix` begins its names in the API (`DataQuality`), and is its MonitoringType."""

    prefix: str

    @property
    def noun(self) -> str:
        """Name of a definition in the names of operations."""
        return f"{self.prefix}JobDefinition"

    @property
    def arn(self) -> str:
        """Kind of resource in a definition's ARN."""
        return str(xform_name(self.noun, "-"))

    @property
    def store(self) -> str:
        """Attribute of moto's backend for such definitions, on which its tags work."""
        return f"{xform_name(self.noun)}s"


KINDS = tuple(MonitorKind(prefix) for prefix in ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability"))


@dataclass
class JobDefinition:
    """Job definition with its request (the API's parameters)."""

    kind: MonitorKind
    request: Mapping[str, Any]
    arn: str
    creation_time: datetime = field(default_factory=now)

    def __post_init__(self) -> None:
        self.tags: list[dict[str, str]] = list(self.request.get("Tags") or [])

    @property
    def name(self) -> str:
        """Name of the definition, as requested."""
        return str(self.request["JobDefinitionName"])

    def part(self, name: str) -> Mapping[str, Any]:
        """Return a part of the request that has the kind in its name (`AppSpecification`); empty if it was left out."""
        return cast("Mapping[str, Any]", self.request.get(f"{self.kind.prefix}{name}") or {})

    @property
    def endpoint_input(self) -> Mapping[str, Any]:
        """The request's EndpointInput; empty for a batch transform."""
        return cast("Mapping[str, Any]", self.part("JobInput").get("EndpointInput") or {})

    @property
    def endpoint_name(self) -> str:
        """Name of the monitored endpoint; empty for a batch transform."""
        return str(self.endpoint_input.get("EndpointName", ""))

    def describe(self) -> dict[str, Any]:
        """Return the answer of the Describe operation."""
        given = {name: value for name, value in self.request.items() if name != "Tags"}
        return given | {"JobDefinitionArn": self.arn, "CreationTime": self.creation_time}

    def record(self) -> dict[str, Any]:
        """Return the members of lists. A definition has no status and never changes."""
        return {
            f"{_NAMED}Name": self.name,
            f"{_NAMED}Arn": self.arn,
            f"{_NAMED}Status": "",
            "EndpointName": self.endpoint_name,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.creation_time,
        }


class MonitorDefinitions(NamedResources):
    """Part of the backend that keeps job definitions."""

    def definitions_of(self, kind: MonitorKind) -> dict[str, JobDefinition]:
        """Return the definitions of one kind by name."""
        return cast("dict[str, JobDefinition]", getattr(self, kind.store))

    def create_definition(self, kind: MonitorKind, request: Mapping[str, Any]) -> dict[str, Any]:
        """Check a request as the Create operation does, and store it. Raise SageMaker's errors."""
        problem = request_constraints.violations("sagemaker", f"Create{kind.noun}", request)
        if problem:
            raise ValidationError(problem)
        networks.check(request, self.region_name)
        definition = JobDefinition(kind, request, self._arn(kind.arn, request["JobDefinitionName"]))
        _check_attributes(definition)
        if self._is_taken(definition.name, self.definitions_of(kind)):
            raise ResourceInUseException(f"Job definition already exists: {definition.arn}")
        self.definitions_of(kind)[definition.name] = definition
        return {"JobDefinitionArn": definition.arn}

    def describe_definition(self, kind: MonitorKind, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of the Describe operation. Raise ResourceNotFound."""
        return self.find_definition(kind, request["JobDefinitionName"]).describe()

    def list_definitions(self, kind: MonitorKind, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of the List operation. Raise ValidationError."""
        endpoint = request.get("EndpointName")
        records = [one.record() for one in self.definitions_of(kind).values() if endpoint in (None, one.endpoint_name)]
        return job_lists.page(f"List{kind.noun}s", _NAMED, _ORDER, records, request)

    def delete_definition(self, kind: MonitorKind, request: Mapping[str, Any]) -> dict[str, Any]:
        """Remove a definition. Raise ResourceNotFound."""
        definition = self.find_definition(kind, request["JobDefinitionName"])
        del self.definitions_of(kind)[definition.name]
        return {}

    def find_definition(self, kind: MonitorKind, name: str) -> JobDefinition:
        """Return the definition of this name. Raise ResourceNotFound."""
        definition = self.definitions_of(kind).get(name)
        if definition is None:
            raise ResourceNotFound(f'Could not find job definition "{self._arn(kind.arn, name)}".')
        return definition


def _check_attributes(definition: JobDefinition) -> None:
    """Refuse a definition without the place of the prediction in an answer, where the problem type needs it."""
    problem_type = definition.part("AppSpecification").get("ProblemType")
    given = definition.endpoint_input
    if given and problem_type in ("Regression", "MulticlassClassification") and not given.get("InferenceAttribute"):
        raise ValidationError(
            "InvalidParameter: 1 validation error(s) found.\n- missing required field, "
            f"Create{definition.kind.noun}Input.{definition.kind.prefix}JobInputs.EndpointInput.InferenceAttribute.\n"
        )


class MonitorDefinitionsResponse(BaseResponse):
    """Operations on job definitions, four for each kind; they are added below."""

    sagemaker_backend: Any


def _operation(verb: str, kind: MonitorKind) -> Callable[[MonitorDefinitionsResponse], ActionResult]:
    name = "list_definitions" if verb == "List" else f"{verb.lower()}_definition"

    def answer(response: MonitorDefinitionsResponse) -> ActionResult:
        result = getattr(response.sagemaker_backend, name)(kind, json.loads(response.body))
        return ActionResult(result) if result else EmptyResult()

    return answer


for _kind in KINDS:
    for _verb in ("Create", "Describe", "List", "Delete"):
        _noun = f"{_kind.noun}s" if _verb == "List" else _kind.noun
        setattr(MonitorDefinitionsResponse, xform_name(f"{_verb}{_noun}"), _operation(_verb, _kind))
