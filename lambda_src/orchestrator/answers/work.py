# SPDX-License-Identifier: Apache-2.0
"""Types of what responses say of a pipeline's work, and of its state. See `answers`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from orchestrator.answers.members import Message, ModelPackage, PipelineId
from orchestrator.values.monitors import EngineName
from orchestrator.values.per_stage import Stage

StateName = Literal["Deploying", "Waiting for approval", "Running", "Succeeded", "Failed", "Unhealthy"]


class OverallState(TypedDict):
    """How a pipeline is, with the work that its deployment started."""

    state: StateName
    """Running: deployed, and its work goes on. Succeeded: all that was asked for is done and in order. Unhealthy:
    deployed, and not in order now"""
    state_reason: str
    """why, in a sentence; empty when there is nothing to say"""


class StartedJob(TypedDict):
    """The job that the deployment started."""

    kind: str
    name: str
    status: str | None
    failure_reason: str


class JobRegistration(TypedDict):
    """The registration of the job's model, if the request asks for it."""

    status: Literal["Pending", "Registered", "Rejected", "Failed", "Unknown"]
    """Rejected: registered as Rejected, because the gate did not hold. Unknown: its result is not recorded"""
    model_package_arn: str
    """the version; empty while there is none"""
    metrics: dict[str, float]
    """metrics of the version"""
    reason: str


class MonitorRun(TypedDict):
    """A run of a monitor."""

    status: str
    """CompletedWithViolations: it found some"""
    time: datetime | None
    """when it was due"""
    message: str
    """what SageMaker says of it"""


class MonitorState(TypedDict):
    """The monitoring schedule that the deployment made."""

    engine: EngineName
    """what does its runs: the open engine, or SageMaker's own"""
    schedule: str
    status: str | None
    """Scheduled while runs are started; Stopped if somebody has disabled it, Deleted if it is gone; null if it cannot
    be looked at"""
    reason: str
    last_run: MonitorRun | None


class VariantFigures(TypedDict):
    """What a model of an endpoint has answered in the last hour, by CloudWatch."""

    calls: int
    errors_4xx: int
    """calls that the model refused"""
    errors_5xx: int
    """calls that failed"""
    latency_p50_ms: float | None
    """the model's own; null where nobody called it"""
    latency_p95_ms: float | None


class EndpointVariant(TypedDict):
    """A model of an endpoint."""

    name: str
    """AllTraffic: the request's own model"""
    is_shadow: bool
    """whether it gets copies of calls, and answers nobody"""
    weight: float
    desired_weight: float
    """differs from the weight while the endpoint is being updated"""
    share: float
    """of the calls, 0 to 1; of a shadow, the share of calls that are copied to it"""
    instance_count: int | None
    """null without instances, as of a serverless endpoint"""
    desired_instance_count: int | None
    last_hour: VariantFigures | None
    """null of an endpoint with one model, and where last_hour_reason says why"""


class EndpointState(TypedDict):
    """The endpoint that the deployment made."""

    name: str
    status: str | None
    """null if it cannot be looked at"""
    reason: str
    variants: list[EndpointVariant]
    """its models; empty if it cannot be looked at, or answers nothing yet"""
    last_hour_reason: str
    """why it is not known what several models have answered; otherwise empty"""


class StageEndpoint(EndpointState):
    """An endpoint in an account of a stage, with its models. If the account cannot be reached, reason says why."""

    account: str
    region: str


class StackInstance(TypedDict):
    """The stack of one account and Region."""

    account: str
    region: str
    status: str
    detailed_status: str
    reason: str


class DeployedStage(TypedDict):
    """A stage, with the StackSet that deploys it."""

    stage: Stage
    stack_set: str
    instances: list[StackInstance] | None
    model_package_arn: ModelPackage
    endpoints: Annotated[
        list[StageEndpoint],
        Field(description="those on which models are compared, one for each account; empty where one model answers"),
    ]


class VariantWeight(TypedDict):
    """The weight of a model that answers calls of an endpoint."""

    name: str
    weight: float
    share: float
    """of the calls, 0 to 1"""


class ShiftedPlace(TypedDict):
    """An endpoint in an account of a stage, whose calls are to be shared so, or are already."""

    account: str
    endpoint: str
    variants: list[VariantWeight]


class EndpointShifted(TypedDict):
    """The calls of an endpoint are to be shared so, or are already."""

    message: Message
    pipeline_id: PipelineId
    endpoint: str
    """its name; of a stage with several accounts, that of the first"""
    variants: list[VariantWeight]
    """of that endpoint"""
    accounts: list[ShiftedPlace]
    """the endpoints of the stage, one for each account; empty with one account"""
