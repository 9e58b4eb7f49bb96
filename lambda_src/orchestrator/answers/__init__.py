# SPDX-License-Identifier: Apache-2.0
"""Types of the API's response bodies, with their descriptions for OpenAPI.

Handlers declare these types as their results, so that a type checker compares responses with the documented form
(compatibility 2.2), and `generator/reference/` makes the schemas of `docs/openapi.json` from them. Handlers import them
for the type checker only: responses are plain dictionaries, and no call waits for this module.

An object has no other members. A member of several responses has its description in its type.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from orchestrator.answers.automation import Automation
from orchestrator.answers.awaited import AwaitedDeployment, SmokeTestFigures
from orchestrator.answers.cards import ModelCardAnswer, ModelCardExport
from orchestrator.answers.members import Message, ModelPackage, Next, PipelineId, Warnings
from orchestrator.answers.runs import MonitorRunDetails, StartedRun
from orchestrator.answers.work import (
    DeployedStage,
    EndpointState,
    JobRegistration,
    MonitorState,
    OverallState,
    StartedJob,
)
from orchestrator.values.monitors import EngineName

MonitorEngine = Annotated[EngineName, Field(description="what does the work of a monitor")]
Texts = dict[str, dict[str, str]]
Origin = Literal["built-in", "custom"]
Target = Annotated[
    Literal["stages", "orchestrator"], Field(description="where a multi-account orchestrator deploys it")
]


class Problem(TypedDict):
    """One thing that is wrong with a request."""

    key: str
    """the key as it was sent, such as inference_instance.staging; empty for the whole"""
    problem: str
    """what would be right"""


class Refused(TypedDict):
    """The request is wrong; every problem is listed, and nothing was created."""

    message: Message
    detailedMessage: str
    """the problems as one text, a line each"""
    errors: list[Problem]


class Failed(TypedDict):
    """The call did not succeed; nothing is wrong with the form of the request."""

    message: Message
    request_id: str
    """what the log has it under"""
    detailedMessage: NotRequired[str]
    """what AWS said, if the operator allows details"""


class BlueprintPlan(TypedDict, total=False):
    """What a request would put where its pipeline's source action reads."""

    blueprint_template: str
    package_key: Annotated[str, Field(description="key in the pipelines bucket")]
    parameters: Annotated[Texts, Field(description="the blueprint's parameters by file, one a stage")]
    tags: Annotated[Texts, Field(description="the tags of what is deployed, by file")]
    objects: Annotated[dict[str, str], Field(description="content by S3 URI of what the parameters refer to")]


class Plan(BlueprintPlan):
    """What a request would make."""

    pipeline_type: str
    stack_name: str
    """stack with what was asked for, or how its StackSets' names begin"""
    pipeline_stack_name: str
    """stack that holds the CodePipeline"""
    monitor_engine: NotRequired[MonitorEngine]
    pipeline_stack_names_if_taken: NotRequired[list[str]]
    pipeline_template: str
    pipeline_parameters: dict[str, str]


class Provisioned(TypedDict):
    """The pipeline is being made or changed, or is as requested already."""

    message: Message
    pipeline_id: PipelineId
    monitor_engine: NotRequired[MonitorEngine]
    warnings: NotRequired[Warnings]


class DryRun(TypedDict):
    """The answer to a request with dry_run."""

    message: Message
    plan: Plan
    warnings: NotRequired[Warnings]


@with_config(extra="allow")
class PipelineState(TypedDict):
    """The answer of CodePipeline's GetPipelineState, as it is.

    https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GetPipelineState.html
    """

    pipelineName: str
    pipelineVersion: NotRequired[int]
    stageStates: NotRequired[list[dict[str, Any]]]
    warnings: NotRequired[Warnings]


class NoPipelineYet(TypedDict):
    """The stack is there and its pipeline is not."""

    message: Message
    stack_status: str
    warnings: NotRequired[Warnings]


