# SPDX-License-Identifier: Apache-2.0
"""What templates promise to those who upgrade and to outsiders, and what they may have without a resource."""

from __future__ import annotations

from typing import Any, Final

from generator.root.options import OrganizationOptions
from orchestrator.launch.options import ReachOptions

# Actions for which AWS's service authorization reference names no resource type.
WITHOUT_RESOURCE: Final = {
    "application-autoscaling:DescribeScalableTargets": "a listing of the account, in cfn-lint's reference",
    "application-autoscaling:DescribeScalingPolicies": "a listing of the account, in cfn-lint's reference",
    "application-autoscaling:DescribeScheduledActions": "a listing of the account, in cfn-lint's reference",
    "application-autoscaling:ListTagsForResource": "a listing of the account, in cfn-lint's reference",
    "application-autoscaling:DeleteScalingPolicy": "its namespace limits it, in a condition",
    "application-autoscaling:DeleteScheduledAction": "its namespace limits it, in a condition",
    "application-autoscaling:DeregisterScalableTarget": "its namespace limits it, in a condition",
    "application-autoscaling:PutScalingPolicy": "its namespace limits it, in a condition",
    "application-autoscaling:PutScheduledAction": "its namespace limits it, in a condition",
    "application-autoscaling:RegisterScalableTarget": "its namespace limits it, in a condition",
    "application-autoscaling:TagResource": "in cfn-lint's reference it has no resource",
    "application-autoscaling:UntagResource": "in cfn-lint's reference it has no resource",
    "organizations:ListDelegatedAdministrators": "a listing of the organization",
    "ce:GetCostAndUsage": "AWS's guide to policies for billing takes no other resource, and no view of costs is named",
    "codepipeline:ListPipelines": "a listing of the account",
    "codepipeline:PutJobFailureResult": "a job has no ARN; its id, known to the function alone, limits it",
    "codepipeline:PutJobSuccessResult": "a job has no ARN; its id, known to the function alone, limits it",
    "cloudformation:DescribeStacks": "without a name it lists all stacks, which is about none of them",
    "cloudformation:ListStacks": "a listing of the account, which DescribeStacks without a name needs too",
    "cloudwatch:GetMetricData": "metrics have no ARN",
    "cloudwatch:PutMetricData": "metrics have no ARN; the namespace limits it",
    "ec2:DescribeDhcpOptions": "EC2 knows no resource for what is only looked at",
    "ec2:DescribeNetworkInterfaces": "EC2 knows no resource for what is only looked at",
    "ec2:DescribeSecurityGroups": "EC2 knows no resource for what is only looked at",
    "ec2:DescribeSubnets": "EC2 knows no resource for what is only looked at",
    "ec2:DescribeVpcEndpoints": "EC2 knows no resource for what is only looked at",
    "ec2:DescribeVpcs": "EC2 knows no resource for what is only looked at",
    "ecr:GetAuthorizationToken": "the token is for the whole registry",
    "logs:DescribeIndexPolicies": "CloudFormation reads log groups by it, and IAM knows no resource for it",
    "logs:DescribeResourcePolicies": "CloudFormation reads log groups by it, and IAM knows no resource for it",
    "sagemaker:ListAutoMLJobs": "a listing of the account",
    "sagemaker:ListHyperParameterTuningJobs": "a listing of the account",
    "sagemaker:ListModelCards": "a listing of the account",
    "sagemaker:ListMonitoringExecutions": "a listing of the account",
    "sagemaker:ListProcessingJobs": "a listing of the account",
    "sagemaker:ListTrainingJobs": "a listing of the account",
    "sagemaker:Search": "a search of the account",
    "xray:PutTelemetryRecords": "X-Ray has no resource for what is sent to it",
    "xray:PutTraceSegments": "X-Ray has no resource for what is sent to it",
}

