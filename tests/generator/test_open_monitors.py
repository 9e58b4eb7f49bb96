# SPDX-License-Identifier: Apache-2.0
"""The monitor blueprints on the open engine: baseline, schedule, and the job that it starts."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest

from generator.monitoring import open_jobs
from tests.generator import open_monitors
from tests.generator.monitor_templates import ANALYSIS, KEY, KINDS, Template
from tests.generator.open_monitors import BY_CONFIGURATION, DIGEST, DIGITS, ENGINE_KEY, WITH_TRUTH, properties, run

EVERYTHING: Final = {
    "KmsKeyArn": KEY,
    "VolumeKmsKeyArn": KEY,
    "BaselineMaxRuntimeSeconds": "900",
    "Subnets": "subnet-1,subnet-2",
    "SecurityGroupIds": "sg-1",
}
VPC: Final = {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]}}
ENGINE: Final = {
    "InputName": "engine",
    "AppManaged": False,
    "S3Input": {
        "S3Uri": f"s3://quayside-pipelines/{ENGINE_KEY}",
        "LocalPath": "/opt/ml/processing/input/engine",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    },
}
APPLICATION: Final = {
    "ImageUri": "the-image",
    "ContainerEntrypoint": [
        "python3",
        "-c",
        open_jobs.BOOT,
        "/opt/ml/processing/input/engine/monitor_engine.zip",
        DIGEST,
    ],
}
ANALYSES: Final = {kind: kind.removesuffix("_monitor").upper() for kind in KINDS}


class TestBaseline:
    @pytest.mark.parametrize("kind", KINDS)
    def test_it_is_the_engine_on_one_instance(self, templates: dict[str, Template], kind: str) -> None:
        made = properties(templates, kind, "OpenBaseline")
        assert made["AppSpecification"] == APPLICATION
        cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": "30"}
        assert made["ProcessingResources"] == {"ClusterConfig": cluster}
        assert made["RoleArn"] == open_monitors.ROLE
        assert made["ProcessingInputs"][-1] == ENGINE
        assert not {"StoppingCondition", "NetworkConfig", "ProcessingJobName"} & made.keys()

    @pytest.mark.parametrize("kind", KINDS)
    def test_its_inputs_and_outputs_are_those_of_today_s_baseline(
        self, templates: dict[str, Template], kind: str
    ) -> None:
        """Files and folders, keys, time limit: an engine of one's own reads and writes the same."""
        today = templates[f"blueprints/{kind}.yaml"]["Resources"]["Baseline"]["Properties"]
        made = open_monitors.template_of(templates, kind)["Resources"]["OpenBaseline"]["Properties"]
        assert made["ProcessingInputs"][:-1] == today["ProcessingInputs"]
        for name in ("ProcessingOutputConfig", "StoppingCondition", "Tags"):
            assert made[name] == today[name], name

    @pytest.mark.parametrize("kind", KINDS)
    def test_what_is_asked_for_is_there(self, templates: dict[str, Template], kind: str) -> None:
        made = properties(templates, kind, "OpenBaseline", **EVERYTHING)
        assert made["ProcessingOutputConfig"]["KmsKeyId"] == KEY
        assert made["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == KEY
        assert made["StoppingCondition"] == {"MaxRuntimeInSeconds": "900"}
        assert made["NetworkConfig"] == VPC

    @pytest.mark.parametrize("kind", KINDS)
    def test_its_environment(self, templates: dict[str, Template], kind: str) -> None:
        made = properties(templates, kind, "OpenBaseline")["Environment"]
        folder = "data" if kind in BY_CONFIGURATION else "baseline_dataset_input"
        quality = {"problem_type": "Regression", "ground_truth_attribute": "occupied"}
        more = {
            "model_quality_monitor": {**quality, "inference_attribute": "prediction"},
            "data_quality_monitor": {},
        }.get(kind, {"analysis_config": "/opt/ml/processing/input/config/analysis_config.json"})
        assert made == {
            "analysis_type": ANALYSES[kind],
            "AWS_DEFAULT_REGION": "eu-west-1",
            "dataset_format": '{"csv":{"header":true}}',
            "dataset_source": f"/opt/ml/processing/input/{folder}",
            "output_path": "/opt/ml/processing/output",
            "publish_cloudwatch_metrics": "Disabled",
            **more,
        }


class TestRun:
    @pytest.mark.parametrize("kind", KINDS)
    def test_scheduler_starts_it_by_itself_after_the_baseline(self, templates: dict[str, Template], kind: str) -> None:
        made = properties(templates, kind, "RunSchedule", ScheduleExpression="cron(0/10 9-17 ? * MON-FRI *)")
        assert made["Name"] == f"berths-{KINDS[kind]}-1a2b"
        assert made["ScheduleExpression"] == "cron(0/10 9-17 ? * MON-FRI *)"
        assert made["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert made["Target"]["Arn"] == "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob"
        assert made["Target"]["RoleArn"] == open_monitors.SCHEDULE_ROLE
        assert made["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 1}
        resource = open_monitors.template_of(templates, kind)["Resources"]["RunSchedule"]
        assert resource["DependsOn"] == ["OpenBaseline"]

    @pytest.mark.parametrize("kind", KINDS)
    def test_its_request(self, templates: dict[str, Template], kind: str) -> None:
        made = run(templates, kind)
        name, environment = made.pop("ProcessingJobName"), made.pop("Environment")
        assert name == f"mlops-monitor-{DIGITS}-<aws.scheduler.execution-id>"
        assert len(name.replace("<aws.scheduler.execution-id>", "0" * 36)) <= 63
        assert environment["analysis_type"] == ANALYSES[kind]
        assert made == {
            "AppSpecification": APPLICATION,
            "RoleArn": open_monitors.ROLE,
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}
            },
            "ProcessingInputs": [ENGINE],
            "StoppingCondition": {"MaxRuntimeInSeconds": 1800},
            "Tags": [{"Key": "stack_name", "Value": "mlops-pipeline-berths"}],
        }

    @pytest.mark.parametrize("kind", KINDS)
    def test_what_is_asked_for_is_there(self, templates: dict[str, Template], kind: str) -> None:
        made = run(templates, kind, **EVERYTHING)
        assert made["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == KEY
        assert made["NetworkConfig"] == VPC
        assert made["Environment"]["output_kms_key"] == KEY

    @pytest.mark.parametrize("kind", KINDS)
    def test_its_environment(self, templates: dict[str, Template], kind: str) -> None:
        made = run(templates, kind)["Environment"]
        schedule = f"berths-{KINDS[kind]}-1a2b"
        files = "s3://quayside-monitoring/baselines/berths-1a2b"
        own: dict[str, Any] = {
            "baseline_constraints": f"{files}/constraints.json",
            "baseline_statistics": f"{files}/statistics.json",
        }
        if kind in BY_CONFIGURATION:
            config = f"s3://quayside-pipelines/{ANALYSIS}/monitor/analysis_config.json"
            own = {"baseline_constraints": f"{files}/analysis.json", "analysis_config": config}
        if kind in WITH_TRUTH:
            own |= {"ground_truth_source": "s3://quayside-arrivals/labels"}
        if kind != "data_quality_monitor":
            own |= {"inference_attribute": "0"}
        if kind == "model_quality_monitor":
            own |= {"problem_type": "Regression"}
        assert made == {
            "analysis_type": ANALYSES[kind],
            "AWS_DEFAULT_REGION": "eu-west-1",
            "dataset_format": '{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}',
            "dataset_source": "s3://quayside-capture/berths/berths",
            "output_path": f"s3://quayside-monitoring/reports/berths/{schedule}",
            "publish_cloudwatch_metrics": "Enabled",
            "sagemaker_endpoint_name": "berths",
            "sagemaker_monitoring_schedule_name": schedule,
            "schedule_expression": "cron(0 * ? * * *)",
            "scheduled_time": "<aws.scheduler.scheduled-time>",
            **own,
        }

    def test_what_may_be_left_out_is_there_when_given(self, templates: dict[str, Template]) -> None:
        offsets = {"StartTimeOffset": "-P1D", "EndTimeOffset": "-PT1H"}
        probability = {"MonitorProbabilityAttribute": "1", "ProbabilityThresholdAttribute": "0.7"}
        made = run(templates, "model_quality_monitor", **offsets, **probability)["Environment"]
        assert (made["start_time_offset"], made["end_time_offset"]) == ("-P1D", "-PT1H")
        assert (made["probability_attribute"], made["probability_threshold_attribute"]) == ("1", "0.7")
        made = run(templates, "data_quality_monitor", ExcludeFeaturesAttribute="tide,2")["Environment"]
        assert made["exclude_features_attribute"] == "tide,2"
        made = run(templates, "model_bias_monitor", FeaturesAttribute="features")["Environment"]
        assert made["features_attribute"] == "features"

    def test_what_training_data_needs_is_there_when_it_is_asked_for(self, templates: dict[str, Template]) -> None:
        for kind in WITH_TRUTH:
            before = run(templates, kind)["Environment"]
            made = run(templates, kind, RetrainingPrefix="retraining/berths")["Environment"]
            more = {"training_data_path": "s3://quayside-assets/retraining/berths"}
            if kind == "model_quality_monitor":
                more |= {
                    "baseline_data": "s3://quayside-assets/baselines/train.csv",
                    "target_column": "occupied",
                    "prediction_column": "prediction",
                    "probability_column": "",
                }
            assert made == before | more

    @pytest.mark.parametrize("text", ['say "yes"', r"a\b", r"\"", '$.predictions["label"]', "Ä, ü"])
    def test_any_line_of_text_reaches_the_job(self, templates: dict[str, Template], text: str) -> None:
        """Names of columns and paths may hold what JSON escapes."""
        made = run(templates, "model_quality_monitor", MonitorInferenceAttribute=text)["Environment"]
        assert made["inference_attribute"] == text


def test_values_fit_what_sagemaker_takes(templates: dict[str, Template]) -> None:
    """CreateProcessingJob: 256 characters in each item of an entry point, 100 environment variables."""
    assert len(open_jobs.BOOT) <= 256
    for kind in KINDS:
        environment = run(templates, kind, **EVERYTHING)["Environment"]
        assert len(environment) <= 100
        assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) for name in environment)


