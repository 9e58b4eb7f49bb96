# SPDX-License-Identifier: Apache-2.0
"""`GET /pipelines`: pipelines page by page, each with its progress and its pending approvals.

A page follows CloudFormation's own pages of all stacks, so that its cost does not grow with their number. With filters
a page may be short or empty although there are more pipelines: only `next` shows whether there are.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator import problems
from orchestrator.aws import parallel
from orchestrator.aws.cloudformation import stack_listing
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.codepipeline.codepipelines import Execution
from orchestrator.errors import Problem, RefusedRequestError, ServiceRefusedError
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.installed import installed
from orchestrator.provisioned import pipeline_stacks

if TYPE_CHECKING:
    from orchestrator import answers

_MOST_LISTINGS: Final = 5
"""Pages of stacks read for one request: each takes CloudFormation a good part of a second."""


class ListRequest(BaseModel):
    """Query of `GET /pipelines`."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    limit: Annotated[int, Field(ge=1, le=50, description="most pipelines to list at once")] = 20
    next: Annotated[str, Field(max_length=4096, description="the `next` of the page before")] = ""
    model_name: Annotated[str, Field(max_length=256, description="only pipelines of this model")] = ""
    pipeline_type: Annotated[str, Field(max_length=64, description="only pipelines of this type")] = ""

    def takes(self, stack: Stack) -> bool:
        """True if a stack holds a pipeline that the request selects."""
        if not pipeline_stacks.holds_pipeline(stack):
            return False
        pipeline = pipeline_stacks.of(stack)
        type_name, label = self.pipeline_type, self.model_name.lower()
        return type_name in ("", pipeline.type_name) and label in ("", pipeline.label.lower())


@dataclass(frozen=True)
class _Place:
    """Start of a page: on the page of CloudFormation's token, after the stack that was listed last."""

    token: str = ""
    after: str = ""

    @classmethod
    def of(cls, text: str) -> Self:
        if not text:
            return cls()
        try:
            content = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
        except ValueError:
            raise _no_place() from None
        match content:
            case [str(token), str(after)]:
                return cls(token, after)
        raise _no_place()

    def text(self) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.token, self.after]).encode()).decode()

    def rest(self, stacks: Sequence[Stack]) -> Sequence[Stack]:
        """Return the stacks after this place; all of the page if that stack is gone, so that none is missed."""
        places = [index for index, stack in enumerate(stacks) if stack.arn == self.after]
        return stacks[places[0] + 1 :] if places else stacks


def _no_place() -> RefusedRequestError:
    return RefusedRequestError([Problem("next", "is not what this list gave, or too old: begin again without it")])


def answer(query: Mapping[str, str], launch: Launch) -> "answers.PipelineList":
    """Return one page; raises the errors of `orchestrator.errors`."""
    asked = _request(query, launch)
    found, following = _scan(asked)
    listed = parallel.each("codepipeline", _entry, found)
    return {"pipelines": listed, "next": following.text()} if following else {"pipelines": listed}


def _request(query: Mapping[str, str], launch: Launch) -> ListRequest:
    try:
        asked = ListRequest.model_validate(dict(query))
    except ValidationError as error:
        raise RefusedRequestError(list(problems.from_validation(error, ListRequest.model_fields))) from None
    if not asked.pipeline_type:
        return asked
    return asked.model_copy(update={"pipeline_type": installed(launch).find(asked.pipeline_type).type_name()})


def _scan(asked: ListRequest) -> tuple[list[Stack], _Place | None]:
    """Return the stacks of a page, and the start of the next one."""
    place: _Place | None = _Place.of(asked.next)
    found: list[Stack] = []
    for _ in range(_MOST_LISTINGS):
        if place is None:
            break
        page = stack_listing.page(place.token)
        if page is None:
            raise _no_place()
        following = _Place(page.token) if page.token else None
        rest = place.rest(page.stacks)
        for index, stack in enumerate(rest):
            if asked.takes(stack):
                found.append(stack)
            if len(found) == asked.limit:
                has_more = any(asked.takes(other) for other in rest[index + 1 :])
                return found, _Place(place.token, stack.arn) if has_more else following
        place = following
    return found, place


def _entry(stack: Stack) -> "answers.PipelineSummary":
    state, newest = _state(pipeline_stacks.pipeline_name(stack))
    stages = state.get("stageStates", [])
    return {
        **pipeline_stacks.of(stack).description(),
        "stack_status": stack.status,
        "stages": [_stage(stage) for stage in stages],
        "last_execution": _execution(newest) if newest else None,
        "waiting": [asked for stage in stages for asked in _waiting(stage)],
    }


def _state(pipeline: str | None) -> tuple[Mapping[str, Any], Execution | None]:
    """Return CodePipeline's state and the newest execution; empty while there is no pipeline."""
    if pipeline is None:
        return {}, None
    try:
        return codepipelines.state(pipeline), codepipelines.newest_execution(pipeline)
    except ServiceRefusedError as error:
        if error.code == codepipelines.NOT_THERE:
            return {}, None
        raise


def _stage(stage: Mapping[str, Any]) -> "answers.StageState":
    latest = stage.get("latestExecution", {})
    return {
        "name": stage["stageName"],
        "status": latest.get("status"),
        "execution": latest.get("pipelineExecutionId"),
    }


def _execution(newest: Execution) -> "answers.LastExecution":
    return {"id": newest.id, "status": newest.status, "started_at": newest.started_at, "trigger": newest.trigger}


def _waiting(stage: Mapping[str, Any]) -> Iterator["answers.WaitingApproval"]:
    """Yield the pending approvals of a stage."""
    for action in stage.get("actionStates", ()):
        latest = action.get("latestExecution", {})
        if codepipelines.awaits_decision(action):
            yield {
                "stage": stage["stageName"],
                "action": action["actionName"],
                "since": latest.get("lastStatusChange"),
                "execution": stage.get("latestExecution", {}).get("pipelineExecutionId"),
            }
