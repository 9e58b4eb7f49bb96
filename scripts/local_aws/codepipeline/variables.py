# SPDX-License-Identifier: Apache-2.0
"""Variables of pipelines: what actions hand on under their namespaces, and references to them in configurations.

As on AWS, a reference to a namespace that no earlier action has is refused with the declaration, and one to a variable
that was not handed on fails the action.

https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from scripts.local_aws.codepipeline.model import Declaration

OWN: Final = "codepipeline"
"""Namespace of what every execution has."""
LARGEST: Final = 122_880
"""Bytes of all variables that one action hands on.

https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
"""
_REFERENCE: Final = re.compile(r"#\{([^}]*)\}")

Variables = Mapping[str, Mapping[str, str]]
"""Namespace -> name -> value."""


class UnresolvedError(Exception):
    """A configuration refers to a variable that no action has handed on; `str()` is AWS's message."""


def resolved(action: Declaration, variables: Variables) -> dict[str, str]:
    """Return an action's configuration with the values of variables. Raise UnresolvedError."""

    def value(found: re.Match[str]) -> str:
        namespace, _, name = found[1].partition(".")
        if name not in variables.get(namespace, {}):
            raise UnresolvedError(
                "An action in this pipeline failed because one or more variables could not be resolved: "
                f"Action name={action['name']}"
            )
        return variables[namespace][name]

    return {key: _REFERENCE.sub(value, text) for key, text in (action.get("configuration") or {}).items()}


def problems(stage: str, action: Declaration, namespaces: Collection[str]) -> Iterator[str]:
    """Yield AWS's words for references to namespaces that no action before this one has."""
    for key, text in (action.get("configuration") or {}).items():
        for reference in _REFERENCE.findall(text):
            namespace, dot, _ = reference.partition(".")
            if not dot or namespace not in namespaces:
                yield (
                    "Valid format for a pipeline execution variable reference is a namespace and a key separated by a "
                    "period (.). The following pipeline execution variables are referencing a namespace that does not "
                    f"exist. StageName=[{stage}], ActionName=[{action['name']}], ActionConfigurationKey=[{key}], "
                    f"VariableReferenceText=[{reference}]"
                )


def size(variables: Mapping[str, str]) -> int:
    """Return the bytes of what an action hands on."""
    return sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
