# SPDX-License-Identifier: Apache-2.0
"""Look-up of a pipeline by its id, by the name of its stack, or by its model, with the type if it has several.

`churn` is the only pipeline of that model, `churn/realtime` the one of that type. The type may be written as in
requests, by its short name, or by any of their words that no other pipeline of the model has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from orchestrator.aws import parallel
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.errors import NotFoundError, Problem, RefusedRequestError
from orchestrator.launch.settings import Launch, Settings
from orchestrator.pipeline_types.base import STACK_PREFIX, PipelineRequest
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.installed import installed
from orchestrator.provisioned import pipeline_stacks, removal_records, short_names
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.provisioned.removal_records import Removal

_NAME: Final = re.compile(r"(?P<label>[a-zA-Z0-9-]{1,128})(?:/(?P<type>[a-zA-Z0-9_-]{1,64}))?")
_STACK_ARN: Final = re.compile(r"arn:[a-z0-9:-]+:stack/(?P<name>[a-zA-Z0-9-]+)/[a-f0-9-]+")
_LONGEST_SHOWN: Final = 200


@dataclass(frozen=True)
class Found:
    """A pipeline that exists or is being deleted."""

    pipeline: Pipeline
    stack: Stack | None
    """The pipeline stack, as long as it exists."""
    removal: Removal | None
    """Its deletion, if one was requested."""


def find(given: str, settings: Settings) -> Found:
    """Return the pipeline of a path parameter, URL-encoded or not.

    Raises `NotFoundError`, or `RefusedRequestError` with the candidates' short names when several are meant.
    """
    asked = unquote(given)
    candidates = list(_candidates(asked, settings))
    if not candidates:
        raise NotFoundError(
            f"There is no pipeline {asked[:_LONGEST_SHOWN]}. GET /pipelines lists those that there are."
        )
    if len(candidates) > 1:
        names = short_names.listed([found.pipeline for found in candidates])
        raise RefusedRequestError([Problem("id", f"{asked} has several pipelines: name one of {names}")])
    return candidates[0]


def find_training(given: str, launch: Launch) -> Found:
    """Return the pipeline that trains models and has this id or name, or is the only one of a model of this name.

    Pipelines of other types do not count. Raises as `find` does.
    """
    types = list(BUILT_IN.within("training"))
    names = {type_.type_name() for type_ in types}
    candidates = [
        found
        for found in _there(given, launch, launch.stack_arns, lambda label, kind: _narrowed(label, kind, types))
        if found.pipeline.type_name in names
    ]
    if not candidates:
        raise NotFoundError(f"There is no pipeline {given[:_LONGEST_SHOWN]} that trains models.")
    if len(candidates) > 1:
        listed = short_names.listed([found.pipeline for found in candidates])
        raise RefusedRequestError([Problem("id", f"{given} has several pipelines: name one of {listed}")])
    return candidates[0]


def _candidates(asked: str, settings: Settings) -> list[Found]:
    types = installed(settings.launch)
    return _there(asked, settings.launch, settings.stack_arns, lambda label, _: pipeline_stacks.names_for(label, types))


def _narrowed(label: str, kind: str, types: Sequence[type[PipelineRequest]]) -> list[str]:
    """Return the possible names of a model's stacks of these types: of the given kind alone, if there is one."""
    names = pipeline_stacks.names_of_types(label, types)
    named = {name: pipeline_stacks.deployed_as(pipeline_stacks.common_name(name), label) for name in names}
    chosen = short_names.of_type(list(named.values()), kind) if kind else []
    # Who names no kind that there is hears of all.
    return [name for name, pipeline in named.items() if pipeline in chosen] or names


def _there(asked: str, launch: Launch, stack_arns: str, names: Callable[[str, str], list[str]]) -> list[Found]:
    """Return the pipelines that are meant; `names` gives possible names of stacks of a model, perhaps of one type."""
    bucket = launch.pipelines_bucket
    if asked.startswith("arn:"):
        arn = _STACK_ARN.fullmatch(asked) if asked.startswith(stack_arns) else None
        return _of_stack(asked, arn["name"], bucket) if arn is not None else []
    name = _NAME.fullmatch(asked)
    if name is None:
        return []
    if asked.startswith(f"{STACK_PREFIX}-"):
        return _of_stack(asked, asked, bucket)
    of_model = _of_label(name["label"], bucket, names(name["label"], name["type"] or ""))
    return _of_type(of_model, name["type"]) if name["type"] else of_model


def _of_type(of_model: list[Found], given: str) -> list[Found]:
    """Return the pipelines of a type; raises `NotFoundError` with the model's pipelines when none is of the type."""
    pipelines = [found.pipeline for found in of_model]
    chosen = short_names.of_type(pipelines, given)
    if pipelines and not chosen:
        name, there = f"{pipelines[0].label}/{given}", short_names.listed(pipelines)
        raise NotFoundError(f"There is no pipeline {name}. Of this model there is {there}.")
    return [found for found in of_model if found.pipeline in chosen]


def _of_stack(asked: str, name: str, bucket: str) -> list[Found]:
    if not pipeline_stacks.is_named_as_one(name):
        return []
    found = _found(stacks.find(asked), removal_records.find(bucket, pipeline_stacks.common_name(name)))
    # A later pipeline may have the same name: an ARN identifies only the one that it was issued for.
    return [found] if found is not None and asked in (found.pipeline.id, name) else []


def _of_label(label: str, bucket: str, names: list[str]) -> list[Found]:
    there = parallel.each("cloudformation", stacks.find, names)
    leaving = removal_records.names(bucket, f"{STACK_PREFIX}-{label.lower()}-")
    marked = (common if (common := pipeline_stacks.common_name(name)) in leaving else "" for name in names)
    found = (
        _found(stack, removal_records.find(bucket, common) if common else None)
        for stack, common in zip(there, marked, strict=True)
    )
    return [one for one in found if one is not None]


def _found(stack: Stack | None, removal: Removal | None) -> Found | None:
    if stack is None or stack.is_gone or not pipeline_stacks.holds_pipeline(stack):
        return Found(removal.pipeline, None, removal) if removal is not None else None
    # The marker may be that of an earlier pipeline with the same name.
    is_its_own = removal is not None and removal.pipeline.id == stack.arn
    return Found(pipeline_stacks.of(stack), stack, removal if is_its_own else None)
