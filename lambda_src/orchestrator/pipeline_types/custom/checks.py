# SPDX-License-Identifier: Apache-2.0
"""Checks that the parts of a pipeline type fit together: keys, blueprint parameters, texts, examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orchestrator.errors import Problem
from orchestrator.launch.operator_options import OperatorOptions
from orchestrator.pipeline_types.custom import placeholders
from orchestrator.pipeline_types.custom.custom_type import CustomType
from orchestrator.pipeline_types.custom.declaration import CONTEXT
from orchestrator.pipeline_types.custom.schema import schemas
from orchestrator.pipeline_types.custom.template import TemplateParameter
from orchestrator.problems import shortened

_Parameters = Mapping[str, TemplateParameter]


def problems(made: CustomType, mapping: Mapping[str, str | list[str]]) -> list[Problem]:
    """Return every mismatch; the mapping is `parameters` as written."""
    known = {parameter.name: parameter for parameter in made.blueprint.parameters}
    found = [
        *_of_sources(made, mapping),
        *_of_targets(made, known),
        *_of_keys(made, known),
        *_of_coverage(made, known),
        *_of_placeholders(made),
    ]
    # Examples are requests, which only a consistent type can parse.
    return found or list(_of_examples(made))


def _of_sources(made: CustomType, mapping: Mapping[str, str | list[str]]) -> Iterator[Problem]:
    for source in mapping:
        if source.startswith("$") and source[1:] not in CONTEXT:
            have = ", ".join(f"${name}" for name in CONTEXT)
            yield Problem(f"parameters.{source}", f"is nothing that the orchestrator knows; that is {have}")
        elif not source.startswith("$") and source not in made.keys:
            yield Problem(f"parameters.{source}", "is no key of the request")


def _of_targets(made: CustomType, known: _Parameters) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for source, targets in made.sources():
        for target in targets:
            if target not in known:
                yield Problem(
                    f"parameters.{source}", f"names {shortened(target)}, which the blueprint does not declare"
                )
            if target in taken:
                yield Problem(f"parameters.{source}", f"and {taken[target]} both go to {target}")
            taken.setdefault(target, source)


def _of_keys(made: CustomType, known: _Parameters) -> Iterator[Problem]:
    for key in made.keys.values():
        place = f"request.properties.{key.name}"
        if not key.parameters and key.name not in placeholders.names(made.name_template):
            yield Problem(place, "goes to no parameter of the blueprint: name one in parameters")
        echoed = [name for name in key.parameters if name in known and not known[name].no_echo]
        if key.is_secret and echoed:
            yield Problem(place, f"is a secret: {', '.join(echoed)} must have NoEcho: true")
        if key.is_by_stage and not made.runs_in_stages:
            yield Problem(place, f"cannot have {schemas.BY_STAGE}: a type with target: orchestrator has no stages")


def _of_coverage(made: CustomType, known: _Parameters) -> Iterator[Problem]:
    """Yield a problem for each parameter without a source for its value."""
    options = OperatorOptions().values(None)
    sure = {target for context in made.context.values() for target in context}
    sure |= {target for key in made.keys.values() if key.is_required or key.has_default for target in key.parameters}
    for parameter in known.values():
        if parameter.default is None and parameter.name not in options and parameter.name not in sure:
            yield Problem(
                f"blueprint.Parameters.{parameter.name}",
                "gets no value: give it a Default, or name a key in parameters that is required or has a default",
            )


def _of_placeholders(made: CustomType) -> Iterator[Problem]:
    yield from _of_text(made, "name", made.name_template, ())
    if not placeholders.names(made.name_template):
        yield Problem("name", "must hold a key of the request, such as {service_name}: it tells pipelines apart")
    for name in placeholders.names(made.name_template):
        key = made.keys.get(name)
        if key and not (key.is_required or key.has_default):
            yield Problem("name", f"holds {{{name}}}, which must be required or have a default")
    for end, text in made.notifications.items():
        yield from _of_text(made, f"notifications.{end}", text, ("name", "pipeline_type"))


def _of_text(made: CustomType, place: str, text: str, others: tuple[str, ...]) -> Iterator[Problem]:
    if not placeholders.is_balanced(text):
        yield Problem(place, "has half of a pair of braces: write {key} for a key, and {{ or }} for a brace")
    for name in placeholders.names(text):
        key = made.keys.get(name)
        if key is None and name not in others:
            yield Problem(place, f"holds {{{name}}}, which is no key of the request")
        elif key is not None and (key.is_secret or key.is_by_stage):
            yield Problem(place, f"holds {{{name}}}, which is {'a secret' if key.is_secret else 'a value by stage'}")


def _of_examples(made: CustomType) -> Iterator[Problem]:
    for index, example in enumerate(made.examples):
        for problem in made.problems_of_example(example):
            yield Problem(f"examples.{index}{f'.{problem.key}' if problem.key else ''}", problem.problem)
