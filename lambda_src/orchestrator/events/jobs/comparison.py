# SPDX-License-Identifier: Apache-2.0
"""Comparison of a trained model with the deployed one: what SageMaker is asked for, and what the figures decide.

Both models score the same held-out rows, each in a transform job that leaves out the label, and whose output has label
and prediction:
https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html. All pure.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from orchestrator.events.jobs import held_out, versions
from orchestrator.events.jobs.held_out import Figures
from orchestrator.events.jobs.versions import Decision, Source
from orchestrator.plan import layout
from orchestrator.sagemaker import version_arns
from orchestrator.sagemaker.instance_storage import has_local_storage
from orchestrator.sagemaker.job_kinds import JobKind
from orchestrator.sagemaker.registration import Instructions

NAMES: Final = "mlops-gate-"
"""How the names of these models and transform jobs begin."""
Side = Literal["challenger", "deployed"]
SIDES: Final[tuple[Side, ...]] = ("challenger", "deployed")

_NAME: Final = re.compile(rf"{NAMES}(?P<id>[0-9a-f]{{16}})-({'|'.join(SIDES)})")
_ID_CHARACTERS: Final = 16
_CHANNEL: Final = "validation"
_OF_CONTAINER: Final = ("Image", "ModelDataUrl", "ModelDataSource", "Environment")
_OF_NETWORK: Final = ("VpcConfig", "EnableNetworkIsolation")
_CSV: Final = "text/csv"


class Comparison(BaseModel):
    """A comparison that has begun, as the pipelines bucket keeps it until both models have scored the rows."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    kind: str
    """Words of the kind of job that trained the model."""
    job: str
    job_arn: str
    pipeline_type: str
    model_name: str
    stack_name: str
    instructions: str
    """Key of the instructions to register the model."""
    deployed: str
    """ARN of the version that it is compared with."""
    output: str
    """`s3://` location below which each side has a folder with its predictions."""

    @property
    def source(self) -> Source:
        """The job, and the pipeline that started it."""
        return Source(self.job_arn, self.model_name, self.stack_name, self.pipeline_type)

    @property
    def id(self) -> str:
        """Part of the names of its models and jobs: the same for the same job, however often it is begun."""
        return hashlib.sha256(self.job_arn.encode()).hexdigest()[:_ID_CHARACTERS]

    @property
    def version(self) -> str:
        """The deployed version as people call it: group and number."""
        return f"{version_arns.group_name(self.deployed)} version {version_arns.number(self.deployed)}"

    def name(self, side: Side) -> str:
        """Name of the model of a side, and of its transform job."""
        return f"{NAMES}{self.id}-{side}"

    def results(self, side: Side) -> str:
        """`s3://` location of a side's predictions."""
        return f"{self.output}/{NAMES}{self.id}/{side}"


def id_in(name: str) -> str:
    """Return the id in the name of a transform job; empty if it is none of a comparison."""
    found = _NAME.fullmatch(name)
    return found["id"] if found else ""


def key(comparison_id: str) -> str:
    """Key of a comparison in the pipelines bucket."""
    return f"{layout.REGISTERED}comparisons/{comparison_id}.json"


def marker(comparison_id: str) -> str:
    """Key of the marker that says that a comparison is concluded."""
    return f"{layout.REPORTED}comparisons/{comparison_id}"


def begun(kind: JobKind, source: Source, instructions: str, deployed: str) -> Comparison:
    """Return the comparison of the model of a job; where its results go is known when the job is described."""
    return Comparison(
        kind=kind.words,
        job=source.job_arn.rpartition("/")[2],
        job_arn=source.job_arn,
        pipeline_type=source.pipeline_type,
        model_name=source.model_name,
        stack_name=source.stack_name,
        instructions=instructions,
        deployed=deployed,
        output="",
    )


def model_request(
    comparison: Comparison, side: Side, containers: list[dict[str, Any]], training: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the parameters of CreateModel; both models are in the network of the job that trained the challenger.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html
    """
    plain = [{name: made[name] for name in _OF_CONTAINER if made.get(name)} for made in containers]
    served = {"PrimaryContainer": plain[0]} if len(plain) == 1 else {"Containers": plain}
    return {
        "ModelName": comparison.name(side),
        "ExecutionRoleArn": training["RoleArn"],
        **served,
        **{name: training[name] for name in _OF_NETWORK if training.get(name)},
        "Tags": _tags(comparison),
    }


def transform_request(
    comparison: Comparison, side: Side, asked: Instructions, training: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the parameters of CreateTransformJob; `training` is the description of the job that made the artifact.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
    """
    key = training["OutputDataConfig"].get("KmsKeyId")
    instance_type = asked.comparison_instance_type
    # Some instance types refuse a key for their volumes (lesson 72).
    volume_key = {"VolumeKmsKeyId": key} if key and not has_local_storage(instance_type) else {}
    return {
        "TransformJobName": comparison.name(side),
        "ModelName": comparison.name(side),
        "BatchStrategy": "MultiRecord",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": held_out_rows(training)}},
            "ContentType": _CSV,
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": comparison.results(side),
            "Accept": _CSV,
            "AssembleWith": "Line",
            **({"KmsKeyId": key} if key else {}),
        },
        "TransformResources": {"InstanceType": instance_type, "InstanceCount": 1, **volume_key},
        "DataProcessing": {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
        "Tags": _tags(comparison),
    }


def held_out_rows(training: Mapping[str, Any]) -> str:
    """Return the `s3://` address of the rows that the model was not fitted to; empty if there are none."""
    channels = {one["ChannelName"]: one["DataSource"] for one in training.get("InputDataConfig", ())}
    return str(channels.get(_CHANNEL, {}).get("S3DataSource", {}).get("S3Uri", ""))


def decision(comparison: Comparison, asked: Instructions, reached: Mapping[Side, Figures]) -> Decision:
    """Return the requested status if the model is better than the deployed one, otherwise `Rejected` with figures."""
    metric = asked.compared_by
    challenger, deployed = (reached[side] for side in SIDES)
    if not challenger.is_of_same_rows(deployed):
        return versions.rejected(
            f"The rows of validation_data were others for this model than for {comparison.version}: somebody changed "
            "them meanwhile."
        )
    told = {
        f"challenger_{metric}": f"{challenger.value:.6g}",
        f"deployed_{metric}": f"{deployed.value:.6g}",
        "deployed_version": comparison.deployed,
    }
    if held_out.is_better(metric, challenger.value, deployed.value, asked.margin):
        return Decision(asked.approval_status, compared=told)
    wanted = f"by {asked.margin:g} at least" if asked.margin else "at all"
    return versions.rejected(
        f"On {challenger.rows:,} held-out rows {metric} is {challenger.value:.6g}, and {deployed.value:.6g} for "
        f"{comparison.version}, which is deployed: that is not better {wanted}.",
        told,
    )


def _tags(comparison: Comparison) -> list[dict[str, str]]:
    told = {
        "stack_name": comparison.stack_name,
        "pipeline_type": comparison.pipeline_type,
        "model_name": comparison.model_name,
    }
    return [{"Key": name, "Value": value} for name, value in told.items() if value]
