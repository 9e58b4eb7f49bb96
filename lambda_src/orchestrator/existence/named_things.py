# SPDX-License-Identifier: Apache-2.0
"""The things that a valid request names and that must be there, read from the marks of its keys' types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.values.per_stage import Staged, by_key
from orchestrator.values.things import Around, Bucket, MustExist, Thing

PACKAGE_KEY: Final = "model_package_name"
ENDPOINT_KEY: Final = "endpoint_name"
TRAINING_KEY: Final = "retrain.pipeline"
ALARMS_KEY: Final = "deployment.monitors"


@dataclass(frozen=True)
class Named:
    """A thing, and the key of the request that names it."""

    key: str
    thing: Thing


def around(launch: Launch) -> Around:
    """What values do not say themselves."""
    return Around(launch.account, launch.region, launch.assets_bucket)


def of(request: PipelineRequest, launch: Launch) -> tuple[Named, ...]:
    """Return each thing once, in the order of the keys.

    What is deployed to dev, staging and prod uses things of their accounts, into which nobody looks from here: of those
    only things of the orchestrator's own account are named. Things of other Regions are left out, too: a client asks
    its own Region, and AWS's services use things of theirs. The assets bucket itself is there.
    """
    known, unused = around(launch), request.unused_keys(launch)
    is_here = None in request.stages(launch)
    found: dict[Thing, str] = {}
    for name, mark in _marked(type(request)):
        if name not in unused:
            for key, thing in _things(request, name, mark, known):
                if (is_here or thing.is_near(known)) and _is_looked_up(thing, known):
                    found.setdefault(thing, key)
    return tuple(Named(key, thing) for thing, key in found.items())


def keys(request: PipelineRequest, launch: Launch) -> tuple[str, ...]:
    """Return the keys, in order, whose values name something that the orchestrator looks at, readings included."""
    named = {each.key for each in of(request, launch)} | {file.request_key for file in request.csv_files(launch)}
    if request.model_package(launch):
        named.add(PACKAGE_KEY)
    if request.monitored_endpoints() and not launch.multi_account:
        named.add(ENDPOINT_KEY)
    if request.retrained_by():
        named.add(TRAINING_KEY)
    named.update(request.further_packages(launch))
    if request.alarms_of_monitors(launch):
        named.add(ALARMS_KEY)
    declared = list(type(request).model_fields)
    return tuple(sorted(named, key=lambda key: declared.index(key.split(".")[0])))


def _is_looked_up(thing: Thing, known: Around) -> bool:
    return thing != Bucket(known.assets_bucket) and getattr(thing, "region", "") in {"", known.region}


def _things(request: BaseModel, path: str, mark: MustExist, known: Around) -> Iterator[tuple[str, Thing]]:
    for key, one in _values(request, path.split("."), ""):
        if one and (thing := mark.named(one, known)) is not None:
            yield key, thing


def _values(holder: Any, names: Sequence[str], key: str) -> Iterator[tuple[str, Any]]:
    """Yield the values at a path below an object, a value by stage or a list, each with its key."""
    if not names:
        yield from by_key(key, holder)
    elif isinstance(holder, Staged):
        for below, each in by_key(key, holder):
            yield from _values(each, names, below)
    elif isinstance(holder, list | tuple):
        for index, each in enumerate(holder):
            yield from _values(each, names, f"{key}.{index}")
    elif holder is not None:
        first, *rest = names
        yield from _values(getattr(holder, first, None), rest, f"{key}.{first}" if key else first)


@cache
def _marked(type_: type[PipelineRequest]) -> tuple[tuple[str, MustExist], ...]:
    """Return the path and the mark of each key, those in objects too."""
    return tuple(_in_fields(type_.model_fields, ""))


def _in_fields(fields: Mapping[str, FieldInfo], before: str) -> Iterator[tuple[str, MustExist]]:
    for name, declared in fields.items():
        path = f"{before}{name}"
        marks = [*_marks_in(declared.annotation), *declared.metadata]
        # A type that is made of another has the mark of that, too: the outer one counts.
        yield from ((path, mark) for mark in [mark for mark in marks if isinstance(mark, MustExist)][-1:])
        for model in _models_in(declared.annotation):
            yield from _in_fields(model.model_fields, f"{path}.")


def _marks_in(annotation: Any) -> Iterator[Any]:
    """Yield the marks anywhere in a type, such as those of the forms of a value by stage."""
    yield from getattr(annotation, "__metadata__", ())
    for argument in get_args(annotation):
        yield from _marks_in(argument)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
