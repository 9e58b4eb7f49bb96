# SPDX-License-Identifier: Apache-2.0
"""What a shell offers at the Tab key beside commands and options: pipelines, pipeline types, stages.

Whoever presses Tab waits, and reads no errors: an answer comes soon, or there is none.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, suppress
from typing import TYPE_CHECKING, Any, Final

import typer

if TYPE_CHECKING:
    from mlops_orchestrator.aws.api_client import OrchestratorApi

_SECONDS: Final = 3.0
_MOST: Final = 50


def pipelines(context: typer.Context, incomplete: str) -> list[str]:
    """Return the short names of pipelines of the orchestrator that the options so far lead to."""
    given = dict(context.params)
    return _soon(lambda: [name for name in _short_names(given) if name.startswith(incomplete)])


def runs(context: typer.Context, incomplete: str) -> list[str]:
    """Return the ends of the ids of a monitor's newest runs, as tables show them."""
    given = dict(context.params)
    return _soon(lambda: [name for name in _run_ids(given) if name.startswith(incomplete)])


def types(incomplete: str) -> list[str]:
    """Return the names of built-in pipeline types, and their short names where a name is not begun with."""
    return _soon(lambda: [name for name in _types() if name.startswith(incomplete)])


def full_types(incomplete: str) -> list[str]:
    """Return the names of built-in pipeline types as requests have them."""
    return _soon(lambda: [name for name in _types(short=False) if name.startswith(incomplete)])


def script(shell: str) -> str:
    """Return what a shell reads to complete `mlops`: `source <(mlops completion bash)`."""
    from typer import completion

    # Documented, and exported by no `__all__`.
    make: Callable[..., str] = vars(completion)["get_completion_script"]
    return make(prog_name="mlops", complete_var="_MLOPS_COMPLETE", shell=shell)


def stages(incomplete: str) -> list[str]:
    """Return the stages that somebody approves."""
    return [name for name in ("staging", "prod") if name.startswith(incomplete)]


def _soon(find: Callable[[], list[str]]) -> list[str]:
    """Return what is found in time; nothing after a failure of any kind."""
    found: list[str] = []

    def search() -> None:
        with suppress(Exception), redirect_stderr(io.StringIO()):
            found.extend(find())

    searching = threading.Thread(target=search, daemon=True)
    searching.start()
    searching.join(_SECONDS)
    return list(found)


def _run_ids(given: Mapping[str, Any]) -> Iterator[str]:
    from mlops_orchestrator.client.monitor_runs import Monitor
    from scripts.cli.monitors import names

    named = names.of_monitor(str(given.get("pipeline") or ""))
    yield from (names.short(run.id) for run in Monitor(_api(given), named).runs(_MOST))


def _short_names(given: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(one["short_name"]) for one in _api(given).list(limit=_MOST).body.get("pipelines", ()))


def _api(given: Mapping[str, Any]) -> OrchestratorApi:
    from mlops_orchestrator.client import connection
    from mlops_orchestrator.settings import choosing
    from mlops_orchestrator.settings.effective import Given

    named = {name: given.get(name) or "" for name in ("profile", "region", "stack_name")}
    chosen = choosing.choose(
        Given(**named), local=bool(given.get("local")), endpoint_url=given.get("endpoint_url") or ""
    )
    return connection.api_of(chosen, connection.reached(chosen))


def _types(short: bool = True) -> Iterator[str]:
    from orchestrator.pipeline_types.built_in import BUILT_IN

    for name in BUILT_IN.names():
        yield name
        if short:
            yield BUILT_IN.get(name).short_name
    if not short:
        # What `mlops new` drafts: there are no pipelines of these.
        yield from BUILT_IN.operations.places
