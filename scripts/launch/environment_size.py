# SPDX-License-Identifier: Apache-2.0
"""Launch parameters that the orchestrator's function cannot hold are refused before anything is changed.

They reach it in its environment, for which Lambda has 4 KB in all. CloudFormation would find out in the middle of a
launch, and name none of them (lesson 116).
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from scripts.launch.launch_parameters import LaunchParameterError
from scripts.packaging import yaml_nodes

_MOST_BYTES: Final = 4096
_FUNCTION: Final = "Orchestrator"
_AROUND: Final = len('"": "", ')
# What names that CloudFormation makes up come to: less is counted than they may be, so that what fits is never refused.
_NAME: Final = 40
_ARN: Final = 80
_SHOWN: Final = 5


def check(template: str, values: Mapping[str, str]) -> None:
    """Raise `LaunchParameterError` for values that do not fit; those of parameters that are not given are defaults."""
    sections = _members(yaml_nodes.compose(template))
    defaults = {name: _members(entry).get("Default") for name, entry in _members(sections["Parameters"]).items()}
    known = {**{name: node.value if node is not None else "" for name, node in defaults.items()}, **values}
    resource = _members(sections["Resources"]).get(_FUNCTION)
    if resource is None:
        return
    environment = _members(_members(resource)["Properties"])["Environment"]
    variables = _members(_members(environment)["Variables"])
    bytes_ = sum(len(name) + _length(node, known) + _AROUND for name, node in variables.items())
    if bytes_ <= _MOST_BYTES:
        return
    read = {node.value for node in variables.values() if node.tag == "!Ref"} & known.keys()
    longest = sorted(read, key=lambda name: len(known[name]), reverse=True)[:_SHOWN]
    lines = [f"  --param {name}=VALUE: {len(known[name])} characters" for name in longest if known[name]]
    raise LaunchParameterError(
        f"the launch parameters are too long together by {bytes_ - _MOST_BYTES} characters: a function of AWS Lambda "
        "holds 4 KB of them. Shorten the longest:\n" + "\n".join(lines)
    )


def _members(node: Any) -> dict[str, Any]:
    return {key.value: value for key, value in node.value}


def _length(node: Any, known: Mapping[str, str]) -> int:
    if node.tag == "!Ref":
        return len(known[node.value].encode()) if node.value in known else _NAME
    if node.tag == "!GetAtt":
        return _ARN
    if node.tag == "!If":
        return min(_length(branch, known) for branch in node.value[1:])
    if node.tag == "!Join":
        return sum(_length(item, known) + 1 for item in node.value[1].value)
    return len(node.value) if isinstance(node.value, str) else _ARN
