# SPDX-License-Identifier: Apache-2.0
"""`mlops.toml`: the file of a project, and that of a person."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from mlops_orchestrator.errors import MlopsError
from mlops_orchestrator.settings.owners import is_trusted

NAME: Final = "mlops.toml"


class SettingsError(MlopsError):
    """Raised for settings that cannot be used; `str()` names each file and key, and what would be right."""


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        raise ValueError('a launch parameter is no boolean: write "Yes" or "No"')
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    if isinstance(value, str | int):
        return str(value)
    raise ValueError("a launch parameter is text, a number or a list of texts")


_Text = Annotated[str, StringConstraints(min_length=1)]


class SettingsFile(BaseModel):
    """Keys of `mlops.toml`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    profile: _Text | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,}(-[a-z]+)+-\d+$")] | None = None
    stack_name: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z][-a-zA-Z0-9]{0,127}$")] | None = None
    bucket: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] | None = None
    option: Literal["single-account", "multi-account"] | None = None
    output: Literal["text", "table", "json"] | None = None
    parameters: dict[str, Annotated[str, BeforeValidator(_as_text)]] = {}


# What a value must look like, in words that a pattern does not say.
_EXPECTED: Final[Mapping[str, str]] = {
    "profile": "the name of a profile",
    "region": "an AWS Region, such as eu-west-1",
    "stack_name": "a stack's name: a letter, then letters, digits and hyphens",
    "bucket": "a bucket's name, such as my-artifacts",
    "option": "single-account or multi-account",
    "output": "text, table or json",
    "parameters": 'a table of launch parameters, such as UseModelRegistry = "Yes"',
}


@dataclass(frozen=True)
class Found:
    """Files that were read, the nearest first, and notices about those that were not."""

    files: tuple[tuple[Path, SettingsFile], ...] = ()
    notices: tuple[str, ...] = field(default=())


def read(folder: Path, environment: Mapping[str, str]) -> Found:
    """Read the project's file and the person's. Raise SettingsError that names every problem."""
    paths = list(dict.fromkeys(_places(folder, environment)))
    strange = [path for path in paths if not is_trusted(path)]
    read_, problems = [], []
    for path in (one for one in paths if one not in strange):
        try:
            read_.append((path, _parsed(path)))
        except SettingsError as error:
            problems.append(str(error))
    if problems:
        raise SettingsError("\n".join(problems))
    notices = tuple(f"{path} belongs to somebody else, and is not read" for path in strange)
    return Found(tuple(read_), notices)


def of_person(environment: Mapping[str, str]) -> Path | None:
    """Return the path of a person's own file, which need not exist; None for somebody without a home."""
    try:
        configured = environment.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    except RuntimeError:
        return None
    return Path(configured) / "mlops" / NAME


def _places(folder: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    nearest = next((path for each in (folder, *folder.parents) if (path := each / NAME).is_file()), None)
    yield from (path for path in (nearest, of_person(environment)) if path is not None and path.is_file())


def _parsed(path: Path) -> SettingsFile:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {os.strerror(error.errno or 0)}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is no text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is no TOML: {error}") from None
    try:
        return SettingsFile.model_validate(content)
    except ValidationError as error:
        raise SettingsError("\n".join(_problems(path, error))) from None


def _problems(path: Path, error: ValidationError) -> Iterator[str]:
    # Each key once, although a value may fail in several ways.
    for key, details in {_key(one): one for one in error.errors(include_url=False)}.items():
        yield f"{path}: {key}: {_words(key, details)}"


def _key(details: ErrorDetails) -> str:
    return ".".join(map(str, details["loc"]))


def _words(key: str, details: ErrorDetails) -> str:
    if details["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, SettingsFile.model_fields, n=1)
        known = ", ".join(SettingsFile.model_fields)
        return f"is not known, the nearest is {near[0]}" if near else f"is not known; there are {known}"
    if details["type"] == "value_error":
        return f"{details['msg'].removeprefix('Value error, ')}; got {details['input']!r}"
    return f"must be {_EXPECTED[key.partition('.')[0]]}; got {details['input']!r}"
