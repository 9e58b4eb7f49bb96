# SPDX-License-Identifier: Apache-2.0
"""The monitor blueprints: what reaches SageMaker for every problem type (compatibility 3.5 to 3.9)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from scripts.packaging import refresh_monitor_regions
from tests.generator.monitor_templates import ANALYSIS, ARN, BASELINE, INPUT, KEY, KINDS, OUTPUT, Template, properties

CLUSTER: Final = {"InstanceCount": "1", "InstanceType": "ml.m5.large", "VolumeSizeInGB": "30"}
# The earlier solution's jobs had one instance, which sends nothing to others.
NETWORK: Final = {"EnableInterContainerTrafficEncryption": True}


def processing_input(name: str, uri: str, folder: str) -> dict[str, Any]:
    s3 = {
        "S3Uri": uri,
        "LocalPath": f"{INPUT}/{folder}",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "AppManaged": False, "S3Input": s3}


def baseline_request(inputs: list[Any], output: str, environment: dict[str, str] | None) -> dict[str, Any]:
    """Compatibility 3.6 to 3.9, field by field."""
    written = {"S3Uri": BASELINE, "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"}
    return {
        "AppSpecification": {"ImageUri": "the-image"},
        "RoleArn": ARN,
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": output, "AppManaged": False, "S3Output": written}]},
        "Tags": [{"Key": "stack_name", "Value": "mlops-pipeline-berths"}],
        **({} if environment is None else {"Environment": environment}),
    }


MODEL_MONITOR_INPUT: Final = [
    processing_input("baseline_dataset_input", "s3://quayside-assets/baselines/train.csv", "baseline_dataset_input")
]
CLARIFY_INPUT: Final = [
    processing_input("dataset", "s3://quayside-assets/baselines/train.csv", "data"),
    processing_input("analysis_config", f"s3://quayside-pipelines/{ANALYSIS}/analysis_config.json", "config"),
]
ENVIRONMENT: Final = {
    "output_path": OUTPUT,
    "publish_cloudwatch_metrics": "Disabled",
    "dataset_format": '{"csv": {"header": true, "output_columns_position": "START"}}',
    "dataset_source": f"{INPUT}/baseline_dataset_input",
}
QUALITY: Final = {
    **ENVIRONMENT,
    "analysis_type": "MODEL_QUALITY",
    "ground_truth_attribute": "occupied",
}
BINARY: Final = {
    "ProblemType": "BinaryClassification",
    "MonitorInferenceAttribute": "",
    "MonitorProbabilityAttribute": "1",
    "ProbabilityThresholdAttribute": "0.6",
}
BY_PROBABILITY: Final = {**BINARY, "BaselineInferenceAttribute": "", "BaselineProbabilityAttribute": "probability"}


class TestBaseline:
    @pytest.mark.parametrize(
        ("kind", "changes", "expected"),
        [
            ("data_quality_monitor", {}, baseline_request(MODEL_MONITOR_INPUT, "monitoring_output", ENVIRONMENT)),
            *(
                (
                    "model_quality_monitor",
                    {"ProblemType": problem_type},
                    baseline_request(
                        MODEL_MONITOR_INPUT,
                        "monitoring_output",
                        {**QUALITY, "problem_type": problem_type, "inference_attribute": "prediction"},
                    ),
                )
                for problem_type in ("Regression", "MulticlassClassification", "BinaryClassification")
            ),
            (
                "model_quality_monitor",
                BY_PROBABILITY,
                baseline_request(
                    MODEL_MONITOR_INPUT,
                    "monitoring_output",
                    {
                        **QUALITY,
                        "problem_type": "BinaryClassification",
                        "probability_attribute": "probability",
                        "probability_threshold_attribute": "0.6",
                    },
                ),
            ),
            ("model_bias_monitor", {}, baseline_request(CLARIFY_INPUT, "analysis_result", None)),
            ("model_explainability_monitor", {}, baseline_request(CLARIFY_INPUT, "analysis_result", None)),
        ],
    )
    def test_it_is_as_promised(
        self, templates: dict[str, Template], kind: str, changes: dict[str, str], expected: Any
    ) -> None:
        assert properties(templates, kind, "Baseline", **changes) == expected

    @pytest.mark.parametrize("kind", KINDS)
    def test_keys_time_limit_and_vpc_are_there_when_asked_for(self, templates: dict[str, Template], kind: str) -> None:
        made = properties(
            templates,
            kind,
            "Baseline",
            KmsKeyArn=KEY,
            VolumeKmsKeyArn=KEY,
            BaselineMaxRuntimeSeconds="900",
            Subnets="subnet-1,subnet-2",
            SecurityGroupIds="sg-1",
        )
        assert made["ProcessingOutputConfig"]["KmsKeyId"] == KEY
        assert made["ProcessingResources"]["ClusterConfig"] == {**CLUSTER, "VolumeKmsKeyId": KEY}
        assert made["StoppingCondition"] == {"MaxRuntimeInSeconds": "900"}
        assert made["NetworkConfig"] == {
            "VpcConfig": {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
        }

    @pytest.mark.parametrize("kind", KINDS)
    def test_definition_and_schedule_come_after_it(self, templates: dict[str, Template], kind: str) -> None:
        """Lesson 7. It has no name: SageMaker frees none, so a rollback could not make it again."""
        made = templates[f"blueprints/{kind}.yaml"]["Resources"]
        assert "ProcessingJobName" not in made["Baseline"]["Properties"]
        assert made["JobDefinition"]["DependsOn"] == ["Baseline"]
        config = made["MonitoringSchedule"]["Properties"]["MonitoringScheduleConfig"]
        assert config["MonitoringJobDefinitionName"] == {"Fn::GetAtt": "JobDefinition.JobDefinitionName"}

    def test_nothing_needs_a_function(self, templates: dict[str, Template]) -> None:
        for kind in KINDS:
            types = {resource["Type"] for resource in templates[f"blueprints/{kind}.yaml"]["Resources"].values()}
            assert not {type_ for type_ in types if "Lambda" in type_ or type_.startswith("Custom")}


TRUTH: Final = {"GroundTruthS3Input": {"S3Uri": "s3://quayside-arrivals/labels"}}
CONFIG: Final = {"ConfigUri": f"s3://quayside-pipelines/{ANALYSIS}/monitor/analysis_config.json"}
DEFINITIONS: Final = [
    ("data_quality_monitor", {}, {}, {}, {}, ["constraints", "statistics"]),
    ("data_quality_monitor", {"ExcludeFeaturesAttribute": "tide,1"}, {},
     {"ExcludeFeaturesAttribute": "tide,1"}, {}, ["constraints", "statistics"]),
    *((
        "model_quality_monitor", {"ProblemType": problem_type}, {"ProblemType": problem_type},
        {"InferenceAttribute": "0"}, TRUTH, ["constraints"],
    ) for problem_type in ("Regression", "MulticlassClassification")),
    ("model_quality_monitor", BY_PROBABILITY, {"ProblemType": "BinaryClassification"},
     {"ProbabilityAttribute": "1", "ProbabilityThresholdAttribute": "0.6"}, TRUTH, ["constraints"]),
    ("model_quality_monitor", {"StartTimeOffset": "-PT2H", "EndTimeOffset": "-PT1H"}, {"ProblemType": "Regression"},
     {"InferenceAttribute": "0", "StartTimeOffset": "-PT2H", "EndTimeOffset": "-PT1H"}, TRUTH, ["constraints"]),
    ("model_bias_monitor", {}, CONFIG, {"InferenceAttribute": "0"}, TRUTH, ["analysis"]),
    ("model_bias_monitor", {**BINARY, "FeaturesAttribute": "f"}, CONFIG,
     {"FeaturesAttribute": "f", "ProbabilityAttribute": "1", "ProbabilityThresholdAttribute": "0.6"}, TRUTH,
     ["analysis"]),
    ("model_explainability_monitor", {"FeaturesAttribute": "f"}, CONFIG,
     {"FeaturesAttribute": "f", "InferenceAttribute": "0"}, {}, ["analysis"]),
    ("model_explainability_monitor", BINARY, CONFIG, {"ProbabilityAttribute": "1"}, {}, ["analysis"]),
]  # fmt: skip


class TestDefinition:
    @pytest.mark.parametrize(("kind", "changes", "specification", "endpoint", "more", "files"), DEFINITIONS)
    def test_it_is_as_promised(  # noqa: PLR0917  a table's columns
        self,
        templates: dict[str, Template],
        kind: str,
        changes: dict[str, str],
        specification: dict[str, str],
        endpoint: dict[str, str],
        more: dict[str, Any],
        files: list[str],
    ) -> None:
        """Compatibility 3.5 to 3.9; with metrics, which the earlier solution left to SageMaker."""
        folder = kind.removesuffix("_monitor")
        prefix = folder.title().replace("_", "")
        resources = {
            "constraints": "ConstraintsResource",
            "statistics": "StatisticsResource",
            "analysis": "ConstraintsResource",
        }
        report = {
            "S3Uri": "s3://quayside-monitoring/reports",
            "LocalPath": f"{OUTPUT}/{folder}_output",
            "S3UploadMode": "EndOfJob",
        }
        assert properties(templates, kind, "JobDefinition", **changes) == {
            f"{prefix}AppSpecification": {
                "ImageUri": "the-image",
                "Environment": {"publish_cloudwatch_metrics": "Enabled"},
                **specification,
            },
            f"{prefix}BaselineConfig": {resources[file]: {"S3Uri": f"{BASELINE}/{file}.json"} for file in files},
            f"{prefix}JobInput": {
                "EndpointInput": {"EndpointName": "berths", "LocalPath": f"{INPUT}/{folder}_input", **endpoint},
                **more,
            },
            f"{prefix}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": report}]},
            "JobResources": {"ClusterConfig": CLUSTER},
            "NetworkConfig": NETWORK,
            "RoleArn": ARN,
            "StoppingCondition": {"MaxRuntimeInSeconds": "1800"},
            "Tags": [{"Key": "stack-name", "Value": "mlops-pipeline-berths"}],
        }

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_schedule_is_as_promised(self, templates: dict[str, Template], kind: str) -> None:
        made = properties(templates, kind, "MonitoringSchedule")
        assert made["MonitoringScheduleName"] == f"berths-{KINDS[kind]}-1a2b"
        config = made["MonitoringScheduleConfig"]
        assert config["MonitoringType"] == kind.removesuffix("_monitor").title().replace("_", "")
        assert config["ScheduleConfig"] == {"ScheduleExpression": "cron(0 * ? * * *)"}


def test_the_regions_are_those_of_the_schemas() -> None:
    """Run `python -m scripts.packaging.refresh_monitor_regions` after an update of cfn-lint."""
    path = Path(__file__).parents[2] / "lambda_src" / "orchestrator" / "data" / "monitor_regions.json"
    assert json.loads(path.read_text(encoding="utf-8")) == refresh_monitor_regions.content()
