# SPDX-License-Identifier: Apache-2.0
"""A custom pipeline type in its author's `pipeline.yaml`: read as a frozen `CustomType`, or as a list of problems.

The orchestrator's function also reads stored types with this module: content of a bucket is checked before use.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator import problems as problems_
from orchestrator.errors import Problem
from orchestrator.pipeline_types.custom import checks, names
from orchestrator.pipeline_types.custom.custom_type import CustomType
from orchestrator.pipeline_types.custom.declaration import Key
from orchestrator.pipeline_types.custom.schema import schemas
from orchestrator.pipeline_types.custom.template import Blueprint
from orchestrator.problems import shortened
from orchestrator.values.common import Expect
from orchestrator.values.template_parameters import parameter_name

LONGEST_DEFINITION: Final = 64 * 1024
"""Bytes of `pipeline.yaml`."""
DEEPEST: Final = 30
"""Levels of nesting in a definition."""
_ENDS: Final = ("succeeded", "failed")

_Line = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Expect("one line of 200 characters at most"),
]
_Sentence = Annotated[
    str,
    Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Expect("one line of 500 characters at most"),
]
_Text = Annotated[str, Field(max_length=4000), Expect("a text of 4,000 characters at most")]
_Name = Annotated[
    str,
    Field(min_length=1, max_length=names.LONGEST_NAME, pattern=rf"^{names.NAME.pattern}$"),
    Expect(
        "40 lower-case letters, digits and single underscores at most, beginning with a letter", example="web_service"
    ),
]
_Targets = Annotated[list[str] | str, Expect("the name of a parameter of the blueprint, or a list of such names")]


class BrokenTypeError(Exception):
    """A definition, a blueprint or a folder cannot be used; `problems` has every problem found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class Notifications(BaseModel):
    """What people are told in addition when a pipeline has ended; each key may hold `{key}` of the request."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    succeeded: _Sentence | None = None
    failed: _Sentence | None = None


class Definition(BaseModel):
    """The keys of `pipeline.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    pipeline_type: Annotated[_Name, Field(description="what requests call the type")]
    summary: Annotated[_Line, Field(description="what the pipeline does, in one line")]
    description: _Text = ""
    name: Annotated[_Line, Field(description="what names a pipeline, made of keys of the request")]
    target: Annotated[
        Literal["stages", "orchestrator"],
        Field(description="where it is deployed"),
        Expect("stages or orchestrator"),
    ]
    request: Annotated[
        dict[str, Any], Field(description="JSON schema of the request"), Expect("a JSON schema of the request")
    ]
    parameters: dict[str, _Targets] = Field(default_factory=dict)
    notifications: Notifications = Notifications()
    examples: list[dict[str, Any]] = Field(default_factory=list)


def read(document: Any, blueprint: Blueprint) -> CustomType:
    """Return the type of a decoded definition and its blueprint; raises `BrokenTypeError` with every problem."""
    if found := list(_of_document(document)):
        raise BrokenTypeError(found)
    try:
        declared = Definition.model_validate(document)
    except ValidationError as error:
        raise BrokenTypeError(
            [*problems_.from_validation(error, Definition.model_fields), *_of_raw(document)]
        ) from None
    if found := [*_of_name(declared.pipeline_type), *schemas.problems(declared.request)]:
        raise BrokenTypeError(found)
    made = _made(declared, blueprint)
    if found := checks.problems(made, declared.parameters):
        raise BrokenTypeError(found)
    return made


def _of_document(document: Any) -> Iterator[Problem]:
    """Yield problems that prevent further checks."""
    if not isinstance(document, Mapping):
        yield Problem("", f"must be a mapping of keys such as pipeline_type; got {shortened(document)}")
    elif (depth := _depth(document)) > DEEPEST:
        yield Problem("", f"is nested {depth} levels deep; {DEEPEST} are allowed")
    else:
        try:
            length = len(json.dumps(document, allow_nan=False))
        except (TypeError, ValueError) as error:
            yield Problem("", f"must hold plain values only, with texts as keys: {error}")
            return
        if length > 2 * LONGEST_DEFINITION:
            yield Problem("", f"is longer than {LONGEST_DEFINITION} bytes")


def _depth(document: Any) -> int:
    """Return the depth of a document, without recursion, which deep nesting would break."""
    level, depth = [document], 0
    while level:
        depth += 1
        level = [
            inner
            for node in level
            for inner in (node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ())
            if isinstance(inner, Mapping | list)
        ]
        if depth > 4 * DEEPEST:
            break
    return depth


def _of_raw(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield problems of the schema, which can be checked although other keys are wrong."""
    if isinstance(document.get("request"), Mapping):
        yield from schemas.problems(document["request"])


def _of_name(name: str) -> Iterator[Problem]:
    return (Problem("pipeline_type", sentence) for sentence in names.clashes(name))


def _made(declared: Definition, blueprint: Blueprint) -> CustomType:
    properties = declared.request.get("properties", {})
    required = frozenset(declared.request.get("required", ()))
    keys = {
        name: Key(
            name=name,
            schema=schema,
            parameters=_targets(declared.parameters.get(name), name, blueprint),
            is_required=name in required,
        )
        for name, schema in properties.items()
    }
    given = declared.parameters.items()
    context = {source[1:]: _listed(targets) for source, targets in given if source.startswith("$")}
    return CustomType(
        name=declared.pipeline_type,
        summary_line=declared.summary,
        description=declared.description,
        name_template=declared.name,
        runs_in_stages=declared.target == "stages",
        schema={key: value for key, value in declared.request.items() if key != "$schema"},
        keys=keys,
        context=context,
        notifications={end: text for end in _ENDS if (text := getattr(declared.notifications, end))},
        examples=tuple(declared.examples),
        blueprint=blueprint,
    )


def _listed(targets: str | list[str]) -> tuple[str, ...]:
    return (targets,) if isinstance(targets, str) else tuple(targets)


def _targets(given: str | list[str] | None, key: str, blueprint: Blueprint) -> tuple[str, ...]:
    """Return the parameters of a key: from the definition, or the one with the key's name in CamelCase."""
    if given is not None:
        return _listed(given)
    expected = parameter_name(key)
    return (expected,) if any(parameter.name == expected for parameter in blueprint.parameters) else ()
