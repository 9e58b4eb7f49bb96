# SPDX-License-Identifier: Apache-2.0
"""Options of `mlops check` beside those of every request without AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from scripts.cli.options import ApiStack


@dataclass(frozen=True)
class Asking:
    """Options of `mlops check`: the orchestrator that is asked."""

    profile: Annotated[str | None, typer.Option(help="Profile of your AWS configuration.")] = None
    endpoint_url: Annotated[str, typer.Option(envvar="AWS_ENDPOINT_URL", help="Address of a local AWS.")] = ""
    stack_name: ApiStack = None
    offline: Annotated[
        bool, typer.Option("--offline", help="Only validate; do not ask an orchestrator what is there.")
    ] = False
