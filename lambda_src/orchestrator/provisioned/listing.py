# SPDX-License-Identifier: Apache-2.0
"""`GET /pipelines`: pipelines page by page, each with its progress and its pending approvals.

A page follows CloudFormation's own pages of all stacks, so that its cost does not grow with their number. With filters
a page may be short or empty although there are more pipelines: only `next` shows whether there are.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from orchestrator import problems
from orchestrator.aws import parallel
from orchestrator.aws.cloudformation import stack_listing, stacks
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.codepipeline.codepipelines import Execution
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Launch, Settings
from orchestrator.pipeline_types.installed import installed
from orchestrator.provisioned import pipeline_stacks, progress, state, work
from orchestrator.provisioned.awaited import approvals
from orchestrator.provisioned.state import Seen, Work

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


@dataclass(frozen=True)
class _Listed:
    """A pipeline with what CodePipeline says of it; without a pipeline, the answer is empty."""

    stack: Stack
    answer: Mapping[str, Any]
    newest: Execution | None

    @property
    def has_deployed(self) -> bool:
        """True if all is deployed, so that its work matters."""
        return next(state.of_deployment(progress.of(self.stack, self.answer, self.newest)), None) is None


def answer(query: Mapping[str, str], settings: Settings) -> "answers.PipelineList":
    """Return one page; raises the errors of `orchestrator.errors`."""
    asked = _request(query, settings.launch)
    found, known, following = _scan(asked)
    entries = summaries(found, known, settings)
    return {"pipelines": entries, "next": following.text()} if following else {"pipelines": entries}


def summaries(
    found: Sequence[Stack], known: Mapping[str, Stack], settings: Settings
) -> "list[answers.PipelineSummary]":
    """Return what the list tells of the pipelines in these stacks; `known` are stacks by name that need no look-up.

    Raises the errors of `orchestrator.errors`.
    """
    listed = parallel.each("codepipeline", _listed, found)
    works = _works([one.stack for one in listed if one.has_deployed], known, settings)
    return [_entry(one, works.get(one.stack.arn, Work())) for one in listed]


def _works(found: Sequence[Stack], known: Mapping[str, Stack], settings: Settings) -> dict[str, Work]:
    """Return the work of pipelines, by their stacks' ARNs; `known` are stacks by name that were listed anyway."""
    pipelines = {stack.arn: pipeline_stacks.of(stack) for stack in found}
    wanted = {one.deployed_stack for one in pipelines.values() if one.deployed_stack}
    missing = sorted(wanted - known.keys())
    looked_up = parallel.each("cloudformation", stacks.find, missing) if missing else []
    deployed: dict[str, Stack | None] = {**known, **dict(zip(missing, looked_up, strict=True))}

    def read(stack: Stack) -> Work:
        pipeline = pipelines[stack.arn]
        own = deployed.get(pipeline.deployed_stack) if pipeline.deployed_stack else stack
        return work.of_deployed(pipeline, own, settings)

    has_work = any(one is not None and work.is_named_in(one) for one in (*deployed.values(), *found))
    results = parallel.each(work.SERVICES, read, found) if has_work else [read(stack) for stack in found]
    return {stack.arn: result for stack, result in zip(found, results, strict=True)}


def _request(query: Mapping[str, str], launch: Launch) -> ListRequest:
    asked = problems.validated(ListRequest, dict(query))
    if not asked.pipeline_type:
        return asked
    return asked.model_copy(update={"pipeline_type": installed(launch).find(asked.pipeline_type).type_name()})


def _scan(asked: ListRequest) -> tuple[list[Stack], dict[str, Stack], _Place | None]:
    """Return the stacks of a page, all that were listed on the way by name, and the start of the next page."""
    place: _Place | None = _Place.of(asked.next)
    found: list[Stack] = []
    known: dict[str, Stack] = {}
    for _ in range(_MOST_LISTINGS):
        if place is None:
            break
        page = stack_listing.page(place.token)
        if page is None:
            raise _no_place()
        known.update((stack.name, stack) for stack in page.stacks)
        following = _Place(page.token) if page.token else None
        rest = place.rest(page.stacks)
        for index, stack in enumerate(rest):
            if asked.takes(stack):
                found.append(stack)
            if len(found) == asked.limit:
                has_more = any(asked.takes(other) for other in rest[index + 1 :])
                return found, known, _Place(place.token, stack.arn) if has_more else following
        place = following
    return found, known, place


def _listed(stack: Stack) -> _Listed:
    return _Listed(stack, *_state(pipeline_stacks.pipeline_name(stack)))


def _entry(listed: _Listed, done: Work) -> "answers.PipelineSummary":
    stack, newest = listed.stack, listed.newest
    stages = listed.answer.get("stageStates", [])
    overall = state.decide(Seen(progress.of(stack, listed.answer, newest), done))
    return {
        **pipeline_stacks.of(stack).description(),
        "state": overall.name,
        "state_reason": overall.reason,
        "stack_status": stack.status,
        "model_package_arn": done.package,
        "stages": [_stage(stage) for stage in stages],
        "last_execution": _execution(newest) if newest else None,
        "waiting": [asked for stage in stages for asked in approvals.of_stage(stage)],
    }


def _state(pipeline: str | None) -> tuple[Mapping[str, Any], Execution | None]:
    """Return CodePipeline's state and the newest execution; empty while there is no pipeline."""
    found, newest = codepipelines.state_and_execution(pipeline) if pipeline is not None else (None, None)
    return found or {}, newest


def _stage(stage: Mapping[str, Any]) -> "answers.StageState":
    latest = stage.get("latestExecution", {})
    return {
        "name": stage["stageName"],
        "status": latest.get("status"),
        "execution": latest.get("pipelineExecutionId"),
    }


def _execution(newest: Execution) -> "answers.LastExecution":
    return {"id": newest.id, "status": newest.status, "started_at": newest.started_at, "trigger": newest.trigger}
