# SPDX-License-Identifier: Apache-2.0
"""Input of a rule's target: the event, a part of it, a constant, or a filled-in template.

Follows EventBridge's "input transformation" page. The result is JSON text, so a template of plain text is a quoted
string, and its quotes reach the target (an e-mail shows them). A template of several lines may hold one quoted
string per line.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from jsonpath_ng.parser import parse as parse_path

Target = Mapping[str, Any]
Event = Mapping[str, Any]

_VARIABLE = re.compile(r"<([A-Za-z0-9_.-]+)>")
_UNESCAPED_QUOTE = re.compile(r'(?<!\\)"')
_WAYS = ("Input", "InputPath", "InputTransformer")
_PREDEFINED = frozenset(
    {
        "aws.events.rule-arn",
        "aws.events.rule-name",
        "aws.events.event",
        "aws.events.event.json",
        "aws.events.event.ingestion-time",
    }
)


def render(target: Target, event: Event, rule_arn: str) -> str:
    """Return the JSON text that `target` of the rule `rule_arn` receives for `event`."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return _json(_at(target["InputPath"], event))
    if "InputTransformer" in target:
        return _transformed(target["InputTransformer"], event, rule_arn)
    return _json(event)


def problem_with(target: Target) -> str | None:
    """Return why EventBridge's PutTargets would refuse this target's input; None if it would not."""
    name = target.get("Id")
    if sum(way in target for way in _WAYS) > 1:
        return f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}."
    if "Input" in target and not _is_json(str(target["Input"])):
        return f"JSON syntax error in input for target {name}: text must be quoted."
    if "InputTransformer" in target:
        return _problem_with_template(name, target["InputTransformer"])
    return None


def _problem_with_template(name: Any, transformer: Mapping[str, Any]) -> str | None:
    template = transformer["InputTemplate"]
    known = _PREDEFINED | set(transformer.get("InputPathsMap") or {})
    unknown = sorted(set(_VARIABLE.findall(template)) - known)
    if unknown:
        return f"InputTemplate for target {name} contains placeholders not in InputPathsMap: {', '.join(unknown)}."
    if not _is_json_or_quoted_lines(_fill(template, dict.fromkeys(known, "x"))):
        return f"Invalid InputTemplate for target {name}: it must be JSON, or lines of text each in double quotes."
    return None


def _transformed(transformer: Mapping[str, Any], event: Event, rule_arn: str) -> str:
    paths = transformer.get("InputPathsMap") or {}
    values = {name: _at(path, event) for name, path in paths.items()}
    return _fill(transformer["InputTemplate"], values | _predefined(event, rule_arn))


def _predefined(event: Event, rule_arn: str) -> dict[str, Any]:
    return {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rsplit("/", 1)[-1],
        "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
        "aws.events.event.json": dict(event),
        "aws.events.event.ingestion-time": event["time"],
    }


def _fill(template: str, values: Mapping[str, Any]) -> str:
    """Replace each `<name>`: by JSON outside quotes, by escaped text inside them. A missing value becomes empty."""

    def value_of(found: re.Match[str]) -> str:
        value = values.get(found[1])
        if _is_quoted(template[: found.start()]):
            text = "" if value is None else value if isinstance(value, str) else _json(value)
            return _json(text)[1:-1]
        return _json("" if value is None else value)

    return _VARIABLE.sub(value_of, template)


def _is_quoted(before: str) -> bool:
    return len(_UNESCAPED_QUOTE.findall(before)) % 2 == 1


def _is_json_or_quoted_lines(text: str) -> bool:
    return _is_json(text) or all(_is_json(line) for line in text.splitlines() if line.strip())


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _at(path: str, event: Event) -> Any:
    """Return the first value at a JSON path such as `$.detail.pipeline`, or None."""
    found = _parsed(path).find(event)
    return found[0].value if found else None


@functools.lru_cache(maxsize=256)
def _parsed(path: str) -> Any:
    return parse_path(path)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
