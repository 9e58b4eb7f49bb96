# SPDX-License-Identifier: Apache-2.0
"""Safe reader of the two YAML files of a custom pipeline type.

Aliases can expand a few lines to gigabytes, and tags can name code: both are refused before anything is built.
CloudFormation's known short forms (`!Ref`) are expanded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from orchestrator.errors import Problem
from orchestrator.pipeline_types.custom import storage
from orchestrator.pipeline_types.custom import template as templates
from orchestrator.pipeline_types.custom.definition import LONGEST_DEFINITION, BrokenTypeError
from orchestrator.pipeline_types.custom.storage import Version

DEFINITION: Final = "pipeline.yaml"
BLUEPRINT: Final = "blueprint.yaml"
_DEEPEST: Final = 60
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
_SHORT_FORMS: Final = frozenset(
    {
        *("And", "Base64", "Cidr", "Condition", "Equals", "FindInMap", "GetAZs", "GetAtt", "If", "ImportValue", "Join"),
        *("Not", "Or", "Ref", "Select", "Split", "Sub", "Transform"),
    }
)
_WITHOUT_FN: Final = frozenset({"Condition", "Ref"})
_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BaseLoader):
    """YAML loader for plain values, with short forms expanded; dates stay texts, and duplicate keys are refused."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the name and type are PyYAML's
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in {"timestamp", "merge"}]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a plain text", key_node.start_mark)
        if key in found:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key} is given twice", key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


def _short_form(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = _mapping(loader, node)  # type: ignore[arg-type]  # there is no fourth kind
    return {suffix if suffix in _WITHOUT_FN else f"Fn::{suffix}": value}


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_multi_constructor("!", _short_form)


def read(folder: Path) -> tuple[Version, bytes]:
    """Read the type of a folder, ready to be stored, and its blueprint. Raise BrokenTypeError with every problem.

    Problems are keyed by their file.
    """
    definition = _text(folder, DEFINITION, LONGEST_DEFINITION)
    blueprint = _text(folder, BLUEPRINT, templates.LONGEST_TEMPLATE)
    if isinstance(definition, Problem) or isinstance(blueprint, Problem):
        raise BrokenTypeError([found for found in (definition, blueprint) if isinstance(found, Problem)])
    return of_texts(definition, blueprint)


def of_texts(definition: bytes, blueprint: bytes) -> tuple[Version, bytes]:
    """Read the same from the files' contents."""
    problems: list[Problem] = []
    document = _decoded(definition, DEFINITION, problems)
    template = _decoded(blueprint, BLUEPRINT, problems)
    if problems:
        raise BrokenTypeError(problems)
    declared, wrong = templates.read(template, blueprint)
    problems = [Problem(_within(BLUEPRINT, problem.key), problem.problem) for problem in wrong]
    try:
        version = storage.packed(document, declared)
    except BrokenTypeError as broken:
        raise BrokenTypeError([*(_keyed(problem) for problem in broken.problems), *problems]) from None
    if problems:
        raise BrokenTypeError(problems)
    return version, blueprint


def blueprint(folder: Path) -> bytes:
    """Return the content of a folder's blueprint. Raise BrokenTypeError."""
    content = _text(folder, BLUEPRINT, templates.LONGEST_TEMPLATE)
    if isinstance(content, Problem):
        raise BrokenTypeError([content])
    return content


def decoded_template(content: bytes) -> Any:
    """Return the plain values of a template, with short forms expanded. Raise BrokenTypeError."""
    problems: list[Problem] = []
    template = _decoded(content, BLUEPRINT, problems)
    if problems:
        raise BrokenTypeError(problems)
    return template


def _keyed(problem: Problem) -> Problem:
    of_blueprint = problem.key.startswith("blueprint.")
    file, key = (BLUEPRINT, problem.key.removeprefix("blueprint.")) if of_blueprint else (DEFINITION, problem.key)
    return Problem(_within(file, key), problem.problem)


def _within(file: str, key: str) -> str:
    return f"{file}: {key}" if key else file


def _text(folder: Path, name: str, longest: int) -> bytes | Problem:
    path = folder / name
    if not path.is_file():
        return Problem(name, f"is missing: a pipeline type is a folder with {DEFINITION} and {BLUEPRINT}")
    if path.resolve().parent != folder.resolve():
        return Problem(name, "leads out of the folder: put the file itself there")
    with path.open("rb") as file:
        content = file.read(longest + 1)
    return content if len(content) <= longest else Problem(name, f"is longer than {longest} bytes")


def _decoded(content: bytes, name: str, problems: list[Problem]) -> Any:
    """Return the plain values of a file; problems that prevent reading it are added to `problems`."""
    try:
        text = content.decode("utf-8-sig")
        allowed = _SHORT_FORMS if name == BLUEPRINT else frozenset[str]()
        found = [Problem(name, sentence) for sentence in dict.fromkeys(_hostile(text, allowed))]
        problems += found
        return None if found else yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader with short forms
    except UnicodeDecodeError as error:
        problems.append(Problem(name, f"must be UTF-8; byte {error.start} is not"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1} column {mark.column + 1}" if mark else ""
        problems.append(Problem(name, f"is no YAML that can be read: {getattr(error, 'problem', error)}{where}"))
    except ValueError as error:
        problems.append(Problem(name, f"holds a value that cannot be read: {error}"))
    return None


def _hostile(text: str, short_forms: frozenset[str]) -> Iterator[str]:
    """Yield reasons not to load a text, found in its event stream, which takes no more memory than the text."""
    depth, documents = 0, 0
    for event in yaml.parse(text, Loader=_BaseLoader):
        where = f"in line {event.start_mark.line + 1}" if event.start_mark else ""
        yield from _hostile_part(event, short_forms, where)
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if documents > 1 or depth > _DEEPEST:
            yield f"begins another document {where}" if documents > 1 else f"is nested too deeply {where}"
            return


def _hostile_part(event: yaml.Event, short_forms: frozenset[str], where: str) -> Iterator[str]:
    if isinstance(event, yaml.AliasEvent):
        yield f"uses the alias *{str(event.anchor)[:40]} {where}: write the value out"
    elif isinstance(event, yaml.NodeEvent) and event.anchor is not None:
        yield f"marks the anchor &{event.anchor[:40]} {where}: anchors and aliases are not taken"
    tag = getattr(event, "tag", None)
    if tag is not None and not (tag.startswith("!") and tag[1:] in short_forms):
        yield f"uses the tag {tag[:60]} {where}, which is not taken"
