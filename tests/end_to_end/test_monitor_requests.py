# SPDX-License-Identifier: Apache-2.0
"""What SageMaker is asked for by each monitor and problem type, field by field (compatibility 3.5 to 3.9).

The blueprint is deployed by itself, with the values that the orchestrator plans: in the orchestrator's account, or in
that of a stage, whose data and configuration are the orchestrator account's. What differs from the earlier solution:
the baseline has no name, the schedule's follows from the request, Clarify asks the endpoint itself and reads its
configuration where the orchestrator has put it, and runs of the schedule publish metrics. The predictor's content type,
which Clarify would take from the data set, is spelt out.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import pytest
from botocore import xform_name

from orchestrator.launch.settings import Launch
from orchestrator.values.per_stage import Stage
from scripts.local_aws.server import LocalAws
from tests.end_to_end import sharing
from tests.end_to_end.deployed import ORCHESTRATOR, Deployed, launch_of
from tests.end_to_end.monitor_cases import ASSETS, BASELINE, CASES, FIGURES, LIVE, SHAP_ROW, Body, Case, body_of
from tests.local_aws.stack_setting import ACCOUNTS, acting_in

PIPELINES: Final = "quayside-pipelines"
COLUMNS: Final = ["was_late", "size", "draught, metres", "prediction", "probability"]
RECORDS: Final = b'was_late,size,"draught, metres",prediction,probability\r\n' + b"1,20,7.5,1,0.9\r\n0,30,9.1,0,0.2\r\n"
MODEL_MONITOR: Final = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
CLARIFY: Final = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
KEY: Final = "arn:aws:kms:us-east-1:{}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
INPUT, OUTPUT = "/opt/ml/processing/input", "/opt/ml/processing/output"


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws(accounts=ACCOUNTS) as aws:
        yield aws


@pytest.fixture(scope="module", autouse=True)
def assets(local_aws: LocalAws) -> None:
    """Data in the orchestrator's account; endpoints that this solution did not make, and buckets, in each account."""
    s3 = acting_in(local_aws, ORCHESTRATOR, "s3")
    for bucket in (ASSETS, PIPELINES):
        s3.create_bucket(Bucket=bucket)
        sharing.share_bucket(s3, bucket)
    s3.put_object(Bucket=ASSETS, Key=BASELINE, Body=RECORDS)
    s3.put_object(Bucket=ASSETS, Key=SHAP_ROW, Body=b"20,7.5,0,0.4\n")
    for place, account in {LIVE: ORCHESTRATOR, "staging": ACCOUNTS["staging"]}.items():
        acting_in(local_aws, account, "s3").create_bucket(Bucket=f"quayside-{place}-monitoring")
        sagemaker = acting_in(local_aws, account, "sagemaker")
        name, role = f"Berths-{place.title()}", f"arn:aws:iam::{account}:role/model"
        image = f"{account}.dkr.ecr.us-east-1.amazonaws.com/own:1"
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": image})
        variant = {"VariantName": "v", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


class Expected:
    """What is promised of a case in a place; `key` encrypts, `seconds` limit the baseline."""

    def __init__(self, case: Case, stage: Stage | None, schedule: str, key: str = "", seconds: int = 0) -> None:
        place = stage or LIVE
        self.endpoint = f"Berths-{place.title()}"
        self._case, self._schedule, self._bucket = case, schedule, f"s3://quayside-{place}"
        self._baseline = f"{self._bucket}-monitoring/baselines/{schedule}"
        self._image = CLARIFY if case.by_clarify else MODEL_MONITOR
        self._expression, self._run_time, instance_type, gigabytes = FIGURES[place]
        self._cluster = {"InstanceCount": 1, "InstanceType": instance_type, "VolumeSizeInGB": gigabytes}
        self._cluster |= {"VolumeKmsKeyId": key} if key else {}
        self._key = {"KmsKeyId": key} if key else {}
        self._limit = {"StoppingCondition": {"MaxRuntimeInSeconds": seconds}} if seconds else {}

    def baseline(self, analysis_config: str) -> Body:
        """CreateProcessingJob, without name, role and tags; `analysis_config` is where Clarify's file was put."""
        case, data = self._case, f"s3://{ASSETS}/{BASELINE}"
        if case.by_clarify:
            output = "analysis_result"
            inputs = [_input("dataset", data, "data"), _input("analysis_config", analysis_config, "config")]
        else:
            output, folder = "monitoring_output", "baseline_dataset_input"
            inputs = [_input(folder, data, folder)]
        environment = {
            "output_path": OUTPUT,
            "publish_cloudwatch_metrics": "Disabled",
            "dataset_format": '{"csv": {"header": true, "output_columns_position": "START"}}',
            "dataset_source": f"{INPUT}/baseline_dataset_input",
        }
        if case.kind == "model_quality":
            own = {"problem_type": case.problem_type, "ground_truth_attribute": "was_late", **case.environment}
            environment |= {"analysis_type": "MODEL_QUALITY", **own}
        outputs = [{"OutputName": output, "AppManaged": False, "S3Output": _output(self._baseline, OUTPUT)}]
        return {
            "AppSpecification": {"ImageUri": self._image},
            "ProcessingResources": {"ClusterConfig": self._cluster},
            "ProcessingInputs": inputs,
            "ProcessingOutputConfig": {"Outputs": outputs, **self._key},
            **({} if case.by_clarify else {"Environment": environment}),
            **self._limit,
        }

    def definition(self, analysis_config: str) -> Body:
        """Create...JobDefinition, without name, role and tags."""
        case, prefix = self._case, self._case.prefix
        specification = {"ImageUri": self._image, "Environment": {"publish_cloudwatch_metrics": "Enabled"}}
        if case.by_clarify:
            specification["ConfigUri"] = analysis_config
        if case.kind == "model_quality":
            specification["ProblemType"] = case.problem_type
        constraints = "analysis" if case.by_clarify else "constraints"
        baseline = {"ConstraintsResource": {"S3Uri": f"{self._baseline}/{constraints}.json"}}
        if case.kind == "data_quality":
            baseline["StatisticsResource"] = {"S3Uri": f"{self._baseline}/statistics.json"}
        endpoint = {"EndpointName": self.endpoint, "LocalPath": f"{INPUT}/{case.kind}_input", **case.endpoint}
        inputs = {"EndpointInput": endpoint}
        if case.has_truth:
            inputs["GroundTruthS3Input"] = {"S3Uri": f"{self._bucket}-arrivals/labels"}
        report = _output(f"{self._bucket}-monitoring/reports", f"{OUTPUT}/{case.kind}_output")
        return {
            f"{prefix}AppSpecification": specification,
            f"{prefix}BaselineConfig": baseline,
            f"{prefix}JobInput": inputs,
            f"{prefix}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": report}], **self._key},
            "JobResources": {"ClusterConfig": self._cluster},
            "NetworkConfig": {"EnableInterContainerTrafficEncryption": True},
            "StoppingCondition": {"MaxRuntimeInSeconds": self._run_time},
        }

    def schedule(self, definition: str) -> Body:
        """CreateMonitoringSchedule."""
        config = {"MonitoringJobDefinitionName": definition, "MonitoringType": self._case.prefix}
        when = {"ScheduleConfig": {"ScheduleExpression": self._expression}}
        return {"MonitoringScheduleName": self._schedule, "MonitoringScheduleConfig": {**config, **when}}

    def configurations(self) -> list[Body]:
        """Clarify's, for the baseline and for the schedule."""
        case, data = self._case, {"dataset_type": "text/csv", "headers": COLUMNS, "label": "was_late"}
        predictor = {"endpoint_name": self.endpoint, "content_type": "text/csv", "accept_type": "text/csv"}
        labelled = {**predictor, **case.label}
        report = {"name": "report", "title": "Analysis Report"}
        if case.kind == "model_explainability":
            shap = {"shap": case.analysis}
            baseline = {**data, "predictor": labelled, "methods": {"report": report, **shap}}
            return [baseline, {"predictor": predictor, "methods": shap, "headers": COLUMNS[1:]}]
        whole = {"methods": "all"}
        methods = {"report": report, "pre_training_bias": whole, "post_training_bias": whole}
        baseline = {**data, **case.analysis, **case.threshold, "predictor": labelled, "methods": methods}
        return [baseline, {**case.analysis, "headers": COLUMNS, "label": "was_late"}]


