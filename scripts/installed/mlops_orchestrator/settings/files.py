# SPDX-License-Identifier: Apache-2.0
"""Files of settings: that of a project, and that of a person. What they hold is read only where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlops_orchestrator.errors import MlopsError
from mlops_orchestrator.settings.owners import is_trusted

if TYPE_CHECKING:
    from mlops_orchestrator.settings.file_format import SettingsFile

NAME: Final = "mlops.toml"


class SettingsError(MlopsError):
    """Raised for settings that cannot be used; `str()` names each file and key, and what would be right."""


@dataclass(frozen=True)
class Found:
    """Files that were read, the nearest first, and notices about those that were not."""

    files: tuple[tuple[Path, SettingsFile], ...] = ()
    notices: tuple[str, ...] = ()


def read(folder: Path, environment: Mapping[str, str]) -> Found:
    """Read the project's file and the person's. Raise SettingsError that names every problem."""
    paths = list(dict.fromkeys(_places(folder, environment)))
    if not paths:
        return Found()
    # pydantic, which takes longer to load than all of the rest.
    from mlops_orchestrator.settings import file_format  # noqa: PLC0415

    strange = [path for path in paths if not is_trusted(path)]
    read_, problems = [], []
    for path in (one for one in paths if one not in strange):
        try:
            read_.append((path, file_format.parsed(path)))
        except file_format.UnusableFileError as error:
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
