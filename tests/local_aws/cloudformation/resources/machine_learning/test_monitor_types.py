# SPDX-License-Identifier: Apache-2.0
"""Monitors as stacks: processing jobs, job definitions, schedules and alarms."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, WaiterError

from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.sagemaker.jobs import job_process
from scripts.local_aws.sagemaker.jobs.job_records import THREADS
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.deploying import deploy, physical_id, reasons, remove, wait
from tests.local_aws.monitoring import (
    ANALYZER,
    ARN,
    BUCKET,
    CLARIFY,
    CLUSTER,
    ROLE,
    baseline_request,
    keys,
    python_request,
)
from tests.local_aws.serving import BUCKET as MODELS
from tests.local_aws.serving import CUSTOM_IMAGE, make_endpoint
from tests.local_aws.waiting import SECONDS

KINDS = {
    "DataQuality": {
        "DataQualityAppSpecification": {"ImageUri": ANALYZER},
        "DataQualityBaselineConfig": {"ConstraintsResource": {"S3Uri": f"s3://{BUCKET}/baseline/constraints.json"}},
    },
    "ModelQuality": {"ModelQualityAppSpecification": {"ImageUri": ANALYZER, "ProblemType": "Regression"}},
    "ModelBias": {"ModelBiasAppSpecification": {"ImageUri": CLARIFY, "ConfigUri": f"s3://{BUCKET}/config.json"}},
    "ModelExplainability": {
        "ModelExplainabilityAppSpecification": {"ImageUri": CLARIFY, "ConfigUri": f"s3://{BUCKET}/config.json"}
    },
}


@pytest.fixture(scope="module", autouse=True)
def account(client: ClientFactory) -> None:
    """A data set, and an endpoint to monitor."""
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="data.csv", Body="label,age\n1,30\n0,41\n")
    s3.create_bucket(Bucket=MODELS)
    s3.put_object(Bucket=MODELS, Key="model.tar.gz", Body=b"")
    make_endpoint(client("sagemaker"), image=CUSTOM_IMAGE)


def job(source: str = "data.csv", **changes: Any) -> dict[str, Any]:
    properties = baseline_request(source, "out", **changes)
    # Templates have text where the API wants numbers and booleans.
    properties["ProcessingResources"] = {"ClusterConfig": CLUSTER | {"InstanceCount": "1", "VolumeSizeInGB": "20"}}
    properties["ProcessingInputs"][0]["AppManaged"] = "false"
    return {"Type": "AWS::SageMaker::ProcessingJob", "Properties": properties}


def definition(kind: str, endpoint: str = "Endpoint", **changes: Any) -> dict[str, Any]:
    monitored = {"EndpointName": endpoint, "LocalPath": "/opt/ml/processing/input/data"}
    if kind == "ModelQuality":
        monitored["InferenceAttribute"] = "0"
    truth = {"GroundTruthS3Input": {"S3Uri": f"s3://{BUCKET}/truth"}} if kind in ("ModelQuality", "ModelBias") else {}
    output = {"S3Uri": f"s3://{BUCKET}/reports", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    properties = {
        **KINDS[kind],
        f"{kind}JobInput": {"EndpointInput": monitored, **truth},
        f"{kind}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": output}]},
        "JobResources": {"ClusterConfig": CLUSTER},
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": "1800"},
        "Tags": [{"Key": "stack-name", "Value": "mine"}],
    }
    return {"Type": f"AWS::SageMaker::{kind}JobDefinition", "Properties": properties | changes}


def schedule(kind: str, name: str, cron: str = "cron(0 * ? * * *)", **changes: Any) -> dict[str, Any]:
    config = {
        "MonitoringJobDefinitionName": {"Fn::GetAtt": ["Definition", "JobDefinitionName"]},
        "MonitoringType": kind,
        "ScheduleConfig": {"ScheduleExpression": cron},
    }
    properties = {"MonitoringScheduleName": name, "MonitoringScheduleConfig": config} | changes
    return {"Type": "AWS::SageMaker::MonitoringSchedule", "Properties": properties}


class TestProcessingJobs:
    def test_a_stack_waits_for_its_job_and_reads_it(self, client: ClientFactory, cloudformation: Any) -> None:
        outputs = {
            name: {"Value": {"Fn::GetAtt": ["Job", name]}} for name in ("ProcessingJobStatus", "ProcessingJobArn")
        } | {"Itself": {"Value": {"Ref": "Job"}}}
        found = deploy(cloudformation, "baseline", {"Job": job()}, Outputs=outputs)
        assert found["ProcessingJobStatus"] == "Completed"
        assert found["Itself"] == found["ProcessingJobArn"]
        assert found["Itself"].startswith(f"{ARN}:processing-job/baseline-job-")
        assert keys(client("s3"), "out/") == ["out/constraints.json", "out/statistics.json"]
        (one,) = client("sagemaker").list_processing_jobs(NameContains="baseline-Job-")["ProcessingJobSummaries"]
        tags = client("sagemaker").list_tags(ResourceArn=found["Itself"])["Tags"]
        assert tags == [{"Key": "stack_name", "Value": "mine"}]

        remove(cloudformation, "baseline")
        name = one["ProcessingJobName"]
        assert client("sagemaker").describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "Completed"
        assert client("sagemaker").list_tags(ResourceArn=found["Itself"])["Tags"] == []

    def test_another_request_is_another_job(self, cloudformation: Any) -> None:
        deploy(cloudformation, "again", {"Job": job()})
        first = physical_id(cloudformation, "again", "Job")
        deploy(cloudformation, "again", {"Job": job(StoppingCondition={"MaxRuntimeInSeconds": 60})})
        second = physical_id(cloudformation, "again", "Job")
        assert first != second
        deploy(cloudformation, "again", {"Job": job(Tags=[{"Key": "a", "Value": "b"}])})
        assert physical_id(cloudformation, "again", "Job") not in (first, second)

    def test_a_job_that_fails_fails_its_stack_with_the_reason(self, cloudformation: Any) -> None:
        with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
            deploy(cloudformation, "failing", {"Job": job("not-there.csv")})
        (reason,) = reasons(cloudformation, "failing", "Job")
        assert f'No S3 objects found under S3 URL "s3://{BUCKET}/not-there.csv"' in reason

    def test_a_refused_job_fails_its_stack_with_the_words_of_sagemaker(self, cloudformation: Any) -> None:
        with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
            deploy(cloudformation, "refused", {"Job": job(RoleArn="arn:aws:iam::12:role/short")})
        (reason,) = reasons(cloudformation, "refused", "Job")
        assert "Member must satisfy regular expression pattern" in reason

    def test_a_stack_that_is_deleted_stops_its_running_job(self, client: ClientFactory, cloudformation: Any) -> None:
        client("s3").put_object(Bucket=BUCKET, Key="code/empty", Body="")
        endless = python_request("__import__('threading').Event().wait()")
        body = json.dumps({"Resources": {"Job": {"Type": "AWS::SageMaker::ProcessingJob", "Properties": endless}}})
        stack = cloudformation.create_stack(StackName="stopped", TemplateBody=body)["StackId"]
        with THREADS.changed:
            assert THREADS.changed.wait_for(job_process.running, SECONDS)
        cloudformation.delete_stack(StackName="stopped")
        wait(cloudformation, "delete", stack)
        assert sagemaker.wait_idle(SECONDS)
        (one,) = client("sagemaker").list_processing_jobs(NameContains="stopped-Job-")["ProcessingJobSummaries"]
        assert one["ProcessingJobStatus"] == "Stopped"


class TestDefinitions:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_definition_is_what_the_template_says(
        self, client: ClientFactory, cloudformation: Any, kind: str
    ) -> None:
        stack = f"definition-{kind}"
        names = ("JobDefinitionName", "JobDefinitionArn", "CreationTime")
        outputs = {name: {"Value": {"Fn::GetAtt": ["Definition", name]}} for name in names}
        found = deploy(cloudformation, stack, {"Definition": definition(kind)}, Outputs=outputs)
        name, arn = found["JobDefinitionName"], found["JobDefinitionArn"]
        assert re.fullmatch(r"CFN-Definition-[A-Za-z0-9]{12}", name)
        assert physical_id(cloudformation, stack, "Definition") == arn

        sm, operation = client("sagemaker"), xform_name(f"{kind}JobDefinition")
        assert arn == f"{ARN}:{operation.replace('_', '-')}/{name.lower()}"
        described = getattr(sm, f"describe_{operation}")(JobDefinitionName=name)
        wanted = definition(kind)["Properties"] | {"StoppingCondition": {"MaxRuntimeInSeconds": 1800}}
        tags = wanted.pop("Tags")
        assert {key: described[key] for key in wanted} == wanted
        assert described["JobDefinitionArn"] == arn
        assert sm.list_tags(ResourceArn=arn)["Tags"] == tags
        listed = getattr(sm, f"list_{operation}s")(NameContains=name)["JobDefinitionSummaries"]
        assert [(one["MonitoringJobDefinitionName"], one["EndpointName"]) for one in listed] == [(name, "Endpoint")]

        deploy(cloudformation, stack, {"Definition": definition(kind, StoppingCondition={"MaxRuntimeInSeconds": 60})})
        assert physical_id(cloudformation, stack, "Definition") != arn
        with pytest.raises(ClientError, match=f'Could not find job definition "{arn}"') as gone:
            getattr(sm, f"describe_{operation}")(JobDefinitionName=name)
        assert gone.value.response["Error"]["Code"] == "ResourceNotFound"
        remove(cloudformation, stack)
        assert getattr(sm, f"list_{operation}s")()["JobDefinitionSummaries"] == []

    def test_a_name_in_use_is_refused(self, client: ClientFactory) -> None:
        request = definition("DataQuality")["Properties"] | {"JobDefinitionName": "Taken", "StoppingCondition": None}
        given = {name: value for name, value in request.items() if value}
        client("sagemaker").create_data_quality_job_definition(**given)
        with pytest.raises(ClientError) as refused:
            client("sagemaker").create_data_quality_job_definition(**given | {"JobDefinitionName": "TAKEN"})
        assert refused.value.response["Error"]["Code"] == "ResourceInUse"
        client("sagemaker").delete_data_quality_job_definition(JobDefinitionName="Taken")

    def test_model_quality_wants_to_know_the_inference(self, cloudformation: Any) -> None:
        without = definition("ModelQuality")
        del without["Properties"]["ModelQualityJobInput"]["EndpointInput"]["InferenceAttribute"]
        with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
            deploy(cloudformation, "unknowing", {"Definition": without})
        (reason,) = reasons(cloudformation, "unknowing", "Definition")
        assert "missing required field, CreateModelQualityJobDefinitionInput" in reason

    def test_an_unknown_property_is_refused(self, cloudformation: Any) -> None:
        with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
            deploy(cloudformation, "misspelt", {"Definition": definition("DataQuality", JobResource={})})
        (reason,) = reasons(cloudformation, "misspelt", "Definition")
        assert "does not know the property JobResource" in reason


class TestSchedules:
    def test_a_schedule_changes_in_place_and_goes_with_its_stack(
        self, client: ClientFactory, cloudformation: Any
    ) -> None:
        sm, resources = client("sagemaker"), {"Definition": definition("ModelBias")}
        outputs = {
            name: {"Value": {"Fn::GetAtt": ["Schedule", name]}}
            for name in ("MonitoringScheduleArn", "CreationTime", "LastModifiedTime")
        } | {"Itself": {"Value": {"Ref": "Schedule"}}}
        tagged = schedule("ModelBias", "Hourly", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        found = deploy(cloudformation, "hourly", resources | {"Schedule": tagged}, Outputs=outputs)
        arn = f"{ARN}:monitoring-schedule/hourly"
        assert found["Itself"] == found["MonitoringScheduleArn"] == arn
        described = sm.describe_monitoring_schedule(MonitoringScheduleName="Hourly")
        assert described["MonitoringScheduleStatus"] == "Scheduled"
        assert (described["MonitoringType"], described["EndpointName"]) == ("ModelBias", "Endpoint")
        assert described["MonitoringScheduleConfig"]["ScheduleConfig"] == {"ScheduleExpression": "cron(0 * ? * * *)"}
        assert sm.list_tags(ResourceArn=arn)["Tags"] == tagged["Properties"]["Tags"]

        changed = schedule("ModelBias", "Hourly", "cron(0 0 ? * * *)", Tags=[{"Key": "b", "Value": "3"}])
        deploy(cloudformation, "hourly", resources | {"Schedule": changed}, Outputs=outputs)
        described = sm.describe_monitoring_schedule(MonitoringScheduleName="Hourly")
        assert described["MonitoringScheduleArn"] == arn
        assert described["MonitoringScheduleConfig"]["ScheduleConfig"] == {"ScheduleExpression": "cron(0 0 ? * * *)"}
        assert described["CreationTime"].isoformat()[:19] == found["CreationTime"][:19]
        assert sm.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "3"}]

        deploy(cloudformation, "hourly", resources | {"Schedule": schedule("ModelBias", "Daily")})
        listed = sm.list_monitoring_schedules()["MonitoringScheduleSummaries"]
        assert [one["MonitoringScheduleName"] for one in listed] == ["Daily"]
        remove(cloudformation, "hourly")
        assert sm.list_monitoring_schedules()["MonitoringScheduleSummaries"] == []

    @pytest.mark.parametrize(
        ("name", "changes", "words"),
        [
            ("no-definition", {"MonitoringJobDefinitionName": "Nothing"}, "Could not find job definition"),
            ("other-kind", {"MonitoringType": "ModelBias"}, "Could not find job definition"),
            (
                "inline",
                {"MonitoringJobDefinitionName": None, "MonitoringType": None},
                "named by MonitoringJobDefinition",
            ),
        ],
    )
    def test_a_schedule_of_nothing_is_refused(
        self, cloudformation: Any, name: str, changes: dict[str, Any], words: str
    ) -> None:
        wrong = schedule("DataQuality", name)
        config = wrong["Properties"]["MonitoringScheduleConfig"] | changes
        wrong["Properties"]["MonitoringScheduleConfig"] = {key: value for key, value in config.items() if value}
        with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
            deploy(cloudformation, name, {"Definition": definition("DataQuality"), "Schedule": wrong})
        (reason,) = reasons(cloudformation, name, "Schedule")
        assert words in reason

    def test_an_endpoint_that_is_not_there_is_refused(self, cloudformation: Any) -> None:
        resources = {
            "Definition": definition("DataQuality", "nowhere"),
            "Schedule": schedule("DataQuality", "no-endpoint"),
        }
        with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
            deploy(cloudformation, "no-endpoint", resources)
        (reason,) = reasons(cloudformation, "no-endpoint", "Schedule")
        assert f'Could not find endpoint "{ARN}:endpoint/nowhere"' in reason


def test_an_alarm_changes_in_place(client: ClientFactory, cloudformation: Any) -> None:
    def stack(threshold: str, **tags: str) -> str:
        properties = {
            "Namespace": "aws/sagemaker/Endpoints/data-metrics",
            "MetricName": "feature_baseline_drift_age",
            "Dimensions": [{"Name": "Endpoint", "Value": "Endpoint"}],
            "Statistic": "Average",
            "Period": "3600",
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": threshold,
            "TreatMissingData": "notBreaching",
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }
        alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
        outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Alarm", "Arn"]}}}
        return deploy(cloudformation, "alarming", {"Alarm": alarm}, Outputs=outputs)["Arn"]

    cloudwatch = client("cloudwatch")
    arn = stack("0.1", a="1", b="2")
    (alarm,) = cloudwatch.describe_alarms()["MetricAlarms"]
    assert (alarm["AlarmArn"], alarm["AlarmName"]) == (arn, physical_id(cloudformation, "alarming", "Alarm"))
    assert (alarm["Threshold"], alarm["Period"], alarm["Namespace"]) == (
        0.1, 3600, "aws/sagemaker/Endpoints/data-metrics",
    )  # fmt: skip
    assert stack("0.2", b="3") == arn
    (alarm,) = cloudwatch.describe_alarms()["MetricAlarms"]
    assert alarm["Threshold"] == 0.2
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "3"}]
    remove(cloudformation, "alarming")
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