def _input(name: str, uri: str, folder: str) -> Body:
    whole = {"S3DataType": "S3Prefix", "S3DataDistributionType": "FullyReplicated"}
    form = {"S3InputMode": "File", "S3CompressionType": "None"}
    s3 = {"S3Uri": uri, "LocalPath": f"{INPUT}/{folder}", **whole, **form}
    return {"InputName": name, "AppManaged": False, "S3Input": s3}


def _output(uri: str, folder: str) -> Body:
    return {"S3Uri": uri, "LocalPath": folder, "S3UploadMode": "EndOfJob"}


class Asked:
    """What SageMaker was asked for by the deployment of a monitor; `account` is where it must be."""

    def __init__(self, stack: Deployed, case: Case, account: str) -> None:
        self._stack, self._account = stack, account
        self._sagemaker = stack.client("sagemaker")
        self.schedule_name = stack.outputs["MonitoringScheduleJobName"]
        listed = self._sagemaker.list_processing_jobs(MaxResults=100)["ProcessingJobSummaries"]
        arn = stack.outputs["BaselineJobArn"]
        (job_name,) = [job["ProcessingJobName"] for job in listed if job["ProcessingJobArn"] == arn]
        self.baseline = self._described("ProcessingJob", "ProcessingJobName", job_name, "stack_name")
        schedule = self._sagemaker.describe_monitoring_schedule(MonitoringScheduleName=self.schedule_name)
        assert schedule["MonitoringScheduleStatus"] == "Scheduled"
        self.schedule = self._members("MonitoringSchedule", schedule)
        self.definition_name = schedule["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"]
        noun = f"{case.prefix}JobDefinition"
        self.definition = self._described(noun, "JobDefinitionName", self.definition_name, "stack-name")

    def _described(self, noun: str, key: str, name: str, tag: str) -> Body:
        """Without its generated name; its role and its tag, which name the stack, are looked at here."""
        found = getattr(self._sagemaker, f"describe_{xform_name(noun)}")(**{key: name})
        request = self._members(noun, found)
        assert request.pop(key) == name
        assert request.pop("RoleArn").startswith(f"arn:aws:iam::{self._account}:role/{self._stack.name[:20]}")
        arn = found.get("ProcessingJobArn") or found["JobDefinitionArn"]
        assert self._sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": tag, "Value": self._stack.name}]
        return request

    def _members(self, noun: str, described: Body) -> Body:
        members = self._sagemaker.meta.service_model.operation_model(f"Create{noun}").input_shape.members
        return {member: described[member] for member in members if member in described}


