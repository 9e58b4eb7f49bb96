# SPDX-License-Identifier: Apache-2.0
"""Parameters of the four monitor blueprints (compatibility 3.5 to 3.9)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from orchestrator import fields, locations, monitor_fields
from orchestrator.operator_options import RoleOptions
from orchestrator.pipelines.encryption import EncryptionParameters
from orchestrator.template_parameters import TemplateParameters


class MonitorParameters(RoleOptions, EncryptionParameters):
    """Parameters of every monitor blueprint."""

    AssetsBucket: Annotated[fields.BucketName, Field(description="Bucket of the baseline's data.")]
    BaselineData: Annotated[fields.CsvKey, Field(description="Key of the baseline's data in the assets bucket.")]
    BaselineJobName: Annotated[
        monitor_fields.ScheduleName, Field(description="Name of the baseline, which is the last part of its folder.")
    ]
    BaselineOutputBucket: Annotated[fields.BucketName, Field(description="Bucket that receives the baseline.")]
    BaselineOutputPrefix: Annotated[fields.KeyPrefix, Field(description="How keys of baselines begin in it.")] = ""
    BaselineJobOutputLocation: Annotated[
        locations.S3Location, Field(description="Bucket and prefix of this baseline; its name ends it.")
    ]
    BaselineMaxRuntimeSeconds: Annotated[
        monitor_fields.BaselineRunTime, Field(description="Seconds after which the baseline is given up.")
    ] = ""
    DataCaptureBucket: Annotated[fields.BucketName, Field(description="Bucket of the captured data.")]
    DataCapturePrefix: Annotated[fields.KeyPrefix, Field(description="How keys of captured data begin in it.")] = ""
    DataCaptureLocation: Annotated[
        locations.MonitorLocation, Field(description="Bucket and prefix of the captured data.")
    ]
    EndpointName: Annotated[monitor_fields.MonitoredEndpoint, Field(description="Endpoint to monitor.")]
    ImageUri: Annotated[fields.ImageUri, Field(description="SageMaker's image that does the work.")]
    InstanceType: Annotated[fields.InstanceType, Field(description="Instance type of baseline and schedule.")]
    InstanceCount: Annotated[monitor_fields.InstanceCount, Field(description="Instances of each job.")] = 1
    InstanceVolumeSize: Annotated[monitor_fields.VolumeSize, Field(description="Gigabytes of each volume.")]
    MonitorMaxRuntimeSeconds: Annotated[
        monitor_fields.RunTime, Field(description="Seconds after which a run of the schedule is stopped.")
    ]
    MonitoringOutputLocation: Annotated[
        locations.MonitorLocation, Field(description="Bucket and prefix that receive the reports.")
    ]
    MonitoringScheduleName: Annotated[monitor_fields.ScheduleName, Field(description="Name of the schedule.")]
    ScheduleExpression: Annotated[
        monitor_fields.ScheduleExpression, Field(description="When the endpoint's data is looked at.")
    ]
    Subnets: Annotated[monitor_fields.JoinedIds, Field(description="Subnets of the jobs; no VPC when empty.")]
    SecurityGroupIds: Annotated[monitor_fields.JoinedIds, Field(description="Security groups of the jobs.")]
    OrchestratorAccount: Annotated[
        monitor_fields.AccountId, Field(description="Account of the orchestrator, which hears how runs end.")
    ]


class DataQualityMonitorParameters(MonitorParameters):
    """Parameters of the data quality monitor's blueprint."""

    ExcludeFeaturesAttribute: Annotated[
        monitor_fields.ExcludedFeatures, Field(description="Features that are left out; none when empty.")
    ] = ""


class PredictionParameters(TemplateParameters):
    """Parameters of the monitors that look at the model's answers."""

    MonitorInferenceAttribute: Annotated[
        monitor_fields.Attribute, Field(description="Where the predicted value stands in the model's answer.")
    ] = ""
    MonitorProbabilityAttribute: Annotated[
        monitor_fields.Attribute, Field(description="Where the probability stands in the model's answer.")
    ] = ""


class GroundTruthParameters(PredictionParameters):
    """Parameters of the monitors that compare with what turned out to be true."""

    ProbabilityThresholdAttribute: Annotated[
        monitor_fields.Probability, Field(description="Probability from which on the answer is positive.")
    ] = ""
    GroundTruthBucket: Annotated[fields.BucketName, Field(description="Bucket of the ground truth.")]
    GroundTruthPrefix: Annotated[fields.KeyPrefix, Field(description="How its keys begin.")] = ""
    MonitorGroundTruthInput: Annotated[
        locations.MonitorLocation, Field(description="Bucket and prefix of the ground truth.")
    ]
    StartTimeOffset: Annotated[
        monitor_fields.TimeOffset, Field(description="How far back the data of a run begins.")
    ] = ""
    EndTimeOffset: Annotated[monitor_fields.TimeOffset, Field(description="How far back the data of a run ends.")] = ""


class ModelQualityMonitorParameters(GroundTruthParameters, MonitorParameters):
    """Parameters of the model quality monitor's blueprint."""

    ProblemType: Annotated[monitor_fields.ProblemType, Field(description="What kind of problem the model solves.")]
    BaselineGroundTruthAttribute: Annotated[
        monitor_fields.RequiredAttribute, Field(description="Column of the baseline with what turned out to be true.")
    ]
    BaselineInferenceAttribute: Annotated[
        monitor_fields.Attribute, Field(description="Column of the baseline with the predictions.")
    ] = ""
    BaselineProbabilityAttribute: Annotated[
        monitor_fields.Attribute, Field(description="Column of the baseline with the probabilities.")
    ] = ""


class ClarifyParameters(TemplateParameters):
    """Parameters of the monitors by SageMaker Clarify."""

    PipelinesBucket: Annotated[fields.BucketName, Field(description="Bucket of Clarify's configuration.")]
    AnalysisPrefix: Annotated[
        fields.ObjectKey, Field(description="Folder of the configurations of the baseline and, below it, the schedule.")
    ]
    FeaturesAttribute: Annotated[
        monitor_fields.Attribute, Field(description="Where the features stand in captured JSON Lines.")
    ] = ""


class ModelBiasMonitorParameters(ClarifyParameters, GroundTruthParameters, MonitorParameters):
    """Parameters of the bias monitor's blueprint."""


class ModelExplainabilityMonitorParameters(ClarifyParameters, PredictionParameters, MonitorParameters):
    """Parameters of the explainability monitor's blueprint."""

    ShapBaselineKey: Annotated[
        fields.AssetsKey, Field(description="Key of SHAP's baseline in the assets bucket, when it is a file.")
    ] = ""
