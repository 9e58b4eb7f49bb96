# SPDX-License-Identifier: Apache-2.0
"""Parameters of the monitor blueprints: four on SageMaker's engine, four on the open one (compatibility 3.5 to 3.9).

What both have stands in parts; the order of the parts is that of the parameters in templates.
"""

from typing import Annotated

from pydantic import Field

from orchestrator.launch.operator_options import RoleParameters
from orchestrator.pipeline_types.built_in.network import IsolationParameters
from orchestrator.pipeline_types.encryption import EncryptionParameters
from orchestrator.values import common, jobs, locations, monitors
from orchestrator.values.template_parameters import TemplateParameters


class BaselineParameters(TemplateParameters):
    """Parameters of baselines."""

    AssetsBucket: Annotated[common.BucketName, Field(description="Bucket of the baseline's data.")]
    BaselineData: Annotated[common.CsvKey, Field(description="Key of the baseline's data in the assets bucket.")]
    BaselineOutputBucket: Annotated[common.BucketName, Field(description="Bucket that receives the baseline.")]
    BaselineOutputPrefix: Annotated[common.KeyPrefix, Field(description="How keys of baselines begin in it.")] = ""
    BaselineJobOutputLocation: Annotated[
        locations.S3Location, Field(description="Bucket and prefix of this baseline; the name of the schedule ends it.")
    ]
    BaselineMaxRuntimeSeconds: Annotated[
        monitors.BaselineRunTime, Field(description="Seconds after which the baseline is given up.")
    ] = ""


class CaptureParameters(TemplateParameters):
    """Parameters of what is monitored."""

    DataCaptureBucket: Annotated[common.BucketName, Field(description="Bucket of the captured data.")]
    DataCapturePrefix: Annotated[common.KeyPrefix, Field(description="How keys of captured data begin in it.")] = ""
    DataCaptureLocation: Annotated[
        locations.MonitorLocation, Field(description="Bucket and prefix of the captured data.")
    ]
    EndpointName: Annotated[monitors.MonitoredEndpoint, Field(description="Endpoint to monitor.")]


class AskingParameters(TemplateParameters):
    """Parameters of monitors whose jobs call the endpoint, or look at it."""

    EndpointInArns: Annotated[monitors.NameInArns, Field(description="Its name in lower case, which it has in ARNs.")]


class JobParameters(TemplateParameters):
    """Parameters of every job."""

    ImageUri: Annotated[common.ImageUri, Field(description="SageMaker's image that does the work.")]
    InstanceType: Annotated[common.InstanceType, Field(description="Instance type of baseline and schedule.")]


class ShardedParameters(TemplateParameters):
    """Parameters of jobs that several instances share."""

    InstanceCount: Annotated[monitors.InstanceCount, Field(description="Instances of each job.")] = 1


class RunParameters(TemplateParameters):
    """Parameters of runs and their reports."""

    InstanceVolumeSize: Annotated[monitors.VolumeSize, Field(description="Gigabytes of each volume.")]
    MonitorMaxRuntimeSeconds: Annotated[
        monitors.RunTime, Field(description="Seconds after which a run of the schedule is stopped.")
    ]
    MonitoringOutputLocation: Annotated[
        locations.MonitorLocation, Field(description="Bucket and prefix that receive the reports.")
    ]
    MonitoringScheduleName: Annotated[monitors.ScheduleName, Field(description="Name of the schedule.")]


class ModelMonitorScheduleParameters(TemplateParameters):
    """Parameters of schedules that Model Monitor takes."""

    ScheduleExpression: Annotated[
        monitors.ScheduleExpression, Field(description="When the endpoint's data is looked at.")
    ]


class NetworkParameters(TemplateParameters):
    """Parameters of the jobs' network, and of what hears how they end."""

    Subnets: Annotated[monitors.JoinedIds, Field(description="Subnets of the jobs; no VPC when empty.")]
    SecurityGroupIds: Annotated[monitors.JoinedIds, Field(description="Security groups of the jobs.")]
    OrchestratorAccount: Annotated[
        monitors.AccountId, Field(description="Account of the orchestrator, which hears how runs end.")
    ]


class MonitorParameters(
    NetworkParameters,
    ModelMonitorScheduleParameters,
    RunParameters,
    ShardedParameters,
    JobParameters,
    AskingParameters,
    CaptureParameters,
    BaselineParameters,
    RoleParameters,
    EncryptionParameters,
):
    """Parameters of every monitor blueprint on SageMaker's monitors."""


class OpenMonitorParameters(
    NetworkParameters,
    RunParameters,
    JobParameters,
    CaptureParameters,
    BaselineParameters,
    RoleParameters,
    EncryptionParameters,
):
    """Parameters of every monitor blueprint on the open monitors."""

    ScheduleExpression: Annotated[
        jobs.RecurringSchedule, Field(description="When the endpoint's data is looked at, in UTC.")
    ]
    SchedulePeriodSeconds: Annotated[
        monitors.AlarmPeriod,
        Field(
            description="Longest time between two runs, for the alarm on runs that are missing; empty without that "
            "alarm, which CloudWatch can keep for periods of three days and a half at most."
        ),
    ] = ""
    PipelinesBucket: Annotated[common.BucketName, Field(description="Bucket of the monitors.")]
    EngineKey: Annotated[common.ObjectKey, Field(description="Key of the engine, a zip archive, in that bucket.")]
    EngineDigest: Annotated[monitors.Sha256, Field(description="Its SHA-256; jobs run no other monitors.")]