def check(stack: Deployed, case: Case, stage: Stage | None, *, key: str = "", seconds: int = 0) -> None:
    """Hold all that reached SageMaker, and Clarify's files, against what is promised."""
    asked = Asked(stack, case, ACCOUNTS[stage] if stage else ORCHESTRATOR)
    expected = Expected(case, stage, asked.schedule_name, key, seconds)
    assert re.fullmatch(rf"{expected.endpoint.lower()}-{case.kind.replace('_', '')}-[0-9a-f]{{4}}", asked.schedule_name)
    uris = ["", ""]
    if case.by_clarify:
        specification = asked.definition[f"{case.prefix}AppSpecification"]
        uris = [asked.baseline["ProcessingInputs"][1]["S3Input"]["S3Uri"], specification["ConfigUri"]]
        s3 = stack.client("s3")
        keys = [uri.removeprefix(f"s3://{PIPELINES}/") for uri in uris]
        assert keys[0].endswith("/analysis_config.json")
        assert keys[1] == keys[0].replace("/analysis_config.json", "/monitor/analysis_config.json")
        files = [json.loads(s3.get_object(Bucket=PIPELINES, Key=name)["Body"].read()) for name in keys]
        assert files == expected.configurations()
    assert asked.baseline == expected.baseline(uris[0])
    assert asked.definition == expected.definition(uris[1])
    assert asked.schedule == expected.schedule(asked.definition_name)


def launch_for(stage: Stage | None) -> Launch:
    return replace(launch_of(ASSETS, PIPELINES), multi_account=stage is not None, monitor_engine="sagemaker")


@contextmanager
def deployed(aws: LocalAws, case: Case, stage: Stage | None, **more: Any) -> Iterator[tuple[Deployed, Body]]:
    """The stack of a case while it is looked at, and the request."""
    body = body_of(case, stage, **more)
    stack = Deployed(aws, body, launch_for(stage), stage)
    try:
        yield stack, body
    finally:
        stack.remove()


def cases() -> Iterator[Any]:
    """Each case, and each kind in both accounts, with and without key and time limit, which go with either account."""
    for kind in {case.kind: None for case in CASES}:
        ways = itertools.cycle(((None, False), ("staging", True), (None, True), ("staging", False)))
        of_kind = [case for case in CASES if case.kind == kind]
        for case, (stage, limited) in zip([*of_kind, *of_kind[: max(0, 2 - len(of_kind))]], ways, strict=False):
            names = (str(case), "multi" if stage else "single", "limited" if limited else "")
            yield pytest.param(case, stage, limited, id="-".join(filter(None, names)))


@pytest.mark.parametrize(("case", "stage", "limited"), [*cases()])
def test_sagemaker_is_asked_for_what_is_promised(
    local_aws: LocalAws, case: Case, stage: Stage | None, *, limited: bool
) -> None:
    """In the account of the stage, with values and key of that stage; lessons 14 (columns) and 27 (labels/).

    The same request again changes nothing (lesson 31).
    """
    keys = {each: KEY.format(account) for each, account in ACCOUNTS.items()}
    key = keys[stage] if stage else KEY.format(ORCHESTRATOR)
    limits = {"kms_key_arn": keys if stage else key, "baseline_max_runtime_seconds": "3300"} if limited else {}
    with deployed(local_aws, case, stage, **limits) as (stack, body):
        if not limited:
            check(stack, case, stage)
            return
        check(stack, case, stage, key=key, seconds=3300)
        assert not stack.update(body)