class TestBoot:
    """The first line of Python in the container."""

    @pytest.fixture
    def archive(self, tmp_path: Path) -> Path:
        path = tmp_path / "monitor_engine.zip"
        with zipfile.ZipFile(path, "w") as written:
            written.writestr("monitor_engine/__init__.py", "")
            written.writestr("monitor_engine/__main__.py", "import sys\nprint(__name__, 'runs')\nsys.exit(7)")
        return path

    @staticmethod
    def booted(archive: Path, digest: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", open_jobs.BOOT, str(archive), digest]
        return subprocess.run(command, cwd=archive.parent, capture_output=True, text=True, check=False)

    def test_it_runs_the_archive_and_ends_as_the_engine_does(self, archive: Path) -> None:
        ended = self.booted(archive, hashlib.sha256(archive.read_bytes()).hexdigest())
        assert (ended.returncode, ended.stdout.strip()) == (7, "__main__ runs")

    def test_it_runs_nothing_else(self, archive: Path) -> None:
        ended = self.booted(archive, "0" * 64)
        assert ended.returncode == 1
        assert ended.stdout == ""
        assert ended.stderr.strip() == f"{archive} is not the engine of this monitor: send the request again"


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_name_engine_baseline_and_schedule(templates: dict[str, Template], kind: str) -> None:
    made = open_monitors.template_of(templates, kind)["Outputs"]
    today = templates[f"blueprints/{kind}.yaml"]["Outputs"]
    assert made.keys() - today.keys() == {"MonitorEngine"}
    assert made["MonitorEngine"]["Value"] == "Open"
    assert made["BaselineJobArn"]["Value"] == {"Fn::GetAtt": "OpenBaseline.ProcessingJobArn"}
    different = {"BaselineName", "BaselineJobArn"}
    assert {name: made[name] for name in today if name not in different} == {
        name: one for name, one in today.items() if name not in different
    }
    assert json.dumps(made["BaselineName"]["Value"]).count("OpenBaseline") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_no_type_is_model_monitor_s(templates: dict[str, Template], kind: str) -> None:
    """CloudFormation refuses a template with a type that the Region lacks, whatever the conditions."""
    types = {one["Type"] for one in open_monitors.template_of(templates, kind)["Resources"].values()}
    assert types == {
        "AWS::CloudWatch::Alarm",
        "AWS::Events::Rule",
        "AWS::IAM::Role",
        "AWS::SageMaker::ProcessingJob",
        "AWS::Scheduler::Schedule",
    }
