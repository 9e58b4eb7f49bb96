# SPDX-License-Identifier: Apache-2.0
"""Check of a request body: the values for each stage, and every problem.

A body with values by stage is checked once for each stage, so that rules between keys hold in every stage. Problems
have keys as for the built-in types: `instance.staging`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.custom import template_limits, texts
from orchestrator.pipeline_types.custom.declaration import Declaration, Key
from orchestrator.pipeline_types.custom.schema import engine
from orchestrator.pipeline_types.custom.texts import UnrepresentableValueError
from orchestrator.problems import shortened
from orchestrator.reach import Reach
from orchestrator.values.per_stage import STAGES, Stage

Body = Mapping[str, Any]

_SECRET: Final = re.compile(
    r"arn:[a-z0-9-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[a-zA-Z0-9/_+=.@!-]{1,519}"
    r"|\{\{resolve:(secretsmanager|ssm-secure):[^{}\s]{1,1000}\}\}"
)
_SECRET_REFERENCE: Final = re.compile(
    r"\{\{resolve:(secretsmanager|ssm-secure):/?(?P<name>arn:([^:]*:){5}[^:}]*|[^:}]*)[^}]*\}\}"
)
"""`name` is the secret in a reference: its ARN, or its name without the leading slash of SSM parameters."""
_EXPECTED: Final = (
    "must be the ARN of a secret in Secrets Manager, or {{resolve:secretsmanager:...}} or {{resolve:ssm-secure:...}}: "
    "never the secret itself"
)
_ONE_ACCOUNT: Final = (
    "must be one value: this orchestrator deploys to a single account, so there are no dev, staging and prod"
)


@dataclass(frozen=True)
class Checked:
    """The checked values for each stage, by key, and the problems found."""

    by_stage: Mapping[Stage | None, Body]
    problems: tuple[Problem, ...]


def check(type_: Declaration, body: Body, launch: Launch) -> Checked:
    """Check a body that has only keys of the type, without `pipeline_type` and `dry_run`."""
    stages: tuple[Stage | None, ...] = STAGES if launch.multi_account and type_.runs_in_stages else (None,)
    given = {**_defaults(type_), **body}
    found = [problem for key, value in given.items() for problem in _of_form(type_.keys[key], value, launch)]
    wrong = {problem.key for problem in found}
    by_stage = {stage: _at(type_, given, stage, wrong) for stage in stages}
    for stage, values in by_stage.items():
        found += _of_stage(type_, given, values, stage, launch.reach)
    return Checked(by_stage, tuple(dict.fromkeys(found)))


def _defaults(type_: Declaration) -> dict[str, Any]:
    return {key.name: key.schema["default"] for key in type_.keys.values() if key.has_default}


def _of_form(key: Key, value: Any, launch: Launch) -> Iterator[Problem]:
    """Yield problems of form, before the schema is applied: forbidden values, and incomplete values by stage."""
    if sentence := texts.unfit(value):
        yield Problem(key.name, sentence)
    if not (key.is_by_stage and isinstance(value, Mapping)):
        return
    if not launch.multi_account:
        yield Problem(key.name, _ONE_ACCOUNT)
        return
    for stage in STAGES:
        if stage not in value:
            yield Problem(f"{key.name}.{stage}", "is missing: a value by stage needs dev, staging and prod")
    for stage in value.keys() - set(STAGES):
        yield Problem(f"{key.name}.{stage}", "is not a stage: give dev, staging and prod")


def _at(type_: Declaration, given: Body, stage: Stage | None, wrong: set[str]) -> dict[str, Any]:
    """Return the values for a stage, without keys whose form is wrong there."""
    found = {name: value for name, value in given.items() if name not in wrong}
    by_stage = {name: value for name, value in found.items() if _is_by_stage(type_, name, value)}
    at_stage = {name: value[stage] for name, value in by_stage.items() if stage in value}
    return {name: at_stage.get(name, value) for name, value in found.items() if name not in by_stage.keys() - at_stage}


def _is_by_stage(type_: Declaration, name: str, value: Any) -> bool:
    return name in type_.keys and type_.keys[name].is_by_stage and isinstance(value, Mapping)


def _of_stage(type_: Declaration, given: Body, values: Body, stage: Stage | None, reach: Reach) -> Iterator[Problem]:
    def place(path: Sequence[str]) -> str:
        name, *rest = path or [""]
        return ".".join([name, *([stage] if stage and _is_by_stage(type_, name, given.get(name)) else []), *rest])

    # Their problems are reported already.
    wrong = given.keys() - values.keys()
    refused = set(wrong)
    for found in engine.problems({**type_.schema, "additionalProperties": False}, values):
        key = type_.keys.get(found.path[0]) if found.path else None
        if key is not None and key.name in wrong:
            continue
        refused.add(key.name if key else "")
        yield Problem(place(found.path), found.sentence if key and key.is_secret else _shown(found, type_))
    for name, value in values.items():
        if name not in refused:
            key = type_.keys[name]
            sentences = [*_of_value(type_, key, value)] or _of_names(key, value, reach)
            yield from (Problem(place([name]), sentence) for sentence in sentences)


def _of_names(key: Key, value: Any, reach: Reach) -> Iterator[str]:
    """Yield a problem for resources that a value must not name; no value may name our buckets."""
    for text in _texts(value):
        named = _SECRET_REFERENCE.sub(r"\g<name>", text) if key.is_secret else text
        if sentence := reach.problem(key.names, named) if key.names else "":
            yield sentence
        elif bucket := reach.reserved_in(text):
            yield f"must not lead to {bucket}: no request may name a bucket of the orchestrator itself"


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in [*value, *value.values()] if isinstance(value, Mapping) else value:
            yield from _texts(inner)


def _shown(found: engine.Found, type_: Declaration) -> str:
    """Return a problem's sentence; without the value when that is the whole body, which may contain a secret."""
    return found.text() if found.path else found.sentence


def _of_value(type_: Declaration, key: Key, value: Any) -> Iterator[str]:
    """Yield problems of a value that the schema accepts."""
    if key.is_secret:
        if not isinstance(value, str) or not _SECRET.fullmatch(value):
            yield _EXPECTED
            return
    elif texts.holds_reference(value):
        words = f"must not hold a reference of CloudFormation ({texts.REFERENCE}...): only a secret may"
        yield f"{words}; got {shortened(value)}"
        return
    for parameter in type_.blueprint.parameters:
        if parameter.name in key.parameters:
            try:
                text = texts.of(value, parameter)
            except UnrepresentableValueError as error:
                yield str(error)
                continue
            for sentence in template_limits.refusals(parameter, text):
                yield sentence if key.is_secret else f"{sentence}; got {shortened(value)}"
