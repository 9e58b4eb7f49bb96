# SPDX-License-Identifier: Apache-2.0
"""Files of launch parameters, in the formats of AWS's own tools, in JSON or YAML.

    [{"ParameterKey": "NAME", "ParameterValue": "VALUE"}]    the aws command line
    {"Parameters": {"NAME": "VALUE"}, "Tags": {...}}         CodePipeline's template configuration
    {"NAME": "VALUE"}

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

_NULL: Final = "tag:yaml.org,2002:null"
_FORMS: Final = (
    'holds no launch parameters: write {"NAME": "VALUE"}, [{"ParameterKey": "NAME", "ParameterValue": "VALUE"}] or'
    ' {"Parameters": {...}, "Tags": {...}}, in JSON or YAML'
)


@dataclass(frozen=True)
class LaunchFile:
    """Content of a file, and the problems of its unreadable parts."""

    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read(file: Path) -> LaunchFile:
    """Read a file; its problems are in `problems`."""
    try:
        root = _composed(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        return LaunchFile(problems=[f"{file} cannot be read: {error.strerror}"])
    except UnicodeDecodeError:
        return LaunchFile(problems=[f"{file} is no text in UTF-8"])
    except yaml.YAMLError as error:
        return LaunchFile(problems=[f"{file} is neither JSON nor YAML: {' '.join(str(error).split())}"])
    reader = _Reader(file)
    reader.read(root)
    return reader.found


def _composed(text: str) -> Any:
    """Return the nodes of a document, which keep texts as written, also `Yes` and `3`."""
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        try:
            # YAML accepts all JSON except for some white space and escapes.
            return yaml.compose(json.dumps(json.loads(text)), Loader=yaml.SafeLoader)
        except ValueError:
            pass
        raise


class _Reader:
    """Reader that fills a `LaunchFile` from the nodes of a document."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.found = LaunchFile()

    def read(self, root: Any) -> None:
        if isinstance(root, yaml.SequenceNode):
            self._listed(root, ("ParameterKey", "ParameterValue"), self.found.parameters)
        elif not isinstance(root, yaml.MappingNode):
            self.found.problems.append(f"{self._file} {_FORMS}")
        elif isinstance(_members(root).get("Parameters"), yaml.MappingNode | yaml.SequenceNode):
            self._configuration(root)
        else:
            self._named(root, self.found.parameters)

    def _configuration(self, root: Any) -> None:
        for name, node in root.value:
            if name.value == "Parameters":
                self._either(node, ("ParameterKey", "ParameterValue"), self.found.parameters)
            elif name.value == "Tags":
                self._either(node, ("Key", "Value"), self.found.tags)
            else:
                self._problem(name, f"{name.value} beside Parameters is not known; there is Tags")

    def _either(self, node: Any, keys: tuple[str, str], into: dict[str, str]) -> None:
        if isinstance(node, yaml.SequenceNode):
            self._listed(node, keys, into)
        elif isinstance(node, yaml.MappingNode):
            self._named(node, into)
        else:
            self._problem(node, "an object of names and values is needed here")

    def _named(self, node: Any, into: dict[str, str]) -> None:
        for name, value in node.value:
            self._enter(name, value, into)

    def _listed(self, node: Any, keys: tuple[str, str], into: dict[str, str]) -> None:
        for entry in node.value:
            members = _members(entry) if isinstance(entry, yaml.MappingNode) else {}
            name, value = (members.get(key) for key in keys)
            keeps = getattr(members.get("UsePreviousValue"), "value", "").lower() == "true"
            if isinstance(name, yaml.ScalarNode) and value is None and keeps:
                continue
            if name is None or value is None:
                self._problem(entry, f"each entry of the list needs {keys[0]} and {keys[1]}")
            else:
                self._enter(name, value, into)

    def _enter(self, name: Any, value: Any, into: dict[str, str]) -> None:
        if not isinstance(name, yaml.ScalarNode):
            self._problem(name, "a name must be text")
        elif name.value in into:
            self._problem(name, f"{name.value} stands there twice")
        elif isinstance(value, yaml.SequenceNode) and all(_is_text(one) for one in value.value):
            into[name.value] = ",".join(one.value for one in value.value)
        elif _is_text(value):
            into[name.value] = value.value
        else:
            self._problem(value, f"the value of {name.value} must be text, a number or a list of these")

    def _problem(self, node: Any, words: str) -> None:
        self.found.problems.append(f"{self._file}, line {node.start_mark.line + 1}: {words}")


def _is_text(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag != _NULL


def _members(node: Any) -> dict[str, Any]:
    return dict(_scalar_members(node))


def _scalar_members(node: Any) -> Iterator[tuple[str, Any]]:
    for name, value in node.value:
        if isinstance(name, yaml.ScalarNode):
            yield name.value, value
