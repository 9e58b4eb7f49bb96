# SPDX-License-Identifier: Apache-2.0
"""A request of a custom pipeline type, which is a pipeline like any other."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import PrivateAttr
from typing_extensions import override

from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import STACK_PREFIX
from orchestrator.pipeline_types.custom import names, placeholders, texts, values
from orchestrator.pipeline_types.custom.declaration import Declaration
from orchestrator.pipeline_types.packaged import BlueprintSource, PackagedPipeline
from orchestrator.plan import notifications
from orchestrator.plan.plan import PlannedObject
from orchestrator.problems import shortened, unknown_keys
from orchestrator.values.per_stage import STAGES, Stage
from orchestrator.values.tags import stage_name

_NAME: Final = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?")
_LONGEST_NAME: Final = 80
_LONGEST_SHOWN: Final = 200
"""Characters of a value in a notification."""


class CustomRequest(PackagedPipeline):
    """A valid request. What its type says, and what each stage gets, was found by `parse`."""

    _type: Declaration = PrivateAttr()
    _by_stage: Mapping[Stage | None, Mapping[str, Any]] = PrivateAttr()
    _name: str = PrivateAttr("")

    @property
    @override
    def plain_name(self) -> str:
        return f"{STACK_PREFIX}-{self._name}-{names.in_stack_names(self._type.name)}".lower()

    @property
    def label(self) -> str:
        """Name of the pipeline, from the type's `name` template."""
        return self._name

    @property
    def owner(self) -> str:
        """Type and name: `a-b` of the type `c` and `a` of the type `b_c` would have one stack name."""
        return f"{self._type.name} {self._name.lower()}"

    @override
    def stages(self, launch: Launch) -> tuple[Stage | None, ...]:
        """Return the stages of the deployment, which depend on the type, not on the class."""
        return STAGES if launch.multi_account and self._type.runs_in_stages else (None,)

    @override
    def blueprint_source(self, launch: Launch) -> BlueprintSource:
        """Return the operator's blueprint."""
        return BlueprintSource(self._type.template_key, launch.pipelines_bucket, self._type.blueprint.digest)

    @override
    def parameter_values(self, launch: Launch, stage: Stage | None) -> Mapping[str, str]:
        """Return every parameter, so that an update keeps no old value."""
        options = launch.options.values(stage)
        given = self._by_stage[stage]
        sources = {target: name for name, targets in self._type.sources() for target in targets}
        found: dict[str, str] = {}
        for parameter in self._type.blueprint.parameters:
            source = sources.get(parameter.name, "")
            if source.startswith("$"):
                found[parameter.name] = self._context(launch, stage)[source[1:]]
            elif source in given:
                found[parameter.name] = texts.of(given[source], parameter)
            elif parameter.name in options and not source:
                found[parameter.name] = options[parameter.name]
            else:
                found[parameter.name] = parameter.default or ""
        return found

    def _context(self, launch: Launch, stage: Stage | None) -> dict[str, str]:
        return {
            "application": launch.application,
            "assets_bucket": launch.assets_bucket,
            "ecr_repository_arn": launch.ecr_repository_arn,
            "pipelines_bucket": launch.pipelines_bucket,
            "region": launch.region,
            "stack_name": self.stack_name,
            "stage": stage_name(stage),
        }

    @override
    def masked_parameters(self) -> frozenset[str]:
        """Return the parameters of secrets."""
        return frozenset(name for key in self._type.keys.values() if key.is_secret for name in key.parameters)

    @override
    def secret_keys(self) -> frozenset[str]:
        return frozenset(name for name, key in self._type.keys.items() if key.is_secret)

    @override
    def members(self) -> tuple[tuple[str, bytes], ...]:
        """Return the notification sentences: changed sentences make another package."""
        return ((notifications.FILE, self._words()),) if self._type.notifications else ()

    @override
    def objects(self, launch: Launch) -> tuple[PlannedObject, ...]:
        """Return the notification sentences, stored for the end of the pipeline."""
        if not self._type.notifications:
            return ()
        return (PlannedObject(launch.pipelines_bucket, notifications.key(self.stack_name), self._words()),)

    def _words(self) -> bytes:
        (first, *_) = self._by_stage.values()
        shown = {name: _shown(value) for name, value in first.items()}
        known = {**dict.fromkeys(self._type.keys, ""), **shown, "name": self._name, "pipeline_type": self._type.name}
        told = {end: placeholders.filled(text, known) for end, text in self._type.notifications.items()}
        return json.dumps(told, indent=4).encode()


def _shown(value: Any) -> str:
    """Return a value in one line of a sentence."""
    text = value if isinstance(value, str) else json.dumps(value)
    return " ".join(text.split())[:_LONGEST_SHOWN]


def parse(type_: Declaration, body: Mapping[str, Any], launch: Launch) -> CustomRequest:
    """Validate a body that names the type; raises `RefusedRequestError` with every problem, unknown keys too."""
    dry_run = body.get("dry_run", False)
    own = {key: value for key, value in body.items() if key in type_.keys}
    checked = values.check(type_, own, launch)
    found = [*unknown_keys(body, type_.known_keys()), *checked.problems]
    if not isinstance(dry_run, bool):
        found.append(Problem("dry_run", f"must be true or false; got {shortened(dry_run)}"))
    request = CustomRequest.model_construct(pipeline_type=type_.name, dry_run=dry_run is True)
    request._type, request._by_stage = type_, checked.by_stage
    wrong = {problem.key.partition(".")[0] for problem in found}
    used = placeholders.names(type_.name_template)
    if not wrong & set(used):
        (first, *_) = checked.by_stage.values()
        request._name = placeholders.filled(type_.name_template, {name: _plain(first[name]) for name in used})
        found += _of_name(request, used, launch)
    if found:
        raise RefusedRequestError(found)
    return request


def _plain(value: Any) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value)


def _of_name(request: CustomRequest, used: list[str], launch: Launch) -> Iterator[Problem]:
    """Yield problems of the keys that name the pipeline, reported for the first one."""
    (key, *_) = used
    words = f"the pipeline is called {shortened(request.label)}"
    if len(request.label) > _LONGEST_NAME or not _NAME.fullmatch(request.label):
        yield Problem(key, f"must give a name of {_LONGEST_NAME} letters, digits and inner hyphens at most; {words}")
    elif (excess := request.excess(launch)) > 0:
        yield Problem(key, f"must be {excess} characters shorter: it becomes part of a stack name; {words}")
