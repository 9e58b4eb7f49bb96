# SPDX-License-Identifier: Apache-2.0
"""`async_inference`: requests wait in a queue, and their answers are written to S3.

https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.serving.capacity import CAPTURES, Capacity, completed
from orchestrator.pipeline_types.built_in.serving.values import TopicArn
from orchestrator.pipeline_types.optional_objects import optional_object
from orchestrator.sagemaker.serving import capacity
from orchestrator.values.common import EXPECT_KEYWORD, NUMBER, Expect
from orchestrator.values.locations import MonitorLocation
from orchestrator.values.per_stage import PerStageObject, Stage, at, by_key
from orchestrator.values.template_parameters import TemplateParameters

_KEY: Final = "async_inference"
REQUESTS: Final = "requests"
"""Folder below the output location in which the inference API puts what it is sent."""
_FAILURES: Final = "failures"

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AsyncInferenceClientConfig.html
AtOnce = Annotated[int, Field(ge=1, le=1000), NUMBER, Expect("a whole number, 1 to 1000")]


class Queue(BaseModel):
    """Where answers go, and who hears of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    output_location: Annotated[
        MonitorLocation, Field(description="bucket/prefix for the answers, without s3://; requests lie below it, too")
    ]
    failure_location: Annotated[
        MonitorLocation | None,
        Field(description="bucket/prefix for what is said of requests that failed; failures below output_location"),
    ] = None
    success_topic_arn: Annotated[
        TopicArn, Field(description="ARN of the SNS topic that hears of each answer; none when left out")
    ] = ""
    error_topic_arn: Annotated[
        TopicArn, Field(description="ARN of the SNS topic that hears of each failure; none when left out")
    ] = ""
    max_concurrent_invocations_per_instance: Annotated[
        AtOnce | None, Field(description="requests that an instance works on at once; SageMaker chooses if left out")
    ] = None

    def parameters(self) -> dict[str, str]:
        """Return the values of the template's parameters."""
        return {
            "AsyncOutput": self.output_location,
            "AsyncFailures": self.failure_location or f"{self.output_location}/{_FAILURES}",
            "AsyncSuccess": self.success_topic_arn,
            "AsyncError": self.error_topic_arn,
            "AsyncAtOnce": str(self.max_concurrent_invocations_per_instance or ""),
        }

    def locations(self) -> Iterator[tuple[str, str]]:
        """Yield each location that is given, with its member."""
        yield "output_location", self.output_location
        if self.failure_location:
            yield "failure_location", self.failure_location


_EXPECTED: Final = f"an object with {', '.join(Queue.model_fields)}; only the first is needed"
_EXAMPLE: Final = {"output_location": "my-bucket/answers"}


class AsynchronousParameters(TemplateParameters):
    """Parameters of a blueprint whose endpoint may answer later."""

    AsyncOutput: Annotated[str, Field(description="Place of answers; empty, they come at once.")] = ""
    AsyncFailures: str = "none"
    AsyncSuccess: str = ""
    AsyncError: str = ""
    AsyncAtOnce: str = ""


class Asynchronous(Capacity):
    """A model whose endpoint may answer later."""

    async_inference: Annotated[
        PerStageObject[Annotated[Queue | None, optional_object(_EXPECTED)]],
        Field(
            description="queue requests, and write the answers to S3; the endpoint may have no instance in between",
            json_schema_extra={"default": "", EXPECT_KEYWORD: _EXPECTED, "examples": [_EXAMPLE]},
        ),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _without_captures(cls, given: Any) -> Any:
        return completed(given, _KEY, [CAPTURES])

    @override
    def queues_at(self, stage: Stage | None) -> bool:
        return at(self.async_inference, stage) is not None

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        values, queue = super().values(launch, stage), at(self.async_inference, stage)
        return {**values, **queue.parameters()} if queue else values

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if self.has_needless_captures(launch, self.queues_at):
            yield f"{CAPTURES} is ignored: requests and answers of {_KEY} are in S3 anyway"

    @rule(_KEY)
    def _nothing_excludes_a_queue(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._beside_a_queue)

    def _beside_a_queue(self, stage: Stage | None) -> Iterator[Problem]:
        if self.queues_at(stage):
            yield from self.excluded(stage, _KEY, capacity.NOT_ASYNC)

    @rule(_KEY)
    def _people_are_told_by_the_orchestrator_alone(self, launch: Launch) -> Iterator[Problem]:
        """A container works under the role that tells topics: it could write messages that look like ours."""
        for key, queue in by_key(_KEY, self.async_inference):
            for member in ("success_topic_arn", "error_topic_arn"):
                topic = getattr(queue, member, "")
                if topic and topic == launch.notifications_topic_arn:
                    words = "must be a topic of your own: by this one the orchestrator tells people of pipelines"
                    yield Problem(f"{key}.{member}", words)

    @rule(_KEY)
    def _stages_may_write(self, launch: Launch) -> Iterator[Problem]:
        if None not in self.stages(launch):
            yield from self._in_the_assets_bucket(launch)

    def _in_the_assets_bucket(self, launch: Launch) -> Iterator[Problem]:
        for key, queue in by_key(_KEY, self.async_inference):
            for member, location in queue.locations() if queue else ():
                if location.split("/")[0] == launch.assets_bucket:
                    yield Problem(
                        f"{key}.{member}",
                        "must be in a bucket that the stage's account may write to: it may only read the assets bucket",
                    )
