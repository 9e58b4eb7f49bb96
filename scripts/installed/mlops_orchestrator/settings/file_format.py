# SPDX-License-Identifier: Apache-2.0
"""Content of `mlops.toml`."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails


class UnusableFileError(Exception):
    """Raised for a file that cannot be used; each line of `str()` names the file and a key."""


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


def parsed(path: Path) -> SettingsFile:
    """Return the content of a file. Raise UnusableFileError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnusableFileError(f"{path} cannot be read: {os.strerror(error.errno or 0)}") from None
    except UnicodeDecodeError:
        raise UnusableFileError(f"{path} is no text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise UnusableFileError(f"{path} is no TOML: {error}") from None
    try:
        return SettingsFile.model_validate(content)
    except ValidationError as error:
        raise UnusableFileError("\n".join(_problems(path, error))) from None


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
