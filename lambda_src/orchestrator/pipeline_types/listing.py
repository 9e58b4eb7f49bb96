# SPDX-License-Identifier: Apache-2.0
"""`GET /pipeline-types` and `GET /pipeline-types/{name}`: the types of pipelines that requests may name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field

from orchestrator import problems
from orchestrator.aws import parallel
from orchestrator.errors import ConflictError, NotFoundError, RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.installed import installed
from orchestrator.pipeline_types.protocol import PipelineType
from orchestrator.pipeline_types.registry import Registry
from orchestrator.problems import shortened

if TYPE_CHECKING:
    from orchestrator import answers


class TypeListRequest(BaseModel):
    """Query of `GET /pipeline-types`."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    limit: Annotated[int, Field(ge=1, le=50, description="most types to list at once")] = 20
    next: Annotated[str, Field(max_length=64, description="the `next` of the page before")] = ""


def answer(query: Mapping[str, str], launch: Launch) -> "answers.PipelineTypeList":
    """A page, built-in types first; raises the errors of `orchestrator.errors`."""
    asked = problems.validated(TypeListRequest, dict(query))
    types = installed(launch)
    names = types.all_names()
    # `next` is the last name that was listed: what comes in between does not move the rest.
    begin = names.index(asked.next) + 1 if asked.next in names else 0
    listed = names[begin : begin + asked.limit]
    found = parallel.each("s3", lambda name: _entry(types, name), listed)
    has_more = begin + asked.limit < len(names)
    return {"pipeline_types": found, "next": listed[-1]} if has_more else {"pipeline_types": found}


def _entry(types: Registry, name: str) -> "answers.PipelineType | answers.UnusableType":
    try:
        return _described(types.find(name))
    except (ConflictError, RefusedRequestError) as unusable:
        # One that cannot be used is listed with the reason, and hides no other.
        return {"pipeline_type": name, "problem": str(unusable)}


def _described(type_: PipelineType) -> "answers.PipelineType":
    return {
        "pipeline_type": type_.type_name(),
        "summary": type_.summary(),
        "source": type_.source,
        "target": "stages" if type_.runs_in_stages else "orchestrator",
        "version": type_.version,
        "withdrawn": type_.is_withdrawn,
    }


def details(given: str, launch: Launch) -> "answers.PipelineTypeDetails":
    """All of a type; raises the errors of `orchestrator.errors`."""
    name = unquote(given)
    try:
        type_ = installed(launch).find(name)
    except RefusedRequestError:
        message = f"There is no pipeline type {shortened(name)}. GET /pipeline-types lists those that there are."
        raise NotFoundError(message) from None
    told: answers.PipelineTypeDetails = {
        **_described(type_),  # type: ignore[typeddict-item]  # it might have an example, of which nothing is known
        "request_schema": type_.request_schema(),
    }
    if example := type_.example():
        told["example"] = dict(example)
    return told