class DataQualityMonitorParameters(IsolationParameters, MonitorParameters):
    """Parameters of the data quality monitor's blueprint."""

    ExcludeFeaturesAttribute: Annotated[
        monitors.ExcludedFeatures, Field(description="Features that are left out; none when empty.")
    ] = ""


class OpenDataQualityMonitorParameters(OpenMonitorParameters):
    """Parameters of the data quality monitor's blueprint on the open engine."""

    ExcludeFeaturesAttribute: Annotated[
        monitors.ManyExcludedFeatures, Field(description="Features that are left out; none when empty.")
    ] = ""


class PredictionParameters(TemplateParameters):
    """Parameters of the monitors that look at the model's answers."""

    MonitorInferenceAttribute: Annotated[
        monitors.Attribute, Field(description="Where the predicted value stands in the model's answer.")
    ] = ""
    MonitorProbabilityAttribute: Annotated[
        monitors.Attribute, Field(description="Where the probability stands in the model's answer.")
    ] = ""


class GroundTruthParameters(PredictionParameters):
    """Parameters of the monitors that compare with what turned out to be true."""

    ProbabilityThresholdAttribute: Annotated[
        monitors.Probability, Field(description="Probability from which on the answer is positive.")
    ] = ""
    GroundTruthBucket: Annotated[common.BucketName, Field(description="Bucket of the ground truth.")]
    GroundTruthPrefix: Annotated[common.KeyPrefix, Field(description="How its keys begin.")] = ""
    MonitorGroundTruthInput: Annotated[
        locations.MonitorLocation, Field(description="Bucket and prefix of the ground truth.")
    ]
    MonitoringOutputBucket: Annotated[
        common.BucketName, Field(description="Bucket of the reports, beside which merged data is read back.")
    ]
    MonitoringOutputPrefix: Annotated[common.KeyPrefix, Field(description="How their keys begin.")] = ""
    StartTimeOffset: Annotated[monitors.TimeOffset, Field(description="How far back the data of a run begins.")] = ""
    EndTimeOffset: Annotated[monitors.TimeOffset, Field(description="How far back the data of a run ends.")] = ""


class RetrainingParameters(TemplateParameters):
    """Parameters of monitors of which training data may be made."""

    RetrainingPrefix: Annotated[
        common.KeyPrefix,
        Field(description="Folder of the assets bucket for training data of what was merged; none is made when empty."),
    ] = ""


class QualityParameters(GroundTruthParameters):
    """Parameters of model quality."""

    ProblemType: Annotated[monitors.ProblemType, Field(description="What kind of problem the model solves.")]
    BaselineGroundTruthAttribute: Annotated[
        monitors.RequiredAttribute, Field(description="Column of the baseline with what turned out to be true.")
    ]
    BaselineInferenceAttribute: Annotated[
        monitors.Attribute, Field(description="Column of the baseline with the predictions.")
    ] = ""
    BaselineProbabilityAttribute: Annotated[
        monitors.Attribute, Field(description="Column of the baseline with the probabilities.")
    ] = ""


class ModelQualityMonitorParameters(IsolationParameters, QualityParameters, MonitorParameters):
    """Parameters of the model quality monitor's blueprint."""


class OpenModelQualityMonitorParameters(RetrainingParameters, QualityParameters, OpenMonitorParameters):
    """Parameters of the model quality monitor's blueprint on the open monitors."""

    PredictionColumn: Annotated[
        monitors.Attribute,
        Field(description="Column of the baseline with the predictions, also when it is computed from probabilities."),
    ] = ""


class ClarifyParameters(TemplateParameters):
    """Parameters of the monitors by SageMaker Clarify."""

    PipelinesBucket: Annotated[common.BucketName, Field(description="Bucket of Clarify's configuration.")]
    AnalysisPrefix: Annotated[
        common.ObjectKey, Field(description="Folder of the configurations of the baseline and, below it, the schedule.")
    ]
    FeaturesAttribute: Annotated[
        monitors.Attribute, Field(description="Where the features stand in captured JSON Lines.")
    ] = ""


class ModelBiasMonitorParameters(ClarifyParameters, GroundTruthParameters, MonitorParameters):
    """Parameters of the bias monitor's blueprint."""


class OpenModelBiasMonitorParameters(
    RetrainingParameters, OpenMonitorParameters, ClarifyParameters, GroundTruthParameters, AskingParameters
):
    """Parameters of the bias monitor's blueprint on the open monitors."""


class AttributionParameters(ClarifyParameters, PredictionParameters):
    """Parameters of attribution."""

    ShapBaselineKey: Annotated[
        common.AssetsKey, Field(description="Key of SHAP's baseline in the assets bucket, when it is a file.")
    ] = ""


class ModelExplainabilityMonitorParameters(AttributionParameters, MonitorParameters):
    """Parameters of the explainability monitor's blueprint."""


class OpenModelExplainabilityMonitorParameters(OpenMonitorParameters, AttributionParameters, AskingParameters):
    """Parameters of the explainability monitor's blueprint on the open monitors."""