# What an upgrade must find again under the same name, or it would make a new one beside it (lesson 68). Deployments of
# REST APIs are left out: those are snapshots and named after their content.
_MONITOR: Final = "Baseline JobDefinition MonitoringSchedule RunEndedRule SageMakerRole"
_OPEN_MONITOR: Final = (
    "OpenBaseline RunEndedRule RunSchedule RunsMissingAlarm RunsMissingRule SageMakerRole ScheduleRole ViolationsAlarm"
)
LOGICAL_IDS: Final[dict[str, str]] = {
    "mlops-permissions-boundary.yaml": "Boundary",
    "mlops-orchestrator-single-account.yaml": """
        AccessLogsBucket AccessLogsBucketPolicy Api ApiAccessLogs ApiErrorsAlarm ApiLogging ApiLoggingRole ApiPermission
        AutomationPolicy
        ApiStage ApplicationGroup AssetsBucket AssetsBucketEvents AssetsBucketPolicy BucketEvents BucketEventsLogs
        BucketEventsRole ChangedRoleRule ComparisonEndedRule ComparisonPolicy ConfigBucket
        ConfigBucketEvents ConfigBucketPolicy ConfigUploadedPermission ConfigUploadedRule Dashboard
        DeadLetterQueue DeadLettersAlarm FunctionErrorsAlarm FunctionNetworkPolicy
        DeadLetterQueuePolicy DeletePipelineMethod DeployRole DigestRule
        ECRRepository EncryptionKey EncryptionKeyAlias JobCheckRule JobEndedRule JobsPermission ModelPackageGroup
        PausePipelineMethod PauseResource ResumePipelineMethod ResumeResource
        ShiftCallsMethod WeightsResource
        ListPipelinesMethod ListRunsMethod LooksPolicy MonitorRunRule MonitorRunsMissingRule
        MonitorRunsPolicy PipelineResource PipelinesResource RemovalRule ShowPipelineMethod
        ListPipelineTypesMethod PipelineTypeResource PipelineTypesResource ShowPipelineTypeMethod
        NotificationsSubscription NotificationsTopic
        NotificationsTopicPolicy Orchestrator OrchestratorLogs OrchestratorRetries OrchestratorRole PipelineEndedRule
        PipelineRole PipelineStackRole PipelineStatusMethod PipelineStatusResource PipelinesBucket PipelinesBucketPolicy
        PipelineStartRole ProvisionPipelineMethod ProvisionPipelineResource RefusedWriteRule
        RequestReachPolicy RetrainingPolicy RunsResource SmokeTestRule StartRunMethod VersionChangedRule
    """,
    "pipelines/single_account_codepipeline.yaml": "MLOpsPipeline",
    "pipelines/multi_account_codepipeline.yaml": "MLOpsPipeline",
    "pipelines/image_builder.yaml": "ImageBuild ImageBuildLogs ImageBuildRole MLOpsPipeline SourceChangedRule",
    "blueprints/autopilot_training.yaml": """
        AutopilotJob SageMakerJob SageMakerJobLogs SageMakerJobRole SageMakerRole SageMakerRolePassingItself
    """,
    "blueprints/model_training.yaml": """
        SageMakerJob SageMakerJobLogs SageMakerJobRole SageMakerRole Schedule ScheduleRole TrainingJob
    """,
    "blueprints/model_tuning.yaml": "SageMakerJob SageMakerJobLogs SageMakerJobRole SageMakerRole TuningJob",
    "blueprints/batch_transform.yaml": """
        MLOpsSagemakerModel SageMakerJob SageMakerJobLogs SageMakerJobRole SageMakerRole Schedule ScheduleRole
        TransformJob
    """,
    "blueprints/data_quality_monitor.yaml": _MONITOR,
    "blueprints/model_bias_monitor.yaml": _MONITOR,
    "blueprints/model_explainability_monitor.yaml": _MONITOR,
    "blueprints/model_quality_monitor.yaml": f"{_MONITOR} NoBetterThanAGuessAlarm",
    "blueprints/open_data_quality_monitor.yaml": _OPEN_MONITOR,
    "blueprints/open_model_bias_monitor.yaml": _OPEN_MONITOR,
    "blueprints/open_model_explainability_monitor.yaml": _OPEN_MONITOR,
    "blueprints/open_model_quality_monitor.yaml": f"{_OPEN_MONITOR} NoBetterThanAGuessAlarm",
    "blueprints/realtime_inference.yaml": """
        Inference InferenceApi InferenceApiAccessLogs InferenceApiPermission InferenceApiStage InferenceLogs
        InferenceMethod InferenceResource InferenceRole MLOpsSagemakerEndpoint MLOpsSagemakerEndpointConfig
        MLOpsSagemakerModel SageMakerRole EndpointCpuAlarm EndpointErrorsAlarm EndpointLatencyAlarm
        MLOpsSagemakerModelVariant1 MLOpsSagemakerModelVariant2 OpenAIMethod OpenAIResource ScalableTarget ScalingPolicy
        ComparingRole ScaleFromZero ScaleFromZeroAlarm SmokeTest SmokeTester V1Resource
    """,
}
# Whoever changes from one root template to the other keeps everything.
LOGICAL_IDS["mlops-orchestrator-multi-account.yaml"] = f"""
    {LOGICAL_IDS["mlops-orchestrator-single-account.yaml"]}
    StageDeployer StageDeployerLogs StageDeployerRole StageEndedRule StageEventsPolicy StuckApprovalAlarm
"""
RESOURCE_BUDGET: Final = 314
"""All templates together: 170 at first; to list, look at and delete pipelines takes six a root, the dashboard and the
alarms nine in both, the application's group and the policy for functions in a VPC one a root, the two routes for
pipeline types four a root, the access log of the inference API one, the two rules on what should never happen two a
root, the boundary one, the policy for looks at what requests name one a root, monitors on the open engine 29,
their runs four a root, the rules on missing runs one a root and one in each of these monitors, the policy for
retrainings one a root, autoscaling of endpoints two and from none two, the comparison with what is deployed two a
root, the daily digest one a root, the route of OpenAI's protocol three, the deployment of a private API one, smoke
tests one a root and two in the blueprint that serves models."""

