# SPDX-License-Identifier: Apache-2.0
"""The API for people: each route of the OpenAPI document, what it takes and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.reference import openapi
from generator.reference.markdown import table

_PROBLEMS = "Where things are not as they should be"


def parts() -> Iterator[str]:
    """The page below its title, in parts."""
    document = openapi.document()
    yield document["info"]["description"]
    yield (
        "[openapi.json](../openapi.json) says the same to programs, with the schema of each request and answer. The"
        " address is the output `ApiEndpoint` of the root stack. Statuses of 400 and more stand"
        f" [below](#{_anchor(_PROBLEMS)})."
    )
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield from _route(f"{method.upper()} {path}", operation)
    yield f"## {_PROBLEMS}"
    answers = document["components"]["responses"].items()
    yield table(("status", "when"), [(f"`{status}`", answer["description"]) for status, answer in answers])


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def _route(name: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"## `{name}`\n\n{operation['summary']}."
    taken = [_parameter(parameter) for parameter in operation.get("parameters", ())]
    if taken:
        yield table(("parameter", "in", "required", "meaning"), taken)
    good = {status: answer for status, answer in operation["responses"].items() if status < "400"}
    others = ", ".join(f"`{status}`" for status in operation["responses"] if status not in good)
    said = " ".join(f"`{status}`: {answer['description']}" for status, answer in good.items())
    yield f"Answers {said} Otherwise {others}."


def _parameter(parameter: dict[str, Any]) -> tuple[str, ...]:
    required = "yes" if parameter.get("required") else "no"
    return f"`{parameter['name']}`", parameter["in"], required, parameter.get("description", "")
