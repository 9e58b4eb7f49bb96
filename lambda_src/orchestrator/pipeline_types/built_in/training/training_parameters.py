# SPDX-License-Identifier: Apache-2.0
"""Parameters of the blueprints that train: those of training and tuning (compatibility 3.10)."""

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.pipeline_types.built_in.network import IsolationParameters
from orchestrator.pipeline_types.built_in.training.jobs import JobParameters
from orchestrator.values import common, training


class TrainingParameters(IsolationParameters, JobParameters):
    """Parameters of the blueprints of training and tuning."""

    ImageUri: Annotated[common.ImageUri, Field(description="Container image that trains.")]
    CustomAlgorithmsECRRepoArn: Annotated[
        common.EcrRepositoryArn, Field(description="Repository of an image of your own; empty for a built-in one.")
    ] = ""
    ValidationData: Annotated[
        training.OptionalData, Field(description="Key or prefix of the validation data; none when empty.")
    ] = ""
    InstanceType: Annotated[common.InstanceType, Field(description="Instance type that trains.")]
    JobInstanceCount: Annotated[training.InstanceCount, Field(description="Number of instances.")]
    InstanceVolumeSize: Annotated[training.VolumeSize, Field(description="Gigabytes of each volume.")]
    EncryptInnerTraffic: Annotated[
        training.TrueOrFalse, Field(description="Whether traffic between the containers is encrypted.")
    ]
    MaxRuntimePerJob: Annotated[training.JobRunTime, Field(description="Seconds after which a job is stopped.")]
    UseSpotInstances: Annotated[training.TrueOrFalse, Field(description="Whether to train on spot instances.")]
    MaxWaitTimeForSpotInstances: Annotated[
        training.SpotWait, Field(description="Seconds to wait for spot instances, the run itself included.")
    ]
    ContentType: Annotated[training.ChannelContentType, Field(description="Content type of the data.")]
    S3DataType: Annotated[training.S3DataType, Field(description="What the keys of the data name.")]
    DataDistribution: Annotated[
        training.DataDistribution, Field(description="How the data is spread over the instances.")
    ]
    CompressionType: Annotated[training.Compression, Field(description="How the data is compressed.")] = ""
    DataInputMode: Annotated[training.InputMode, Field(description="How the data comes to the container.")]
    DataRecordWrapping: Annotated[
        training.RecordWrapping, Field(description="How records are wrapped before they are handed on.")
    ] = ""
    BetterThan: Annotated[
        Literal["", "deployed"],
        Field(description="What models are compared with; deployed lets the job's role read the models of versions."),
    ] = ""
    AttributeNames: Annotated[
        training.JsonDocument, Field(description="Attributes of an augmented manifest, as JSON.")
    ] = ""
    MetricDefinitions: Annotated[
        training.JsonDocument, Field(description="Metrics and where they stand in the log, as JSON.")
    ] = ""
