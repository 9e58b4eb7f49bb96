# SPDX-License-Identifier: Apache-2.0
"""Parts that requests for training and tuning share (compatibility 3.10), and the role of both."""

from __future__ import annotations

from typing import Any, Final

from awacs import s3
from awacs.aws import Condition
from troposphere import Equals, If, Not, NoValue, Output, Ref, Sub, Template, iam

from generator import arns, permissions
from generator.conditions import if_provided, if_true, provided
from generator.resources import job_access, sagemaker_roles
from generator.resources.json_text import Json, Number

_IS_MANIFEST: Final = "DataIsManifest"


def algorithm(built: Template) -> dict[str, Any]:
    """`AlgorithmSpecification`: the mode stays File also when a channel has another."""
    metrics = if_provided(built, "MetricDefinitions", Json("MetricDefinitions"))
    return {"TrainingInputMode": "File", "TrainingImage": Ref("ImageUri"), "MetricDefinitions": metrics}


def channels(built: Template) -> list[Any]:
    """`InputDataConfig`: the channel train, and validation when there is such data."""
    return [
        channel(built, "train", "TrainingData"),
        if_provided(built, "ValidationData", channel(built, "validation", "ValidationData")),
    ]


def channel(built: Template, name: str, data: str) -> dict[str, Any]:
    """A training channel that reads its data from the assets bucket."""
    return {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": Ref("S3DataType"),
                "S3Uri": Sub(f"s3://${{AssetsBucket}}/${{{data}}}"),
                "S3DataDistributionType": Ref("DataDistribution"),
                "AttributeNames": if_provided(built, "AttributeNames", Json("AttributeNames")),
            }
        },
        "ContentType": Ref("ContentType"),
        "InputMode": Ref("DataInputMode"),
        "CompressionType": if_provided(built, "CompressionType", Ref("CompressionType")),
        "RecordWrapperType": if_provided(built, "DataRecordWrapping", Ref("DataRecordWrapping")),
    }


def output(built: Template) -> dict[str, Any]:
    """`OutputDataConfig`."""
    return {
        "S3OutputPath": Sub("s3://${AssetsBucket}/${JobOutputLocation}"),
        "KmsKeyId": if_provided(built, "KmsKeyArn", Ref("KmsKeyArn")),
    }


def resources(built: Template) -> dict[str, Any]:
    """`ResourceConfig`; some instance types refuse a key for their volumes (lesson 72)."""
    return {
        "InstanceType": Ref("InstanceType"),
        "InstanceCount": Number("JobInstanceCount"),
        "VolumeSizeInGB": Number("InstanceVolumeSize"),
        "VolumeKmsKeyId": if_provided(built, "VolumeKmsKeyArn", Ref("VolumeKmsKeyArn")),
    }


def limits(built: Template, job_name: Any) -> dict[str, Any]:
    """`StoppingCondition`, and the settings of spot instances and of traffic between containers."""
    checkpoint = Sub("s3://${AssetsBucket}/${JobOutputLocation}/${Name}/checkpoint", Name=job_name)
    return {
        "StoppingCondition": {
            "MaxRuntimeInSeconds": Number("MaxRuntimePerJob"),
            "MaxWaitTimeInSeconds": if_true(built, "UseSpotInstances", Number("MaxWaitTimeForSpotInstances")),
        },
        "EnableManagedSpotTraining": if_true(built, "UseSpotInstances", True),
        "CheckpointConfig": if_true(built, "UseSpotInstances", {"S3Uri": checkpoint}),
        "EnableInterContainerTrafficEncryption": if_true(built, "EncryptInnerTraffic", True),
    }


def role(built: Template, condition: Condition | None = None) -> iam.Role:
    """Role of the job: reads the data, writes the results, pulls an own image."""
    repository = Ref("CustomAlgorithmsECRRepoArn")
    image = permissions.policy("Image", permissions.pull_images(repository), permissions.log_in_to_registry())
    return sagemaker_roles.role(
        job_access.ROLE,
        *job_access.data_policies(built, "TrainingData", "ValidationData"),
        objects_of_manifest(built),
        if_provided(built, "CustomAlgorithmsECRRepoArn", image),
        read_compared_models(built),
        condition=condition,
    )


def read_compared_models(built: Template) -> Any:
    """Policy to load the model of the version that is deployed, which another pipeline may have trained.

    Both models are compared under this role: it may read the held-out rows.
    """
    models = permissions.allow([s3.GetObject], arns.s3("${AssetsBucket}/*.tar.gz"))
    return if_provided(built, "BetterThan", permissions.policy("ComparedModels", models))


def objects_of_manifest(built: Template) -> If:
    """Policy to read what a manifest names: objects anywhere in the assets bucket."""
    built.conditions.setdefault(_IS_MANIFEST, Not(Equals(Ref("S3DataType"), "S3Prefix")))
    objects = permissions.allow([s3.GetObject], arns.s3("${AssetsBucket}/*"))
    return If(_IS_MANIFEST, permissions.policy("ObjectsOfManifest", objects), NoValue)


def add_validation_output(built: Template) -> None:
    """Add the location of the validation data as output, if there is any (lesson 76)."""
    built.add_output(
        Output(
            "ValidationDataLocation",
            Description="Validation data",
            Condition=provided(built, "ValidationData"),
            Value=Sub("s3://${AssetsBucket}/${ValidationData}"),
        )
    )
