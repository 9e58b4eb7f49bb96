# SPDX-License-Identifier: Apache-2.0
"""`python -m generator.reference.openapi` writes `docs/openapi.json`, the API in OpenAPI 3.1; `--check` compares.

    the routes of the root template      -> paths and operations (generator/root/api.py)
    the request models                   -> bodies and query (openapi_requests.py, openapi_schemas.py)
    what api.py and its callees answer   -> answers (openapi_answers.py)

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import configparser
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from generator import files
from generator.reference import openapi_answers, openapi_requests
from generator.reference.openapi_schemas import Components, Schema
from generator.resources.rest_apis import STAGE, Route
from generator.root import api
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.listing import TypeListRequest
from orchestrator.provisioned.listing import ListRequest

_ROOT: Final = Path(__file__).resolve().parents[2]
_NAME: Final = "openapi.json"
_SIGNATURE: Final = "sigv4"
_ABOUT: Final = (
    "Provisions machine-learning pipelines, and tells of them. Every call is signed by AWS Signature Version 4 for the "
    "service execute-api. The schemas name each key in the form that is best sent. Beyond them, pipeline_type may be "
    "written in any case, and a key that belongs to another type of pipeline is ignored with a warning. Types that an "
    "operator has added are described by GET /pipeline-types."
)


@dataclass(frozen=True)
class _Operation:
    """What the document says of a route; `body` and `answers` refer to components."""

    summary: str
    answers: Schema
    body: Schema | None = None
    examples: Mapping[str, Schema] = field(default_factory=dict)
    parameters: tuple[Schema, ...] = ()


def texts() -> dict[str, str]:
    """The document by its path below `docs/`."""
    return {_NAME: json.dumps(document(), indent=1, ensure_ascii=False) + "\n"}


def document() -> dict[str, Any]:
    """The whole document."""
    components = Components()
    operations = _operations(components)
    responses = openapi_answers.add_to(components)
    paths: dict[str, Any] = {}
    for route in api.API.routes:
        paths.setdefault(f"/{route.path}", {})[route.method.lower()] = _described(route, operations[route.stem])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "MLOps Workload Orchestrator",
            "version": _version(),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [_server()],
        "security": [{_SIGNATURE: []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "responses": responses,
            "securitySchemes": {_SIGNATURE: _signature()},
        },
    }


def _version() -> str:
    setup = configparser.ConfigParser()
    setup.read(_ROOT / "setup.cfg", encoding="utf-8")
    return setup["metadata"]["version"]


def _server() -> Schema:
    return {
        "url": f"https://{{api}}.execute-api.{{region}}.amazonaws.com/{STAGE}",
        "description": "The output ApiEndpoint of the root stack.",
        "variables": {
            "api": {"default": "a1b2c3d4e5", "description": "id of the API"},
            "region": {"default": "eu-west-1", "description": "Region of the root stack"},
        },
    }


def _signature() -> Schema:
    """As API Gateway writes it when it exports an API.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
    """
    return {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "description": "AWS Signature Version 4",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }


def _operations(components: Components) -> dict[str, _Operation]:
    """By the route's stem. A route that has none here is an error."""
    answers, requests = openapi_answers.answers, openapi_requests
    written = ["Provisioned", "DryRun", "ModelCardAnswer", "ModelCardExport"]
    conflict, too_large = HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    kind = next(iter(BUILT_IN)).type_name()
    return {
        "ProvisionPipeline": _Operation(
            "Provision a pipeline, or carry out an operation on model cards",
            answers(HTTPStatus.OK, "It was done, or planned.", written, conflict, too_large),
            requests.provisioning(components),
            requests.provisioning_examples(),
        ),
        "PipelineStatus": _Operation(
            "Tell CodePipeline's state of a pipeline",
            answers(HTTPStatus.OK, "The state.", ["PipelineState", "NoPipelineYet"], too_large),
            requests.status(components),
            requests.status_examples(),
        ),
        "ListPipelines": _Operation(
            "List the pipelines",
            answers(HTTPStatus.OK, "A page of the list.", ["PipelineList"]),
            parameters=_query(
                ListRequest,
                {"limit": 50, "next": "WyIiLCAiIl0=", "model_name": "berth-delay", "pipeline_type": kind},
            ),
        ),
        "ShowPipeline": _Operation(
            "Tell all of a pipeline",
            answers(HTTPStatus.OK, "All of it.", ["PipelineDetails"], HTTPStatus.NOT_FOUND),
            parameters=(_id(),),
        ),
        "DeletePipeline": _Operation(
            "Delete a pipeline with what it deployed; assets, data and models stay",
            answers(HTTPStatus.ACCEPTED, "The deletion has begun.", ["DeletionBegun"], HTTPStatus.NOT_FOUND),
            parameters=(_id(),),
        ),
        "ListPipelineTypes": _Operation(
            "List the pipeline types, those that the operator has added too",
            answers(HTTPStatus.OK, "A page of the list.", ["PipelineTypeList"]),
            parameters=_query(TypeListRequest, {"limit": 50, "next": kind}),
        ),
        "ShowPipelineType": _Operation(
            "Tell all of a pipeline type, with the JSON schema of its requests",
            answers(HTTPStatus.OK, "All of it.", ["PipelineTypeDetails"], HTTPStatus.NOT_FOUND, conflict),
            parameters=(_in_path("name", "a value of pipeline_type", kind),),
        ),
    }


def _query(query: type[BaseModel], examples: Mapping[str, Any]) -> tuple[Schema, ...]:
    properties = query.model_json_schema()["properties"]
    return tuple(_parameter("query", name, declared, examples[name]) for name, declared in properties.items())


def _id() -> Schema:
    words = "pipeline_id, URL-encoded or not; the stack's name; the model's name"
    return _in_path("id", words, openapi_requests.PIPELINE_ID)


def _in_path(name: str, description: str, example: str) -> Schema:
    declared = {"type": "string", "description": description}
    return {**_parameter("path", name, declared, example), "required": True}


def _parameter(place: str, name: str, declared: Mapping[str, Any], example: Any) -> Schema:
    schema = {key: value for key, value in declared.items() if key not in {"title", "description"}}
    return {"name": name, "in": place, "description": declared["description"], "schema": schema, "example": example}


def _described(route: Route, operation: _Operation) -> Schema:
    content = {"application/json": {"schema": operation.body, "examples": dict(operation.examples)}}
    return {
        "operationId": route.stem,
        "summary": operation.summary,
        **({"parameters": list(operation.parameters)} if operation.parameters else {}),
        **({"requestBody": {"required": True, "content": content}} if operation.body else {}),
        "responses": operation.answers,
    }


if __name__ == "__main__":
    sys.exit(files.main("python -m generator.reference.openapi", texts, _ROOT / "docs", _NAME))