class PipelineIdentity(TypedDict):
    """What identifies a pipeline."""

    pipeline_id: PipelineId
    pipeline_stack_name: Annotated[str, Field(description="name of the pipeline's stack")]
    pipeline_type: Annotated[str, Field(description="as in the request; empty when nothing tells it")]
    model_name: Annotated[str, Field(description="name of the model, or tag of the image")]
    short_name: Annotated[str, Field(description="model and type in short, such as churn/realtime; it is an id too")]


class StageState(TypedDict):
    """A stage."""

    name: str
    status: str | None
    execution: str | None


class LastExecution(TypedDict):
    """The newest execution."""

    id: str
    status: str
    started_at: datetime | None
    trigger: str


class WaitingApproval(TypedDict):
    """An approval that somebody must decide."""

    stage: str
    action: str
    since: datetime | None
    execution: str | None


class PipelineSummary(PipelineIdentity, OverallState):
    """A pipeline in the list."""

    stack_status: str
    model_package_arn: ModelPackage
    stages: list[StageState]
    last_execution: LastExecution | None
    waiting: list[WaitingApproval]


class PipelineList(TypedDict):
    """A page of the list. It may be short, or empty, although there are more."""

    pipelines: list[PipelineSummary]
    next: NotRequired[Next]


class DeployedStack(TypedDict):
    """The stack that the pipeline deployed in this account."""

    stack_name: str
    stack_id: str
    status: str
    reason: str
    changed_at: datetime


class Deletion(TypedDict):
    """The deletion under way."""

    requested_by: str
    requested_at: str
    failure: str


class PipelineDetails(PipelineIdentity, OverallState):
    """All that there is to tell of a pipeline."""

    stack_status: str
    stack_status_reason: str
    pipeline: PipelineState | None
    stack: DeployedStack | None
    stages: list[DeployedStage]
    outputs: dict[str, str]
    """outputs of the deployed stack"""
    model_package_arn: ModelPackage
    monitor_engine: MonitorEngine | None
    """null for a pipeline that is no monitor"""
    job: StartedJob | None
    registration: JobRegistration | None
    monitor: MonitorState | None
    endpoint: EndpointState | None
    deletion: Deletion | None
    smoke_tests: Annotated[list[SmokeTestFigures], Field(description="the newest in each account, if there is any")]
    changes: list[AwaitedDeployment]
    """deployments that wait for a decision, against what their stages have now"""
    request: Annotated[dict[str, Any] | None, Field(description="as sent last, without secrets; null if not kept")]
    automation: Annotated[Automation | None, Field(description="null for a pipeline that does nothing by itself")]


class PipelineType(TypedDict):
    """A pipeline type."""

    pipeline_type: str
    summary: Annotated[str, Field(description="what such a pipeline does, in one line")]
    source: Origin
    target: Target
    version: Annotated[str, Field(description="version of a type that was added; empty for a built-in one")]
    withdrawn: Annotated[bool, Field(description="whether it takes no requests any more")]


class UnusableType(TypedDict):
    """A pipeline type that was added and cannot be used."""

    pipeline_type: str
    problem: str
    """why, in a sentence"""


class PipelineTypeList(TypedDict):
    """A page of the list, built-in types first."""

    pipeline_types: list[PipelineType | UnusableType]
    next: NotRequired[Next]


class PipelineTypeDetails(PipelineType):
    """All that there is to tell of a pipeline type."""

    request_schema: dict[str, Any]
    """JSON schema of what may be sent"""
    example: NotRequired[dict[str, Any]]
    """a request, if there is one"""


class MonitorRunList(TypedDict):
    """A page of a monitor's runs, the newest first. It may be short, or empty, although there are more."""

    runs: list[MonitorRunDetails]
    next: NotRequired[Next]


class MonitorRunStarted(TypedDict):
    """A run has begun."""

    message: Message
    run: StartedRun


class DeletionBegun(TypedDict):
    """The deletion goes on; a notification tells how it ends."""

    message: Message
    pipeline_id: PipelineId


PipelineAnswer = Provisioned | DryRun
OperationAnswer = ModelCardAnswer | ModelCardExport
RequestAnswer = PipelineAnswer | OperationAnswer
"""The answers to a request for a pipeline, to an operation on model cards, and to either."""
