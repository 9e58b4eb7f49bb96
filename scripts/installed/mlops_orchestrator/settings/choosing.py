# SPDX-License-Identifier: Apache-2.0
"""Which AWS a caller means: what is named wins, and a local AWS of the folder serves where nothing is named.

A local AWS that has ended is never followed by AWS itself in the same breath: the command stops and says so.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlops_orchestrator.settings import effective, local_state
from mlops_orchestrator.settings.effective import API_URL_VARIABLE, ENDPOINT_VARIABLE, Given, Settings
from mlops_orchestrator.settings.local_state import LocalState


@dataclass(frozen=True)
class Chosen:
    """AWS that a caller means, with the settings that count there."""

    settings: Settings
    endpoint_url: str = ""
    """Address of a local AWS; empty for AWS itself."""
    local: LocalState | None = None
    """The local AWS of the folder, if that is meant."""
    by: str = ""
    """What names it, such as `--local` or `AWS_PROFILE`; empty if nothing does."""

    @property
    def profile(self) -> str | None:
        """Profile to hand to boto3, which finds that of the environment itself; None for no other than that."""
        profile = self.settings.profile
        return None if profile.source in effective.VARIABLES["profile"] else profile.value or None

    @property
    def region(self) -> str | None:
        """Region; None if it is left to the profile."""
        region = self.settings.region
        if self.local is None or region.is_option:
            return region.value or None
        return self.local.region

    @property
    def api_url(self) -> str:
        """Address of the API that the environment names, unless a local AWS or a stack's name is meant."""
        if self.local is not None or self.settings.stack_name.is_option:
            return ""
        return os.environ.get(API_URL_VARIABLE, "")

    @property
    def stack_name(self) -> str:
        """Name of the root stack."""
        name = self.settings.stack_name
        return name.value if name.is_given or self.local is None else self.local.stack_name

    @property
    def notice(self) -> str:
        """Sentence about a choice that nobody made; empty if somebody did."""
        if self.local is None or self.by:
            return ""
        return f"using the local AWS of {self.local.folder}, at {self.endpoint_url}; --profile or --region choose AWS"


def choose(given: Given, *, local: bool = False, endpoint_url: str = "", folder: Path | None = None) -> Chosen:
    """Return the AWS that is meant. Raise SettingsError, or NoLocalAwsError if a local one is, and none answers."""
    here = (folder or Path.cwd()).absolute()
    settings = effective.settings(given, here)
    if local:
        state = local_state.running(here)
        return Chosen(settings, state.endpoint_url, state, "--local")
    if address := endpoint_url or os.environ.get(ENDPOINT_VARIABLE, ""):
        by = ENDPOINT_VARIABLE if address == os.environ.get(ENDPOINT_VARIABLE) else "--endpoint-url"
        return Chosen(settings, address, by=by)
    if by := _naming(settings, os.environ):
        return Chosen(settings, by=by)
    found = local_state.find(here)
    if found is None:
        return Chosen(settings)
    if settings.region.is_given and settings.region.value != found.region:
        return Chosen(settings, by=settings.region.source)
    local_state.check(found)
    return Chosen(settings, found.endpoint_url, found)


def _naming(settings: Settings, environment: Mapping[str, str]) -> str:
    """Return what names AWS itself; empty if nothing does. A Region names it only as an option: many have one set."""
    if settings.profile.is_given:
        return settings.profile.source
    if settings.region.is_option:
        return settings.region.source
    return API_URL_VARIABLE if environment.get(API_URL_VARIABLE) else effective.credentials_in(environment)
