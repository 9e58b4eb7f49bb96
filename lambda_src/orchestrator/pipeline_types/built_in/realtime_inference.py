# SPDX-License-Identifier: Apache-2.0
"""`byom_realtime_builtin` and `byom_realtime_custom`: an endpoint behind a signed API (compatibility 3.1, 3.2)."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.operator_options import ApiParameters, FunctionParameters, RoleParameters
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.models import BuiltInImage, CustomImage
from orchestrator.pipeline_types.built_in.network import NetworkedEndpoint, NetworkParameters
from orchestrator.pipeline_types.built_in.served_models import ServedModelParameters
from orchestrator.pipeline_types.built_in.serving.asynchronous import AsynchronousParameters
from orchestrator.pipeline_types.built_in.serving.capacity import CapacityParameters
from orchestrator.pipeline_types.built_in.serving.comparisons import Compared, VariantParameters
from orchestrator.pipeline_types.built_in.serving.components import ComponentParameters, WithComponents
from orchestrator.pipeline_types.built_in.serving.inference_api import InferenceApiParameters
from orchestrator.pipeline_types.built_in.serving.loading import Loading, LoadingParameters, PrefixedModel
from orchestrator.pipeline_types.built_in.serving.smoke_test import SmokeTested, SmokeTestParameters
from orchestrator.pipeline_types.built_in.serving.updates import SafelyUpdated, UpdateParameters
from orchestrator.pipeline_types.encryption import Encrypted, EncryptionParameters
from orchestrator.values import common, locations
from orchestrator.values.per_stage import PerStage, Stage, by_key, key_at
from orchestrator.values.template_parameters import InTemplate


class RealtimeInferenceParameters(
    LoadingParameters,
    NetworkParameters,
    CapacityParameters,
    ComponentParameters,
    AsynchronousParameters,
    UpdateParameters,
    VariantParameters,
    InferenceApiParameters,
    RoleParameters,
    FunctionParameters,
    ApiParameters,
    EncryptionParameters,
    SmokeTestParameters,
    ServedModelParameters,
):
    """Parameters of the real-time inference blueprint."""


class RealtimeInference(Encrypted, NetworkedEndpoint, SafelyUpdated, WithComponents, SmokeTested, Loading):
    """What both real-time types have in common."""

    blueprint: ClassVar = "realtime_inference"
    parameters_type: ClassVar = RealtimeInferenceParameters
    instance_purpose: ClassVar = "endpoint"

    data_capture_location: Annotated[
        PerStage[locations.OptionalS3Location],
        Field(
            description="bucket/prefix for the captured requests and answers, without s3://; not needed with "
            "serverless, async_inference or managed_instance_scaling"
        ),
        InTemplate("Bucket and prefix that receive the captured requests and answers."),
    ]
    endpoint_name: Annotated[
        PerStage[common.EndpointName],
        Field(description="name of the endpoint"),
        InTemplate("Name of the endpoint; generated when empty."),
    ] = ""

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if None in self.stages(launch):
            return
        for key, location in by_key("data_capture_location", self.data_capture_location):
            if location.split("/")[0] == launch.assets_bucket:
                yield (
                    f"{key}: the accounts of the stages may only read the assets bucket, so nothing will be captured;"
                    " name a bucket that the stage's account may write to"
                )

    @rule("data_capture_location", "serverless", "async_inference", "managed_instance_scaling")
    def _captures_have_a_place(self, launch: Launch) -> Iterator[Problem]:
        stages = [stage for stage in self.stages(launch) if self.captures_at(stage)]
        yield from self.missing_at(
            stages, "data_capture_location", "a bucket and prefix, such as my-bucket/some/prefix, without s3://"
        )

    @rule("async_inference", "inference_api")
    def _answers_come_whole(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._streaming_of_a_queue)

    def _streaming_of_a_queue(self, stage: Stage | None) -> Iterator[Problem]:
        if self.queues_at(stage) and self.api_at(stage).streaming:
            key = key_at("inference_api", self.inference_api, stage)
            yield Problem(f"{key}.streaming", "cannot be with async_inference: answers come later, and whole")

    @rule("deployment", "endpoint_name", "inference_instance")
    def _deployment_is_possible(self, launch: Launch) -> Iterator[Problem]:
        yield from self.impossible_deployments(launch)

    @rule("inference_instance")
    def _instance_is_possible(self, _: Launch) -> Iterator[Problem]:
        yield from self.impossible_instances()

    @rule("inference_api", "serverless")
    def _what_streams_has_instances(self, launch: Launch) -> Iterator[Problem]:
        """SageMaker's pages speak of streams from real-time endpoints, and of none from serverless ones.

        https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-test-endpoints.html
        """
        yield from self.of_each_stage(launch, self._streaming_of_none)

    def _streaming_of_none(self, stage: Stage | None) -> Iterator[Problem]:
        if self.api_at(stage).streaming and self.is_serverless_at(stage):
            yield Problem(
                f"{key_at('inference_api', self.inference_api, stage)}.streaming",
                "needs an endpoint on instances, which streams: leave it or serverless out",
            )

    @override
    def has_plain_volume(self, stage: Stage | None) -> bool:
        return not self.is_serverless_at(stage) and super().has_plain_volume(stage)

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        own = {**self.encryption_parameters(stage), **self.network_parameters(stage)}
        if self.needs_no_volume_key(stage):
            own["VolumeKmsKeyArn"] = ""
        return {**super().values(launch, stage), **own}


class RealtimeBuiltIn(RealtimeInference, PrefixedModel, Compared, BuiltInImage):
    """Serve predictions from an endpoint, with a model of a built-in framework."""

    postfix: ClassVar = "BYOMPipelineRealtimeBuiltIn"
    short_name: ClassVar = "realtime"

    pipeline_type: Literal["byom_realtime_builtin"]


class RealtimeCustom(RealtimeInference, PrefixedModel, Compared, CustomImage):
    """Serve predictions from an endpoint, with a container image of your own."""

    postfix: ClassVar = "BYOMPipelineRealtimeCustom"
    short_name: ClassVar = "realtime-custom"

    pipeline_type: Literal["byom_realtime_custom"]
