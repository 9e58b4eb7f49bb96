# SPDX-License-Identifier: Apache-2.0
"""What a request adds to the text of its blueprint when it is packaged: names that CloudFormation takes literally only.

A map of any names, such as the environment of a container, can be no parameter, and StackSets with service-managed
permissions take no macros. So the names become part of the packaged text, and the values stay parameters, which may
differ by stage. Without additions the text is the release's, byte for byte.

A deployment of a REST API is a snapshot, of its policy too, and CloudFormation makes another one only for another
logical id. So the id has a digest of what the request puts into the snapshot, such as the VPC endpoints of a policy.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html

The blueprint has the line `Environment: !Ref AWS::NoValue` in each container of its models, which means nothing, and
is replaced; for containers in series its first `PrimaryContainer` becomes the first of `Containers`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.plan import component

NO_ENVIRONMENT: Final = "Environment: !Ref AWS::NoValue"
_ENVIRONMENT_LINE: Final = re.compile(rf"(?m)^( +){re.escape(NO_ENVIRONMENT)}$")
_PRIMARY: Final = re.compile(r"(?m)^( +)PrimaryContainer:\n((?:\1  .*\n)+)")
_API_DEPLOYMENT: Final = re.compile(r"\bInferenceApi(Private)?Deployment[0-9a-f]{8}\b")
_CONDITIONS: Final = "\nConditions:\n"
_GIVEN: Final = "Provided"
_EMPTY: Final = "Default: '', "


@dataclass(frozen=True)
class Variable:
    """A variable of a container's environment, and the parameter that holds its value; no value: no variable."""

    name: str
    parameter: str


@dataclass(frozen=True)
class FurtherContainer:
    """A container after the first: the parameters of its image and its artifact, and its environment."""

    image: str
    artifact: str
    environment: tuple[Variable, ...] = ()

    @property
    def parameters(self) -> dict[str, str]:
        """Name -> description."""
        return {self.image: "Image of a further container.", self.artifact: "Key of its artifact in the assets bucket."}


@dataclass(frozen=True)
class Additions:
    """What a request adds: environment, containers, what is in the snapshot of the API, an inference component."""

    environment: tuple[Variable, ...] = ()
    """Of the first container."""
    further: tuple[FurtherContainer, ...] = ()
    """After the first."""
    snapshots: tuple[str, ...] = ()
    """What tells the snapshot of each stage's API from others; without any, the API's deployment is the release's."""
    has_component: bool = False

    def applied(self, template: bytes) -> bytes:
        """Return the blueprint's text with these additions."""
        if self == NO_ADDITIONS:
            return template
        text = self._with_parameters(template.decode())
        if self.further:
            text = _replaced(_PRIMARY, self._in_series, text, count=1)
        if self.environment:
            text = _replaced(_ENVIRONMENT_LINE, lambda found: _environment(found[1], self.environment), text)
        if self.snapshots:
            text = _replaced(_API_DEPLOYMENT, lambda found: f"{found[0]}{self._digest()}", text)
        if self.has_component:
            text = component.added(text)
        return text.encode()

    def _digest(self) -> str:
        """One for all stages, which have one template."""
        return hashlib.sha256(json.dumps(self.snapshots).encode()).hexdigest()[:8]

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters that are added: name -> description."""
        variables = [*self.environment, *(each for one in self.further for each in one.environment)]
        described = {one.parameter: f"Environment variable {one.name}." for one in variables}
        return {**described, **{name: words for one in self.further for name, words in one.parameters.items()}}

    def _with_parameters(self, text: str) -> str:
        before, divider, after = text.partition(_CONDITIONS)
        if not divider:
            raise ValueError("the blueprint has no conditions")
        needed = {one.image for one in self.further}
        parameters = "".join(
            f"\n  {name}: {{Type: String, {'' if name in needed else _EMPTY}Description: '{words}'}}"
            for name, words in self.parameters.items()
        )
        conditions = "".join(
            f"  {name}{_GIVEN}: !Not [!Equals [!Ref {name}, '']]\n" for name in self.parameters if name not in needed
        )
        return f"{before}{parameters}{divider}{conditions}{after}"

    def _in_series(self, found: re.Match[str]) -> str:
        indent, first = found[1], found[2]
        lines = [f"{indent}InferenceExecutionConfig: {{Mode: Serial}}", f"{indent}Containers:"]
        further = [line for one in self.further for line in _container(indent, one)]
        # The members of the first stay as deep as they are.
        return "\n".join([*lines, f"{indent}- {first.lstrip(' ').rstrip()}", *further, ""])


NO_ADDITIONS: Final = Additions()


def _container(indent: str, one: FurtherContainer) -> Iterator[str]:
    artifact = f"!Sub 's3://${{AssetsBucket}}/${{{one.artifact}}}'"
    yield f"{indent}- Image: !Ref {one.image}"
    yield f"{indent}  ModelDataUrl: !If [{one.artifact}{_GIVEN}, {artifact}, !Ref 'AWS::NoValue']"
    if one.environment:
        yield _environment(f"{indent}  ", one.environment)


def _environment(indent: str, variables: Iterable[Variable]) -> str:
    """Names are quoted: `on` and `no` would be something else in YAML."""
    lines = (
        f"{indent}  '{one.name}': !If [{one.parameter}{_GIVEN}, !Ref {one.parameter}, !Ref 'AWS::NoValue']"
        for one in variables
    )
    return "\n".join([f"{indent}Environment:", *lines])


def _replaced(pattern: re.Pattern[str], by: Callable[[re.Match[str]], str], text: str, count: int = 0) -> str:
    """Replace what the blueprint must have; raises `ValueError` for one that has not."""
    changed, found = pattern.subn(by, text, count=count)
    if not found:
        raise ValueError(f"the blueprint has no {pattern.pattern}")
    return changed
