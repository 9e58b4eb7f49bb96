# SPDX-License-Identifier: Apache-2.0
"""Lenient reading of requests: what the earlier solution took, or is plainly meant, is taken with a warning.

It comes before validation and leaves that strict: what is read differently here is validated as if it had been sent so
(compatibility 2.11). A valid value is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from orchestrator import documents
from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.problems import shortened
from orchestrator.values.objects import TakesUnknownKeys
from orchestrator.values.per_stage import STAGES, Staged
from orchestrator.values.s3_spellings import S3Spelling

_MOST_UNKNOWN: Final = 100
"""Unknown keys of one object that are ignored; somebody who sends more means something else."""
_NEVER_ABSENT: Final = "dry_run"
"""Somebody who writes this key wants no effect, whatever its value."""
_NEAR: Final = 0.75
_NEAR_TO_REQUIRED: Final = 0.6
"""Likeness from which on a key is a slip of the pen; of a required one that is missing, more is one."""
_COMPARED_CHARACTERS: Final = 100


@dataclass(frozen=True)
class Reading:
    """A body as it is understood, and what its author should know of that, in sentences."""

    body: dict[str, Any]
    notes: tuple[str, ...] = ()


def read(body: Mapping[str, Any], fields: Mapping[str, FieldInfo], launch: Launch) -> Reading:
    """Read a body with these fields by key, in each spelling. Nothing is raised: validation comes after it."""
    reader = _Reader(launch)
    return Reading(reader.object(body, fields, "", _slips(body, fields)), tuple(reader.notes))


@dataclass(frozen=True)
class _Form:
    """What a field takes."""

    spellings: tuple[S3Spelling, ...]
    model: type[BaseModel] | None
    """The object that it takes, or a list of them."""
    is_map: bool
    is_list: bool
    by_stage: bool

    @classmethod
    def of(cls, declared: FieldInfo) -> _Form:
        parts = [*declared.metadata, *_parts(declared.annotation)]
        models = [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
        return cls(
            spellings=tuple(part for part in parts if isinstance(part, S3Spelling)),
            model=models[0] if models else None,
            is_map=dict in parts,
            is_list=list in parts,
            by_stage=Staged in parts,
        )

    def takes(self, text: str) -> bool:
        """Whether JSON that begins so is meant to be decoded."""
        if text.lstrip().startswith("{"):
            return self.by_stage or self.is_map or self.model is not None
        return text.lstrip().startswith("[") and self.is_list and self.model is not None


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield every type and mark in an annotation; fields of models are not looked into."""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        yield from (*marks, *_parts(inner))
        return
    yield get_origin(annotation) or annotation
    for argument in get_args(annotation):
        yield from _parts(argument)


@dataclass
class _Reader:
    launch: Launch
    notes: list[str] = field(default_factory=list)

    def object(
        self, given: Mapping[str, Any], fields: Mapping[str, FieldInfo], path: str, refused: Set[str]
    ) -> dict[str, Any]:
        """Return an object without unknown keys, those to refuse excepted, and without empty optional values."""
        read: dict[str, Any] = {}
        for key, value in given.items():
            place = f"{path}.{key}" if path else key
            if key in refused:
                read[key] = value
            elif key not in fields:
                self.notes.append(f"{shortened(place)} is not known and is ignored")
            elif not _is_absent(key, value, fields[key]):
                read[key] = self._value(value, _Form.of(fields[key]), place)
        return read

    def _value(self, value: Any, form: _Form, place: str) -> Any:
        if isinstance(value, str):
            value = self._decoded(value, form, place)
        if isinstance(value, str):
            return self._plain(value, form, place)
        if isinstance(value, list) and form.model is not None:
            return [self._value(one, form, f"{place}.{number}") for number, one in enumerate(value)]
        if isinstance(value, Mapping) and form.by_stage and self.launch.multi_account:
            return self._stages(value, form, place)
        if isinstance(value, Mapping) and form.model is not None and not form.is_map:
            return self._inner(value, form.model, place)
        return value

    def _inner(self, given: Mapping[str, Any], model: type[BaseModel], place: str) -> dict[str, Any]:
        fields = model.model_fields
        refused = _slips(given, fields) if issubclass(model, TakesUnknownKeys) else given.keys() - fields.keys()
        return self.object(given, fields, place, refused)

    def _plain(self, text: str, form: _Form, place: str) -> str:
        for spelling in form.spellings:
            plain = spelling.plain(text, self.launch.assets_bucket)
            if plain != text:
                self.notes.append(f"{place}: {shortened(text)} is read as {shortened(plain)}")
                return plain
        return text

    def _decoded(self, text: str, form: _Form, place: str) -> Any:
        """Return the object in a JSON text, or the text for validation to refuse."""
        if not form.takes(text):
            return text
        try:
            found = documents.read(text)
        except RefusedRequestError:
            return text
        kind = "an object" if isinstance(found, dict) else "a list"
        self.notes.append(f"{place}: the JSON text is read as {kind}")
        return found

    def _stages(self, given: Mapping[str, Any], form: _Form, place: str) -> dict[str, Any]:
        """Return the values of the three stages; if one of them is missing, another name may be its misspelling."""
        others = given.keys() - set(STAGES)
        is_complete = given.keys() >= set(STAGES) and len(others) <= _MOST_UNKNOWN
        of_one = replace(form, by_stage=False)
        read: dict[str, Any] = {}
        for key, value in given.items():
            if key not in others:
                read[key] = self._value(value, of_one, f"{place}.{key}")
            elif is_complete:
                self.notes.append(f"{shortened(f'{place}.{key}')} is not a stage and is ignored")
            else:
                read[key] = value
        return read


def _is_absent(key: str, value: Any, declared: FieldInfo) -> bool:
    return value == "" and not declared.is_required() and key != _NEVER_ABSENT


def _slips(given: Mapping[str, Any], fields: Mapping[str, FieldInfo]) -> set[str]:
    """Return the unknown keys that are most likely misspelt: near to a key that is missing or empty."""
    unknown = given.keys() - fields.keys()
    if not unknown or len(unknown) > _MOST_UNKNOWN:
        return set(unknown)
    # Two spellings of a key have one declaration.
    set_ = {id(fields[key]) for key, value in given.items() if key in fields and value != ""}
    missing = {key: declared for key, declared in fields.items() if id(declared) not in set_}
    return {key for key in unknown if any(_is_near(key, other, declared) for other, declared in missing.items())}


def _is_near(written: str, known: str, declared: FieldInfo) -> bool:
    likeness = SequenceMatcher(None, _letters(written[:_COMPARED_CHARACTERS]), _letters(known))
    return likeness.ratio() >= (_NEAR_TO_REQUIRED if declared.is_required() else _NEAR)


def _letters(key: str) -> str:
    """Return a key without what only style decides: `ModelName`, `model-name` and `model_name` are alike."""
    return "".join(filter(str.isalnum, key)).lower()