BLUEPRINT_BYTES: Final = 51_200
"""The longest template that CloudFormation takes inline."""

EMAIL: Final = r"^[a-zA-Z0-9_.+-]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$"
YES_OR_NO: Final = ["Yes", "No"]
# Compatibility 1.1, in the order of the console: name, label, default (`None`: must be given), further properties.
LAUNCH_PARAMETERS: Final[list[tuple[str, str, str | None, dict[str, Any]]]] = [
    (
        "NotificationEmail",
        "Notification Email (Required)",
        None,
        {"AllowedPattern": EMAIL, "MinLength": 5, "MaxLength": 320},
    ),
    ("ConfigS3Bucket", "MLOps configuration S3 bucket name (Optional)", "", {"MaxLength": 63}),
    ("ExistingS3Bucket", "Name of an Existing S3 Bucket (Optional)", "", {"MaxLength": 63}),
    ("ExistingECRRepo", "Name of an Existing Amazon ECR repository (Optional)", "", {}),
    ("UseModelRegistry", "Do you want to use SageMaker Model Registry?", "No", {"AllowedValues": YES_OR_NO}),
    (
        "CreateModelRegistry",
        "Do you want the solution to create a SageMaker's model package group?",
        "No",
        {"AllowedValues": YES_OR_NO},
    ),
    ("MonitorEngine", "What does the work of monitors?", "Open", {"AllowedValues": ["Open", "SageMaker"]}),
    ("AutomaticRetraining", "May monitors have models trained again?", "No", {"AllowedValues": YES_OR_NO}),
    (
        "AllowDetailedErrorMessage",
        "Do you want to allow detailed error messages in the APIs response?",
        "Yes",
        {"AllowedValues": YES_OR_NO},
    ),
    (
        "AlarmErrorCount",
        "Errors within five minutes that raise an alarm",
        "3",
        {"AllowedPattern": "^[1-9][0-9]*$", "MaxLength": 6},
    ),
    (
        "SetApiLoggingRole",
        "Do you want to set the logging role of API Gateway?",
        "Yes",
        {"AllowedValues": YES_OR_NO},
    ),
]
LAUNCH_OPTIONS: Final = {**OrganizationOptions.model_fields, **ReachOptions.model_fields}
"""What `test_launch_options.py` is about."""
BAKED_BY_PUBLISH: Final = ["ArtifactBucket", "ArtifactPrefix"]

OUTPUTS: Final = {
    "ApiEndpoint",
    "AssetsBucketName",
    "PipelinesBucketName",
    "ConfigBucketName",
    "EcrRepositoryName",
    "EcrRepositoryArn",
    "ModelRegistryArn",
    "NotificationsTopicArn",
    "KmsKeyPolicyToAdd",
}
