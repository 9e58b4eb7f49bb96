# SPDX-License-Identifier: Apache-2.0
"""Settings that count: an option, else the environment, else the project's `mlops.toml`, else the person's own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mlops_orchestrator.settings import files
from mlops_orchestrator.settings.files import Found

DEFAULT_STACK_NAME: Final = "mlops-orchestrator"
API_URL_VARIABLE: Final = "MLOPS_API_URL"
ENDPOINT_VARIABLE: Final = "AWS_ENDPOINT_URL"
DEFAULT: Final = "default"
# What names an account beside a profile; with one of these, the profile of a file does not count.
# https://docs.aws.amazon.com/boto3/latest/guide/credentials.html
CREDENTIALS: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


@dataclass(frozen=True)
class Setting:
    """A value, empty if there is none, and where it comes from: `--region`, a variable, a file, or `default`."""

    value: str
    source: str = DEFAULT

    @property
    def is_given(self) -> bool:
        """Whether somebody gave it."""
        return self.source != DEFAULT

    @property
    def is_option(self) -> bool:
        """Whether it stands in the command itself."""
        return self.source.startswith("--")


@dataclass(frozen=True)
class Given:
    """What a caller says explicitly; empty texts are left to the environment and the files."""

    profile: str = ""
    region: str = ""
    stack_name: str = ""
    bucket: str = ""
    option: str = ""
    output: str = ""


@dataclass(frozen=True)
class Settings:
    """Every setting with its source."""

    profile: Setting
    region: Setting
    stack_name: Setting
    bucket: Setting
    option: Setting
    output: Setting
    parameters: Mapping[str, Setting]
    """Launch parameters of the files."""
    found: Found

    @property
    def launch_parameters(self) -> dict[str, str]:
        """Launch parameters as names and values."""
        return {name: setting.value for name, setting in self.parameters.items()}

    def listed(self) -> Iterator[tuple[str, Setting]]:
        """Yield name and setting; parameters as `parameters.NAME`."""
        for name in VARIABLES:
            yield name, getattr(self, name)
        for name, setting in self.parameters.items():
            yield f"parameters.{name}", setting


VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    # In the order in which boto3 looks at the two.
    "profile": ("AWS_DEFAULT_PROFILE", "AWS_PROFILE"),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "stack_name": ("MLOPS_STACK_NAME",),
    "bucket": ("MLOPS_BUCKET",),
    "option": ("MLOPS_OPTION",),
    "output": ("MLOPS_OUTPUT",),
}
"""Setting -> variables of the environment, the first that is set counts."""

_CHOICES: Final = {"option": ("single-account", "multi-account"), "output": ("json", "text", "table")}
_DEFAULTS: Final = {"stack_name": DEFAULT_STACK_NAME, "option": "single-account", "output": "table"}


def settings(given: Given, folder: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that count in a folder. Raise SettingsError for a file or variable that cannot be used."""
    variables = os.environ if environment is None else environment
    found = files.read((folder or Path.cwd()).absolute(), variables)
    values = {name: _setting(name, getattr(given, name), variables, found) for name in VARIABLES}
    for name, choices in _CHOICES.items():
        if values[name].value not in choices:
            words = f"{values[name].source}: must be one of {', '.join(choices)}; got {values[name].value!r}"
            raise files.SettingsError(words)
    parameters = {
        name: Setting(value, str(path))
        for path, content in reversed(found.files)
        for name, value in content.parameters.items()
    }
    return Settings(**values, parameters=parameters, found=found)


def credentials_in(environment: Mapping[str, str]) -> str:
    """Return the variable that gives credentials; empty if none does."""
    return next((name for name in CREDENTIALS if environment.get(name)), "")


def _setting(name: str, option: str, environment: Mapping[str, str], found: Found) -> Setting:
    if option:
        return Setting(option, f"--{name.replace('_', '-')}")
    for variable in VARIABLES[name]:
        if value := environment.get(variable):
            return Setting(value, variable)
    if name == "profile" and (variable := credentials_in(environment)):
        return Setting("", variable)
    for path, content in found.files:
        if value := getattr(content, name):
            return Setting(value, str(path))
    return Setting(_DEFAULTS.get(name, ""))
