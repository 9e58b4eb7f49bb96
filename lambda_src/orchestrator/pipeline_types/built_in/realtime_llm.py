# SPDX-License-Identifier: Apache-2.0
"""`byom_realtime_llm`: a large language model behind an endpoint, with a route as OpenAI has it.

The model's files stay as Hugging Face has them, below a prefix of the assets bucket: nothing is packed, nothing is
fetched from elsewhere when an instance starts, and the model is spread over the GPUs of the instance.

https://docs.djl.ai/master/docs/serving/serving/docs/lmi/deployment_guide/configurations.html
https://huggingface.co/docs/text-generation-inference/reference/api_reference#amazon-sagemaker
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.realtime_inference import RealtimeInference
from orchestrator.pipeline_types.built_in.serving import values as hosting
from orchestrator.pipeline_types.built_in.serving.inference_api import Api
from orchestrator.sagemaker.images import ImageQuery, UnknownImageError, resolve
from orchestrator.sagemaker.serving import gpus
from orchestrator.values.common import Expect, FrameworkVersion
from orchestrator.values.per_stage import PerStage, Stage, at, by_key, key_at
from orchestrator.values.template_parameters import InTemplate

_DJL: Final = "djl-lmi"
_TGI: Final = "huggingface-llm"
_PARALLEL: Final = {_DJL: "OPTION_TENSOR_PARALLEL_DEGREE", _TGI: "SM_NUM_GPUS"}
"""The variable by which the servers learn over how many GPUs they spread a model."""
_FIXED: Final[Mapping[str, Mapping[str, str]]] = {
    _DJL: {},
    _TGI: {"HF_MODEL_ID": "/opt/ml/model", "MESSAGES_API_ENABLED": "true"},
}
"""Where TGI finds the model's files, and that it takes messages; LMI finds and takes them by itself."""
_LONG: Final = "1800"
"""Seconds: tens of gigabytes are fetched, and loaded into GPUs."""

GpuInstanceType = Annotated[
    str,
    Field(max_length=64, pattern=r"^(ml\.[a-z0-9-]+\.[a-z0-9-]+)?$"),
    Expect("a SageMaker instance type with GPUs", example="ml.g5.12xlarge"),
]


class RealtimeLlm(RealtimeInference):
    """Serve a large language model from an endpoint with GPUs, with an image of DJL LMI or Hugging Face TGI."""

    postfix: ClassVar = "BYOMPipelineRealtimeLlm"
    short_name: ClassVar = "realtime-llm"

    pipeline_type: Literal["byom_realtime_llm"]
    inference_instance: Annotated[
        PerStage[GpuInstanceType],
        Field(description="instance type with GPUs that serves the model"),
        InTemplate("Instance type that serves the model."),
    ]
    model_id: Annotated[
        PerStage[hosting.ModelFiles],
        Field(description="prefix of the model's files in the assets bucket, as Hugging Face has them"),
    ]
    model_framework: Annotated[
        Literal["djl-lmi", "huggingface-llm"],
        Expect("djl-lmi or huggingface-llm"),
        Field(description="what serves the model: DJL LMI, or Hugging Face TGI"),
    ] = "djl-lmi"
    model_framework_version: Annotated[
        FrameworkVersion,
        Field(
            min_length=1,
            description="version of DJL Serving, or of TGI",
            json_schema_extra={"examples": ["0.36.0"]},
        ),
    ]
    tensor_parallel: Annotated[
        PerStage[hosting.Gpus],
        Field(description="number of GPUs over which a copy of the model is spread; all of the instance when left out"),
    ] = ""
    model_data_download_timeout: Annotated[
        PerStage[hosting.Seconds], Field(description="seconds in which an instance must have fetched the model")
    ] = _LONG
    container_startup_timeout: Annotated[
        PerStage[hosting.Seconds], Field(description="seconds in which the container must answer pings")
    ] = _LONG

    @override
    def image_uri(self, launch: Launch, stage: Stage | None) -> str:
        return resolve(self._query(launch, at(self.inference_instance, stage)))

    @override
    def data_prefix(self, launch: Launch, stage: Stage | None) -> str:
        return at(self.model_id, stage)

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {**super().values(launch, stage), "OpenAIRoute": "Yes"}

    @override
    def streams(self, api: Api) -> str:
        """OpenAI's clients say in each request whether its answer is to be a stream."""
        return super().streams(api) or "asked"

    @override
    def variables(self, stage: Stage | None) -> Mapping[str, str]:
        """The server's own, and those of the request, which count where it has both."""
        degree = self._degree(stage)
        parallel = {_PARALLEL[self.model_framework]: degree} if degree else {}
        return {**_FIXED[self.model_framework], **parallel, **super().variables(stage)}

    def _degree(self, stage: Stage | None) -> str:
        """The number of GPUs; `max`, for which LMI counts them itself, as TGI does when nothing is said."""
        if given := at(self.tensor_parallel, stage):
            return given
        known = gpus.count(at(self.inference_instance, stage))
        return "max" if self.model_framework == _DJL else str(known or "")

    def _query(self, launch: Launch, instance_type: str) -> ImageQuery:
        return ImageQuery(self.model_framework, self.model_framework_version, launch.region, instance_type, "inference")

    @rule("inference_instance")
    def _instance_has_gpus(self, _: Launch) -> Iterator[Problem]:
        for key, instance_type in by_key("inference_instance", self.inference_instance):
            if not gpus.has_gpus(instance_type):
                yield Problem(key, f"must be an instance type with GPUs, such as ml.g5.12xlarge; got {instance_type}")

    @rule("tensor_parallel", "inference_instance")
    def _gpus_are_enough(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._uneven_spread)

    def _uneven_spread(self, stage: Stage | None) -> Iterator[Problem]:
        given, instance_type = at(self.tensor_parallel, stage), at(self.inference_instance, stage)
        known = gpus.count(instance_type)
        if given and known is not None and known % int(given):
            key = key_at("tensor_parallel", self.tensor_parallel, stage)
            yield Problem(key, f"must divide the {known} GPUs of {instance_type}; got {given}")

    @rule("model_framework", "model_framework_version", "inference_instance")
    def _image_exists(self, launch: Launch) -> Iterator[Problem]:
        for key, instance_type in by_key("inference_instance", self.inference_instance):
            try:
                resolve(self._query(launch, instance_type))
            except UnknownImageError as error:
                if gpus.has_gpus(instance_type) or error.key != "instance_type":
                    yield Problem(key if error.key == "instance_type" else error.key, str(error))
                return

    @rule("environment", "model_framework")
    def _parallelism_is_said_once(self, _: Launch) -> Iterator[Problem]:
        name = _PARALLEL[self.model_framework]
        for key, variables in by_key("environment", self.environment):
            if name in (variables or {}):
                yield Problem(f"{key}.{name}", "is what tensor_parallel says: leave it out")
