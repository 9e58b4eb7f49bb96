# SPDX-License-Identifier: Apache-2.0
"""Common base of training and tuning: image, channels, resources, hyper-parameters (compatibility 3.10)."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types import private_images
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.network import IsolatedJob
from orchestrator.pipeline_types.built_in.training import hyperparameters
from orchestrator.pipeline_types.built_in.training.jobs import JobPipeline
from orchestrator.pipeline_types.private_images import PrivateImage
from orchestrator.sagemaker import checkpoints
from orchestrator.sagemaker.images import ImageQuery, Purpose, UnknownImageError, resolve, superfluous_version
from orchestrator.values import common, things, training
from orchestrator.values.common import AlsoSpelt, Expect
from orchestrator.values.per_stage import Stage

_DEFAULT_SPOT_WAIT: Final = 172_800
_NONE: Final = "None"


class Training(JobPipeline, IsolatedJob):
    """A pipeline that trains with a built-in image or one of the caller's own."""

    instance_key: ClassVar = "instance_type"
    instance_purpose: ClassVar = "training"
    can_compare: ClassVar = True

    training_data: Annotated[
        common.AssetsPrefix,
        things.ASSETS,
        Field(description="key or prefix of the training data in the assets bucket"),
    ]
    validation_data: Annotated[
        training.OptionalData,
        common.WithoutTrailingSlash(),
        Field(description="key or prefix of data for a second channel, validation"),
    ] = ""
    model_framework: Annotated[
        common.FrameworkName, Field(description="framework or algorithm that trains (needed without custom_image_uri)")
    ] = ""
    model_framework_version: Annotated[
        common.FrameworkVersion, Field(description="version of the framework (needed without custom_image_uri)")
    ] = ""
    custom_image_uri: Annotated[
        common.ImageUri, Field(description="URI of a container image of your own that trains, in place of a framework")
    ] = ""
    algo_hyperparamaters: Annotated[
        dict[str, Any],
        AlsoSpelt("algo_hyperparameters"),
        Field(
            description="hyper-parameters: a container gets texts as they are and other values as JSON",
            json_schema_extra={"examples": [{"objective": "binary:logistic", "num_round": 100}]},
        ),
        Expect("an object"),
    ]
    instance_type: Annotated[common.InstanceType, Field(description="instance type that trains")] = "ml.m4.xlarge"
    instance_count: Annotated[training.InstanceCount, Field(description="number of instances that share the work")] = 1
    instance_volume_size: Annotated[
        training.VolumeSize, Field(description="gigabytes of the volume of each instance")
    ] = 20
    encrypt_inner_traffic: Annotated[
        training.Flag, Field(description="whether traffic between the instances is encrypted")
    ] = True
    max_runtime_per_job: Annotated[
        training.JobRunTime, Field(description="seconds after which a training job is stopped")
    ] = 86_400
    use_spot_instances: Annotated[
        training.Flag,
        Field(
            description="whether to train on spot instances, with a checkpoint in S3; left out, not for a built-in "
            "algorithm that writes none"
        ),
    ] = True
    max_wait_time_spot_instances: Annotated[
        training.SpotWait,
        Field(
            description="seconds to wait for spot instances, the run included; 172800, or the run time if longer; "
            f"{checkpoints.LONGEST_WAIT} at most for a built-in algorithm that writes no checkpoints"
        ),
    ] = _DEFAULT_SPOT_WAIT
    content_type: Annotated[
        training.ChannelContentType, Field(description="content type of the data, as the algorithm calls it")
    ] = "csv"
    s3_data_type: Annotated[training.S3DataType, Field(description="what training_data and validation_data name")] = (
        "S3Prefix"
    )
    data_distribution: Annotated[
        training.DataDistribution, Field(description="whether each instance gets all objects or a part of them")
    ] = "FullyReplicated"
    compression_type: Annotated[
        training.Compression, Field(description="how the data is compressed; SageMaker unpacks it in Pipe mode")
    ] = ""
    data_input_mode: Annotated[training.InputMode, Field(description="how the data comes to the container")] = "File"
    data_record_wrapping: Annotated[
        training.RecordWrapping, Field(description="how records are wrapped for the algorithm, in Pipe mode")
    ] = ""
    attribute_names: Annotated[
        training.AttributeNames, Field(description="attributes of an AugmentedManifestFile to hand on")
    ] = []  # noqa: RUF012  pydantic copies it

    @override
    def json_values(self) -> dict[str, Any]:
        return {"AttributeNames": self.attribute_names} if self.attribute_names else {}

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {
            **super().values(launch, stage),
            **self.isolation_parameters(None),
            "ImageUri": self._image_for("training", launch),
            "CustomAlgorithmsECRRepoArn": self._repository_arn(launch),
            "JobInstanceCount": self.instance_count,
            "UseSpotInstances": str(self._uses_spot),
            "MaxWaitTimeForSpotInstances": self._spot_wait,
            "S3DataType": self.s3_data_type,
            "BetterThan": self.registration.better_than if self.registration else "",
        }

    @override
    def inference_image_uri(self, launch: Launch) -> str:
        return self._image_for("inference", launch)

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        yield from private_images.warnings("custom_image_uri", self.custom_image_uri, launch)
        if not self.custom_image_uri:
            yield from superfluous_version(self._query("training", launch, self.instance_type))
        for key in ("compression_type", "data_record_wrapping"):
            if getattr(self, key) not in {"", _NONE} and self.data_input_mode != "Pipe":
                yield f"{key}: SageMaker heeds it in Pipe mode only; data_input_mode is {self.data_input_mode}"
        if not self._writes_checkpoints and "use_spot_instances" not in self.model_fields_set:
            yield (
                f"use_spot_instances: {self.model_framework} writes no checkpoints, so it trains on instances that "
                f"nobody takes away; with true, max_runtime_per_job must be {checkpoints.LONGEST_WAIT} at most"
            )

    @property
    def _writes_checkpoints(self) -> bool:
        """True if training writes checkpoints, or may, as with the caller's own image (lesson 102)."""
        framework, version = (getattr(self, key, "") for key in ("model_framework", "model_framework_version"))
        return checkpoints.are_written(framework, version)

    @property
    def _uses_spot(self) -> bool:
        given = "use_spot_instances" in self.model_fields_set
        return self.use_spot_instances if given else self._writes_checkpoints

    @property
    def _spot_wait(self) -> int:
        """Seconds to wait; the default is never shorter than the run that it includes (lesson 12)."""
        if "max_wait_time_spot_instances" in self.model_fields_set:
            return self.max_wait_time_spot_instances
        if self._uses_spot and not self._writes_checkpoints:
            return checkpoints.LONGEST_WAIT
        return max(_DEFAULT_SPOT_WAIT, self.max_runtime_per_job)

    def _image_for(self, purpose: Purpose, launch: Launch) -> str:
        return self.custom_image_uri or resolve(self._query(purpose, launch, self.instance_type))

    def _query(self, purpose: Purpose, launch: Launch, instance_type: str | None) -> ImageQuery:
        return ImageQuery(
            framework=self.model_framework,
            version=self.model_framework_version,
            region=launch.region,
            instance_type=instance_type,
            purpose=purpose,
        )

    def _repository_arn(self, launch: Launch) -> str:
        image = PrivateImage.named(self.custom_image_uri)
        return image.repository_arn(launch) if image else ""

    @rule("model_framework", "model_framework_version", "custom_image_uri")
    def _one_image(self, launch: Launch) -> Iterator[Problem]:
        keys = ("model_framework", "model_framework_version")
        for key in keys:
            if self.custom_image_uri and getattr(self, key):
                yield Problem(key, "cannot go together with custom_image_uri: give a framework or an image of your own")
            elif not self.custom_image_uri and not getattr(self, key):
                yield Problem(key, f"is required: {type(self).model_fields[key].description}")
        yield from private_images.problems("custom_image_uri", self.custom_image_uri, launch)

    @rule("model_framework", "model_framework_version")
    def _image_exists(self, launch: Launch) -> Iterator[Problem]:
        """Refuse an image that does not exist before anything is made (lessons 20 and 29)."""
        if not (self.model_framework and self.model_framework_version) or getattr(self, "custom_image_uri", None):
            return
        try:
            resolve(self._query("training", launch, getattr(self, "instance_type", None)))
        except UnknownImageError as error:
            yield Problem(error.key or "model_framework", str(error))

    @rule("model_framework", "model_framework_version", "custom_image_uri", "registration", "instance_type")
    def _what_is_registered_can_serve(self, launch: Launch) -> Iterator[Problem]:
        """Require an inference image: a framework may have one for training and none for inference."""
        asked = self.registration
        named = self.custom_image_uri or (asked and asked.inference_image_uri)
        if asked is None or named or list(self._image_exists(launch)):
            return
        if not (self.model_framework and self.model_framework_version):
            return
        try:
            resolve(self._query("inference", launch, self.instance_type))
        except UnknownImageError as error:
            yield Problem("registration.inference_image_uri", f"is required to register the model: {error}")

    @rule("registration", "validation_data", "content_type", "s3_data_type", "compression_type")
    def _rows_can_be_compared(self, _: Launch) -> Iterator[Problem]:
        """Require what transform jobs can take apart: lines of CSV, whose first column is the label."""
        if not (self.registration and self.registration.better_than):
            return
        if not self.validation_data:
            yield Problem("validation_data", "is required with better_than: on its rows the models are compared")
        for key, needed in (("content_type", ("csv", "text/csv")), ("s3_data_type", ("S3Prefix",))):
            if getattr(self, key) not in needed:
                yield Problem(key, f"must be {' or '.join(needed)} with better_than, which compares lines of CSV")
        if self.compression_type not in {"", _NONE}:
            yield Problem("compression_type", "cannot go together with better_than, which compares lines of CSV")

    @rule("instance_type")
    def _instance_is_possible(self, _: Launch) -> Iterator[Problem]:
        yield from self.impossible_instances()

    @rule("algo_hyperparamaters")
    def _hyperparameters_fit(self, _: Launch) -> Iterator[Problem]:
        yield from hyperparameters.problems("algo_hyperparamaters", self.algo_hyperparamaters)

    @rule("use_spot_instances", "max_wait_time_spot_instances", "max_runtime_per_job")
    def _spot_wait_includes_the_run(self, _: Launch) -> Iterator[Problem]:
        if not self._uses_spot:
            return
        if not self._writes_checkpoints:
            yield from self._beyond_the_longest_wait()
        elif self._spot_wait < self.max_runtime_per_job:
            yield Problem(
                "max_wait_time_spot_instances",
                f"must be {self.max_runtime_per_job} at least: the wait includes the run, for which "
                "max_runtime_per_job allows that many seconds",
            )

    def _beyond_the_longest_wait(self) -> Iterator[Problem]:
        for key in ("max_wait_time_spot_instances", "max_runtime_per_job"):
            seconds = self._spot_wait if key.startswith("max_wait") else self.max_runtime_per_job
            if seconds > checkpoints.LONGEST_WAIT:
                yield Problem(
                    key,
                    f"must be {checkpoints.LONGEST_WAIT} at most on spot instances, whose wait includes the run: "
                    f"{self.model_framework} {self.model_framework_version} writes no checkpoints, and SageMaker gives "
                    "it no more; or set use_spot_instances to false",
                )

    @rule("s3_data_type", "data_input_mode")
    def _augmented_manifests_are_streamed(self, _: Launch) -> Iterator[Problem]:
        """See https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html."""
        if self.s3_data_type == "AugmentedManifestFile" and self.data_input_mode != "Pipe":
            yield Problem("data_input_mode", "must be Pipe: SageMaker streams what an AugmentedManifestFile names")

    @rule("s3_data_type", "attribute_names")
    def _attributes_of_a_manifest(self, _: Launch) -> Iterator[Problem]:
        has_manifest = self.s3_data_type == "AugmentedManifestFile"
        if has_manifest and not self.attribute_names:
            yield Problem(
                "attribute_names", "is required with s3_data_type AugmentedManifestFile: name what to hand on"
            )
        if self.attribute_names and not has_manifest:
            yield Problem("attribute_names", "needs s3_data_type AugmentedManifestFile, whose attributes it names")
