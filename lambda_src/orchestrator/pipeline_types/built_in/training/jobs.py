# SPDX-License-Identifier: Apache-2.0
"""Common base of pipelines that start a training, tuning or Autopilot job (compatibility 3.10 to 3.12, 3.14).

They run in the orchestrator's own account, also in a multi-account deployment. A job's name is the given one, or
`<model>-<purpose>-<digest>`, made by the blueprint's function. An unchanged request starts no job, a changed one starts
another (lessons 31 and 32).
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field
from typing_extensions import override

from orchestrator.launch.operator_options import FunctionParameters, RoleParameters
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in.network import JobInVpc, VpcParameters
from orchestrator.pipeline_types.built_in.training.registering import COMPARED_ON, Registering
from orchestrator.pipeline_types.encryption import Encrypted, EncryptionParameters, volume_without_key
from orchestrator.pipeline_types.json_values import JsonValue
from orchestrator.plan.plan import PlannedObject
from orchestrator.sagemaker.instance_storage import has_local_storage
from orchestrator.sagemaker.job_kinds import JobKind
from orchestrator.values import common, tags, training
from orchestrator.values.common import AssetsPrefix
from orchestrator.values.per_stage import Stage

_TOLD: Final = ("stack_name", "pipeline_type", "model_name", "registration")
OWN_TAGS: Final = (*_TOLD, *tags.KEYS)
"""Keys of tags that neither the caller nor the operator can set on a job."""
_DIGEST_CHARACTERS: Final = 8
"""Length of the digest that the blueprint's function adds to a prefix (`lambda_src/inline/sagemaker_job.py`)."""


class JobParameters(VpcParameters, RoleParameters, FunctionParameters, EncryptionParameters):
    """Parameters of every blueprint of a job."""

    AssetsBucket: Annotated[common.BucketName, Field(description="Bucket of the data and of what the job writes.")]
    PipelinesBucket: Annotated[
        common.BucketName, Field(description="Bucket of values that are too long for a parameter.")
    ]
    JobName: Annotated[training.JobName, Field(description="Name of the job; made from JobNamePrefix when empty.")] = ""
    JobNames: Annotated[
        training.JobNames,
        Field(description="Names that jobs of this pipeline have, for permissions: one, or a prefix with a star."),
    ]
    JobNamePrefix: Annotated[training.JobName, Field(description="How names that are made begin.")]
    TrainingData: Annotated[common.AssetsData, Field(description="Key or prefix of the training data.")]
    JobOutputLocation: Annotated[AssetsPrefix, Field(description="Prefix that receives what the job writes.")]
    Tags: Annotated[training.JsonDocument, Field(description="Tags of the job, as JSON.")]


class JobPipeline(Registering, Encrypted, JobInVpc):
    """A pipeline whose blueprint starts one job."""

    runs_in_stages: ClassVar = False
    job: ClassVar[JobKind]
    purpose: ClassVar[str]
    """Part of generated names: `<model>-<purpose>-<digest>`."""

    job_name: Annotated[
        training.JobName,
        Field(description="name of the job; SageMaker never frees one, so a changed request needs another"),
    ] = ""
    kms_key_arn: Annotated[
        common.KmsKeyArn,
        Field(description="key, or alias of a key, that encrypts the instances' volumes and what is written to S3"),
    ] = ""
    job_output_location: Annotated[
        AssetsPrefix,
        Field(description="prefix in the assets bucket that receives what the job writes"),
    ]

    def json_values(self) -> Mapping[str, Any]:
        """Return parameter -> value for parameters that are JSON of any length, except the tags."""
        return {}

    def more_tags(self) -> Mapping[str, str]:
        """Return the job's tags that the caller asks for."""
        return {}

    def own_tags(self, launch: Launch) -> dict[str, str]:
        """Return the tags that identify a job when it ends (`orchestrator/events/jobs/reports.py`), and its costs."""
        values = (self.stack_name, self.type_name(), self.model_name, self.registration_key(launch))
        told = {key: value for key, value in zip(_TOLD, values, strict=True) if value}
        # Listed first for order and merged last, so operator tags cannot override them.
        return {**told, **dict(self.tags(launch, stage=None)), **told}

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if self.kms_key_arn and has_local_storage(self.compared_on):
            yield volume_without_key(COMPARED_ON, self.compared_on)

    @override
    def objects(self, launch: Launch) -> tuple[PlannedObject, ...]:
        stored = (value.stored for value in self._json(launch).values())
        return (*super().objects(launch), *(found for found in stored if found is not None))

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {
            **super().values(launch, stage),
            **self.encryption_parameters(None),
            **self.vpc_parameters(None),
            **{name: value.parameter for name, value in self._json(launch).items()},
            "AssetsBucket": launch.assets_bucket,
            "PipelinesBucket": launch.pipelines_bucket,
            "JobNames": (self.job_name or f"{self._name_prefix}-*").lower(),
            "JobNamePrefix": self._name_prefix,
        }

    @property
    def _name_prefix(self) -> str:
        longest = self.job.longest_name - _DIGEST_CHARACTERS - 1
        return f"{self.model_name}-{self.purpose}"[:longest].rstrip("-")

    def _json(self, launch: Launch) -> dict[str, JsonValue]:
        job_tags = {**self.more_tags(), **self.own_tags(launch)}
        values = {**self.json_values(), "Tags": [{"Key": key, "Value": value} for key, value in job_tags.items()]}
        return {name: JsonValue(value, launch.pipelines_bucket, self.stack_name) for name, value in values.items()}
