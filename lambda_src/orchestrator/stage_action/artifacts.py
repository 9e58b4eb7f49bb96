# SPDX-License-Identifier: Apache-2.0
"""Definition of a stage's StackSet, read from the package that the pipeline's source action stored.

Members are read by their names, each up to a limit, and never extracted, so that a hostile archive can neither write
files nor exhaust the memory.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from orchestrator import problems
from orchestrator.aws.cloudformation.stack_sets import Definition
from orchestrator.plan.plan import MOST_INLINE_BYTES, TAGS_FILE, TEMPLATE_URL_FILE
from orchestrator.stage_action.jobs import UnusableJobError

LONGEST_PACKAGE: Final = 16 * 1024 * 1024
"""Bytes; a package holds one template and a few parameter files."""

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LONGEST_TEMPLATE: Final = 1_048_576
_LONGEST_URL: Final = 5_120
# 200 parameters of 4,096 characters each, with some room for names and escapes.
_LONGEST_PARAMETER_FILE: Final = 2 * 1024 * 1024
# Fifty tags for each of three stages, with room.
_LONGEST_TAGS: Final = 256 * 1024
_SHOWN_MEMBERS: Final = 10


class _Parameter(BaseModel):
    model_config = ConfigDict(strict=True)

    ParameterKey: str
    ParameterValue: str


_PARAMETERS: Final = TypeAdapter(list[_Parameter], config=ConfigDict(defer_build=True))
_TAGS: Final = TypeAdapter(dict[str, dict[str, str]], config=ConfigDict(defer_build=True, strict=True))


def definition(package: bytes, template_file: str, parameter_file: str) -> Definition:
    """Read template and parameters; raises `UnusableJobError` for what is missing, too long or malformed."""
    with _opened(package) as archive:
        _require(archive, template_file, parameter_file)
        template = _text(archive, template_file, LONGEST_TEMPLATE)
        parameters = _text(archive, parameter_file, _LONGEST_PARAMETER_FILE)
        # A package of an earlier release has no tags.
        tags = _text(archive, TAGS_FILE, _LONGEST_TAGS) if TAGS_FILE in archive.namelist() else "{}"
        url = _url(archive, template_file, len(template.encode()))
    found = Definition.of(template, _parameters(parameter_file, parameters), _tags(parameter_file, tags))
    return replace(found, template_url=url)


def member(package: bytes, name: str, longest: int) -> str | None:
    """Read a further file; `None` if there is none. Raises `UnusableJobError` for what is too long or malformed."""
    with _opened(package) as archive:
        return _text(archive, name, longest) if name in archive.namelist() else None


@contextmanager
def _opened(package: bytes) -> Iterator[zipfile.ZipFile]:
    if len(package) > LONGEST_PACKAGE:
        raise _refused(f"it is longer than {LONGEST_PACKAGE} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        # zipfile raises RuntimeError for an encrypted member.
        raise _refused(f"it cannot be read as a zip archive ({error})") from error


def _refused(problem: str) -> UnusableJobError:
    return UnusableJobError("The pipeline's artifact cannot be deployed", [problem])


def _require(archive: zipfile.ZipFile, *names: str) -> None:
    there = archive.namelist()
    if missing := [name for name in names if name not in there]:
        shown = ", ".join(there[:_SHOWN_MEMBERS]) or "nothing"
        raise _refused(f"it holds no {' and no '.join(missing)}; it holds {shown}")


def _url(archive: zipfile.ZipFile, template_file: str, length: int) -> str:
    """Return the URL of a template that is too long for a request; empty for any other."""
    if length <= MOST_INLINE_BYTES:
        return ""
    if TEMPLATE_URL_FILE not in archive.namelist():
        raise _refused(f"{template_file} is longer than {MOST_INLINE_BYTES} bytes, and there is no {TEMPLATE_URL_FILE}")
    return _text(archive, TEMPLATE_URL_FILE, _LONGEST_URL).strip()


def _text(archive: zipfile.ZipFile, name: str, longest: int) -> str:
    with archive.open(name) as member:
        content = member.read(longest + 1)
    if len(content) > longest:
        raise _refused(f"{name} is longer than {longest} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(f"{name} is not UTF-8 at byte {error.start}") from error


def _parameters(name: str, text: str) -> list[tuple[str, str]]:
    try:
        entries = _PARAMETERS.validate_json(text)
    except ValidationError as error:
        found = "; ".join(str(problem) for problem in problems.from_validation(error, {}))
        expected = 'a list of {"ParameterKey": "...", "ParameterValue": "..."}'
        raise _refused(f"{name} must be {expected}: {found}") from error
    return [(entry.ParameterKey, entry.ParameterValue) for entry in entries]


def _tags(parameter_file: str, text: str) -> list[tuple[str, str]]:
    """Return the tags of the stage to which the parameter file belongs."""
    try:
        return list(_TAGS.validate_json(text).get(parameter_file, {}).items())
    except ValidationError as error:
        found = "; ".join(str(problem) for problem in problems.from_validation(error, {}))
        raise _refused(f"{TAGS_FILE} must be an object of tags for each parameter file: {found}") from error
