# SPDX-License-Identifier: Apache-2.0
"""Paths, queries and bodies of calls: schemas from the request models, examples from those of the tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from generator.reference.openapi_schemas import Components, Schema, operation_schema
from orchestrator import on_demand
from orchestrator.model_cards.operation_names import ALIASES
from orchestrator.model_cards.operations import Operation
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.routes import Route

_TESTS: Final = Path(__file__).resolve().parents[2] / "tests"
_FORMS: Final = (("", ".json", ""), ("_multi", ".multi.json", ", by stage"))
_PIPELINE_ID: Final = (
    "arn:aws:cloudformation:eu-west-1:111122223333:stack/"
    "mlops-pipeline-berth-delay-byompipelinerealtimebuiltin-codepipeline/51af3dc0-da77-11e4-872e-1234567db123"
)
_EXPORT_JOB: Final = "arn:aws:sagemaker:eu-west-1:111122223333:model-card/harbour-delay-card/export-job/harbour-delay-1"

_KIND: Final = BUILT_IN.names()[0]
_IN_PATHS: Final[Mapping[str, tuple[str, str]]] = {
    "id": ("pipeline_id, URL-encoded or not; the stack's name; the model's name", _PIPELINE_ID),
    "name": ("a value of pipeline_type", _KIND),
}
"""Description and example of each path parameter."""
_EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "PipelineStatus": {"pipeline_id": _PIPELINE_ID},
    "ListPipelines": {"limit": 50, "next": "WyIiLCAiIl0=", "model_name": "berth-delay", "pipeline_type": _KIND},
    "ListRuns": {"limit": 50, "next": "8204499700000-222233334444-mlops-monitor-1a2b3c4d-0f1e2d3c.json"},
    "StartRun": {"start_time": "2026-11-24T12:00:00Z", "end_time": "2026-11-24T15:00:00Z"},
    "PausePipeline": {"reason": "the data of this week is being mended"},
    "ShiftCalls": {"weights": {"AllTraffic": 1, "challenger": 3}},
    "ListPipelineTypes": {"limit": 50, "next": _KIND},
}
"""Example values for the operations that have a request model, by name."""
_NAMES_OF_EXAMPLES: Final = {
    "PipelineStatus": ("pipeline", "The pipeline of an earlier answer"),
    "StartRun": ("window", "A window of three hours"),
    "PausePipeline": ("reason", "With a reason"),
    "ShiftCalls": ("weights", "Three calls of four for the challenger"),
}
"""Name and summary of the example of a body."""


def parameters(route: Route) -> Iterator[Schema]:
    """Yield the parameters of the path (in braces) and of the query."""
    for name in re.findall(r"\{(\w+)\}", route.path):
        description, example = _IN_PATHS[name]
        yield {**_parameter("path", name, {"type": "string", "description": description}, example), "required": True}
    if route.request and route.method != "POST":
        properties = on_demand.named(route.request).model_json_schema()["properties"]
        for name, declared in properties.items():
            yield _parameter("query", name, declared, _EXAMPLES[route.name][name])


def _parameter(place: str, name: str, declared: Mapping[str, Any], example: Any) -> Schema:
    schema = {key: value for key, value in declared.items() if key not in {"title", "description"}}
    return {"name": name, "in": place, "description": declared["description"], "schema": schema, "example": example}


def body(route: Route, components: Components) -> Schema:
    """The body of a POST; nothing for others, and for one whose path says it all."""
    if route.method != "POST" or ("{" in route.path and not route.request):
        return {}
    if route.request:
        model = on_demand.named(route.request)
        schema, needed = components.add(f"{route.name}Request", model), "required" in model.model_json_schema()
        name, summary = _NAMES_OF_EXAMPLES[route.name]
        examples = {name: {"summary": summary, "value": dict(_EXAMPLES[route.name])}}
    else:
        schema, needed = _of_any_type(components), True
        examples = {name: {"summary": summary, "value": value} for name, summary, value in _provisioning_examples()}
    return {"required": needed, "content": {"application/json": {"schema": schema, "examples": examples}}}


def _of_any_type(components: Components) -> Schema:
    """A request of any type; `pipeline_type` is the discriminator."""
    requests = {type_.type_name(): components.add(type_.type_name(), type_) for type_ in BUILT_IN}
    requests |= {type_.type_name(): operation_schema(components, type_) for type_ in BUILT_IN.operations}
    spellings = {alias: requests[meant] for alias, meant in ALIASES.items()}
    return {
        "oneOf": list(requests.values()),
        "discriminator": {
            "propertyName": "pipeline_type",
            "mapping": {name: found["$ref"] for name, found in (requests | spellings).items()},
        },
    }


def _provisioning_examples() -> Iterator[tuple[str, str, Any]]:
    for type_ in BUILT_IN:
        for suffix, ending, remark in _FORMS:
            path = _TESTS / "requests" / f"{type_.type_name()}{ending}"
            if path.exists():
                yield f"{type_.type_name()}{suffix}", f"{_sentence(type_.summary())}{remark}", _json(path)
    for operation in BUILT_IN.operations:
        yield operation.type_name(), _sentence(operation.__doc__ or ""), _card_example(operation)


def _sentence(text: str) -> str:
    return text.splitlines()[0].removesuffix(".")


def _card_example(operation: type[Operation]) -> Any:
    """The request that the tests send, or what an operation needs."""
    path = _TESTS / "model_cards" / f"{operation.operation}.json"
    if path.exists():
        return _json(path)
    fields = operation.model_fields
    named = {"name": "harbour-delay-card"} if "name" in fields else {}
    job = {"export_job_arn": _EXPORT_JOB} if "export_job_arn" in fields else {}
    return {"pipeline_type": operation.operation, **(job or named)}


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
