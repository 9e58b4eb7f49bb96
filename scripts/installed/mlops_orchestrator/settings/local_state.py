# SPDX-License-Identifier: Apache-2.0
"""Local AWS of this folder or of one above it: where `mlops local` says that it runs, and whether it does."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mlops_orchestrator.errors import NotFound
from mlops_orchestrator.settings import hints
from mlops_orchestrator.settings.owners import is_trusted

FILE: Final = Path(".local-aws") / "ready.json"
"""File in which `mlops local` tells its address, below the folder where it runs."""
_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
# A busy machine may take its time to answer, while nothing at all is known at once.
_SECONDS: Final = 10
# Served by the local AWS alone, which answers it as API Gateway does for an API that is not there.
_PATH: Final = "/_apis/"


class NoLocalAwsError(NotFound):
    """Raised where no local AWS runs; `str()` says what to do."""


@dataclass(frozen=True)
class LocalState:
    """What a `mlops local` told when it was ready."""

    file: Path
    content: dict[str, Any]

    @property
    def endpoint_url(self) -> str:
        """Address of every service."""
        return str(self.content["endpoint_url"])

    @property
    def region(self) -> str:
        """Region that everything is in."""
        return str(self.content["region"])

    @property
    def stack_name(self) -> str:
        """Name of the root stack."""
        return str(self.content["stack_name"])

    @property
    def option(self) -> str:
        """Deployment option: the stages have accounts in one of them only."""
        return "multi-account" if len(self.content.get("accounts", ())) > 1 else "single-account"

    @property
    def use_model_registry(self) -> bool:
        """Whether it was launched to deploy from the model registry."""
        return bool(self.content.get("use_model_registry"))

    @property
    def folder(self) -> Path:
        """Folder where it runs."""
        return self.file.parent.parent


def find(folder: Path) -> LocalState | None:
    """Return the state in the folder or the nearest one above it. Unreadable files and those of others are no state."""
    for each in (folder, *folder.parents):
        file = each / FILE
        with suppress(OSError, ValueError):
            if is_trusted(file) and (state := _state(file)):
                return state
    return None


def running(folder: Path) -> LocalState:
    """Return the state of a local AWS that answers. Raise NoLocalAwsError."""
    state = find(folder)
    if state is None:
        raise NoLocalAwsError(
            f"no local AWS runs in this folder or above it, {FILE} is missing: run `{hints.command('local')}`"
        )
    check(state)
    return state


def check(state: LocalState) -> None:
    """Raise NoLocalAwsError if it does not answer, and forget it if nothing listens at its address."""
    reason = _silence(state)
    if reason is None:
        return
    raise NoLocalAwsError(
        f"the local AWS of {state.folder} does not answer at {state.endpoint_url} ({reason}):"
        f" run `{hints.command('local')}` there again, or this command once more for AWS itself"
    )


def _state(file: Path) -> LocalState | None:
    content = json.loads(file.read_text(encoding="utf-8"))
    needed = {"endpoint_url", "region", "stack_name"}
    if not isinstance(content, dict) or not needed <= content.keys():
        return None
    # Whatever a file says, it cannot send requests to another machine.
    is_here = urllib.parse.urlsplit(str(content["endpoint_url"])).hostname in _HOSTS
    return LocalState(file, content) if is_here else None


def _silence(state: LocalState) -> str | None:
    """Return why it does not answer; None if it does."""
    place = urllib.parse.urlsplit(state.endpoint_url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_SECONDS)
    try:
        connection.request("GET", _PATH)
        if connection.getresponse().headers["x-amzn-ErrorType"]:
            return None
    except ConnectionRefusedError:
        state.file.unlink(missing_ok=True)
        return "it has ended, and is forgotten"
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    state.file.unlink(missing_ok=True)
    return "something else listens there, and it is forgotten"
