# SPDX-License-Identifier: Apache-2.0
"""The monitor blueprints as CloudFormation resolves them for given parameter values."""

from __future__ import annotations

from typing import Any, Final

from tests.generator import resolving

Template = dict[str, Any]

NO_VALUE: Final = {"Ref": "AWS::NoValue"}
ARN: Final = "arn:aws:thing"
KEY: Final = "arn:aws:kms:eu-west-1:444455556666:key/8c2d7e10"
ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
PSEUDO: Final = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "mlops-pipeline-berths",
}
KINDS: Final = {
    "data_quality_monitor": "dataquality",
    "model_quality_monitor": "modelquality",
    "model_bias_monitor": "modelbias",
    "model_explainability_monitor": "modelexplainability",
}
ANALYSIS: Final = "provisioned/mlops-pipeline-berths/analysis/single-0a1b"


def values(kind: str, **changes: str) -> dict[str, str]:
    """Parameter values as the orchestrator sends them."""
    name = f"berths-{KINDS[kind]}-1a2b"
    return {
        "AssetsBucket": "quayside-assets",
        "BaselineData": "baselines/train.csv",
        "BaselineOutputBucket": "quayside-monitoring",
        "BaselineOutputPrefix": "baselines",
        "BaselineJobOutputLocation": "quayside-monitoring/baselines/berths-1a2b",
        "BaselineMaxRuntimeSeconds": "",
        "DataCaptureBucket": "quayside-capture",
        "DataCapturePrefix": "berths",
        "DataCaptureLocation": "quayside-capture/berths",
        "EndpointName": "berths",
        "EndpointInArns": "berths",
        "ImageUri": "the-image",
        "InstanceType": "ml.m5.large",
        "InstanceCount": "1",
        "InstanceVolumeSize": "30",
        "MonitorMaxRuntimeSeconds": "1800",
        "MonitoringOutputLocation": "quayside-monitoring/reports",
        "MonitoringScheduleName": name,
        "ScheduleExpression": "cron(0 * ? * * *)",
        "Subnets": "",
        "SecurityGroupIds": "",
        "NetworkIsolation": "False",
        "OrchestratorAccount": ACCOUNT,
        "RolePath": "/",
        "PermissionsBoundaryName": "",
        "AllowedArns": "*",
        "AllowedAccounts": "*",
        "KmsKeyArn": "",
        "KmsKeyAlias": "",
        "VolumeKmsKeyArn": "",
        "ExcludeFeaturesAttribute": "",
        "ProblemType": "Regression",
        "MonitorInferenceAttribute": "0",
        "MonitorProbabilityAttribute": "",
        "ProbabilityThresholdAttribute": "",
        "GroundTruthBucket": "quayside-arrivals",
        "GroundTruthPrefix": "labels",
        "MonitorGroundTruthInput": "quayside-arrivals/labels",
        "MonitoringOutputBucket": "quayside-monitoring",
        "MonitoringOutputPrefix": "reports",
        "StartTimeOffset": "",
        "EndTimeOffset": "",
        "BaselineGroundTruthAttribute": "occupied",
        "BaselineInferenceAttribute": "prediction",
        "BaselineProbabilityAttribute": "",
        "PipelinesBucket": "quayside-pipelines",
        "AnalysisPrefix": ANALYSIS,
        "FeaturesAttribute": "",
        "ShapBaselineKey": "",
        "RetrainingPrefix": "",
        "PredictionColumn": "prediction",
        **changes,
    }


def resolved(value: Any, template: Template, given: dict[str, str]) -> Any:
    """A part of a template as CloudFormation resolves it; attributes of resources become `ARN`."""
    if isinstance(value, list):
        return [item for item in (resolved(item, template, given) for item in value) if item != NO_VALUE]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref":
            return {**PSEUDO, **given}.get(argument, value)
        if name.startswith("Fn::"):
            return call(name, argument, template, given)
    items = {key: resolved(item, template, given) for key, item in value.items()}
    return {key: item for key, item in items.items() if item != NO_VALUE}


def call(name: str, argument: Any, template: Template, given: dict[str, str]) -> Any:
    if name == "Fn::GetAtt":
        return f"{argument}" if str(argument).endswith("Name") else ARN
    if name == "Fn::If":
        condition, yes, no = argument
        return resolved(yes if holds(template["Conditions"][condition], template, given) else no, template, given)
    argument = resolved(argument, template, given)
    if name == "Fn::Sub":
        text, more = (argument, {}) if isinstance(argument, str) else argument
        for variable, content in {**PSEUDO, **given, **more}.items():
            text = text.replace(f"${{{variable}}}", str(content))
        assert "${" not in text, text
        return text
    first, second = argument
    return second.split(first) if name == "Fn::Split" else second[int(first)]


def holds(condition: Any, template: Template, given: dict[str, str]) -> bool:
    return bool(resolving.resolved(condition, {**PSEUDO, **given}, template["Conditions"]))


def properties(templates: dict[str, Template], kind: str, name: str, **changes: str) -> Any:
    template = templates[f"blueprints/{kind}.yaml"]
    return resolved(template["Resources"][name]["Properties"], template, values(kind, **changes))
