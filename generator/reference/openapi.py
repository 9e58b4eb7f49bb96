# SPDX-License-Identifier: Apache-2.0
"""`python -m generator.reference.openapi` writes `docs/openapi.json`, the API in OpenAPI 3.1; `--check` compares.

    the routes (orchestrator/routes.py)  -> paths and operations
    the request models                   -> bodies and query (openapi_requests.py, openapi_schemas.py)
    what handlers return                 -> answers (openapi_answers.py, openapi_schemas.py)

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import configparser
import json
import sys
from pathlib import Path
from typing import Any, Final

from generator import files
from generator.reference import openapi_answers, openapi_requests
from generator.reference.openapi_schemas import Components, Schema
from generator.resources.rest_apis import STAGE
from orchestrator.routes import ROUTES, Route

_ROOT: Final = Path(__file__).resolve().parents[2]
_NAME: Final = "openapi.json"
_SIGNATURE: Final = "sigv4"
_ABOUT: Final = (
    "Provisions machine-learning pipelines, and tells of them. Every call is signed by AWS Signature Version 4 for the "
    "service execute-api. The schemas name each key in the form that is best sent. Beyond them, pipeline_type may be "
    "written in any case, and a key that belongs to another type of pipeline is ignored with a warning. Types that an "
    "operator has added are described by GET /pipeline-types."
)


def texts() -> dict[str, str]:
    """The document by its path below `docs/`."""
    return {_NAME: json.dumps(document(), indent=1, ensure_ascii=False) + "\n"}


def document() -> dict[str, Any]:
    """The whole document."""
    components = Components()
    responses = openapi_answers.problems(components)
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, components)
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
    """Security scheme in the form that API Gateway exports.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
    """
    return {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "description": "AWS Signature Version 4",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }


def _operation(route: Route, components: Components) -> Schema:
    parameters = list(openapi_requests.parameters(route))
    body = openapi_requests.body(route, components)
    return {
        "operationId": route.name,
        "summary": route.summary,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": body} if body else {}),
        "responses": openapi_answers.of_route(route, components),
    }


if __name__ == "__main__":
    sys.exit(files.main("python -m generator.reference.openapi", texts, _ROOT / "docs", _NAME))
