# SPDX-License-Identifier: Apache-2.0
"""`GET /pipelines/{id}/runs`: the runs of a monitor, the newest first, page by page."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from orchestrator import problems
from orchestrator.errors import Problem, RefusedRequestError, ServiceBusyError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import lookup
from orchestrator.provisioned.runs import finding, model_monitor, open_engine, records
from orchestrator.provisioned.runs.run import Page

if TYPE_CHECKING:
    from orchestrator import answers

_INVALID: Final = "ValidationException"


class RunsRequest(BaseModel):
    """Query of `GET /pipelines/{id}/runs`."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    limit: Annotated[int, Field(ge=1, le=50, description="most runs to list at once")] = 20
    next: Annotated[str, Field(max_length=8192, description="the `next` of the page before")] = ""


def answer(given: str, query: Mapping[str, str], settings: Settings) -> "answers.MonitorRunList":
    """Return one page; raises the errors of `orchestrator.errors`.

    Runs in this account are what SageMaker tells of them. Those in the accounts of stages are what their events told.
    """
    asked = problems.validated(RunsRequest, dict(query))
    page = _page(lookup.find(given, settings), asked, settings)
    runs = [run.told() for run in page.runs]
    return {"runs": runs, "next": page.following} if page.following else {"runs": runs}


def _page(found: lookup.Found, asked: RunsRequest, settings: Settings) -> Page:
    if found.pipeline.stack_sets:
        finding.check(found.pipeline)
        return records.page(settings.launch.pipelines_bucket, found.pipeline.common_name, asked.limit, asked.next)
    monitor = finding.of(found)
    listed = open_engine.page if monitor.is_open else model_monitor.page
    try:
        return listed(monitor, asked.limit, asked.next)
    except ServiceBusyError:
        raise
    except ServiceRefusedError as error:
        if asked.next and error.code == _INVALID:
            refused = Problem("next", "is not what this list gave, or too old: begin again without it")
            raise RefusedRequestError([refused]) from error
        raise
