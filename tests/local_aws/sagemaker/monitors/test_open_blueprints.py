# SPDX-License-Identifier: Apache-2.0
"""The blueprints of monitors on the open engine as stacks, with IAM: their roles suffice for what the engine calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from orchestrator.pipeline_types.built_in.monitors import engine_archive
from orchestrator.sagemaker import run_environments
from scripts.local_aws.sagemaker.jobs.processing import processing_jobs
from scripts.local_aws.sagemaker.monitors import monitor_runs
from scripts.local_aws.server import LocalAws
from tests import committed
from tests.generator import monitor_templates
from tests.local_aws.deploying import wait
from tests.local_aws.monitoring import ANALYZER
from tests.local_aws.serving import BUCKET as MODELS
from tests.local_aws.serving import CUSTOM_IMAGE, make_endpoint
from tests.local_aws.stack_setting import ACCOUNTS, acting_in, parameters

ACCOUNT: Final = "123456789012"
KEY: Final = "provisioned/berths/engine/single-1/monitor_engine.zip"
BUCKETS: Final = (
    "quayside-assets",
    "quayside-capture",
    "quayside-monitoring",
    "quayside-pipelines",
    "quayside-arrivals",
)
ROWS: Final = range(60)


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws(accounts=ACCOUNTS) as running:
        s3 = acting_in(running, ACCOUNT, "s3")
        for bucket in BUCKETS:
            s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket="quayside-pipelines", Key=KEY, Body=engine_archive.packed().content)
        rows = "".join(f"{number % 7},{number % 7},{number % 7}.5\n" for number in ROWS)
        s3.put_object(Bucket="quayside-assets", Key="baselines/train.csv", Body=f"prediction,occupied,draught\n{rows}")
        yield running


def deploy(aws: LocalAws, name: str, blueprint: str, kind: str, **changes: str) -> dict[str, str]:
    """Make a stack, or change it, and return its outputs."""
    path = f"blueprints/{blueprint}.yaml"
    declared = committed.template(path)["Parameters"]
    engine = {"EngineKey": KEY, "EngineDigest": engine_archive.packed().digest, "SchedulePeriodSeconds": "3600"}
    given = monitor_templates.values(kind, **engine, OrchestratorAccount=ACCOUNT, **changes)
    cloudformation = acting_in(aws, ACCOUNT, "cloudformation")
    stacks = [one["StackName"] for one in cloudformation.describe_stacks()["Stacks"]]
    verb = "update" if name in stacks else "create"
    getattr(cloudformation, f"{verb}_stack")(
        StackName=name,
        TemplateBody=(committed.TEMPLATES / path).read_text(encoding="utf-8"),
        Parameters=parameters(**{key: value for key, value in given.items() if key in declared}),
        Capabilities=["CAPABILITY_IAM"],
    )
    wait(cloudformation, verb, name)
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def capture(aws: LocalAws, draught: float) -> None:
    """Captures of the hour that ends now, with ground truth."""
    s3 = acting_in(aws, ACCOUNT, "s3")
    now = datetime.now(UTC) - timedelta(minutes=5)
    records, truths = [], []
    for number in ROWS:
        event = {"eventId": f"e{number}", "inferenceTime": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
        parts = {
            "endpointInput": {"observedContentType": "text/csv", "data": f"{number % 7},{number % 7 + draught}"},
            "endpointOutput": {"observedContentType": "text/csv", "data": str(number % 7)},
        }
        whole = {name: {**part, "encoding": "CSV", "mode": "INPUT"} for name, part in parts.items()}
        records.append(json.dumps({"captureData": whole, "eventMetadata": event, "eventVersion": "0"}))
        truth = {"data": str(number % 7), "encoding": "CSV"}
        truths.append(json.dumps({"groundTruthData": truth, "eventMetadata": {"eventId": f"e{number}"}}))
    hour = now.strftime("%Y/%m/%d/%H")
    s3.put_object(Bucket="quayside-capture", Key=f"berths/berths/AllTraffic/{hour}/a.jsonl", Body="\n".join(records))
    s3.put_object(Bucket="quayside-arrivals", Key=f"labels/{hour}/a.jsonl", Body="\n".join(truths))


@pytest.mark.parametrize("kind", ["data_quality_monitor", "model_quality_monitor"])
def test_baseline_and_run_have_what_they_need(aws: LocalAws, kind: str) -> None:
    name = f"mlops-pipeline-{kind.replace('_', '-')}"
    # An hour back from the run at any minute.
    outputs = deploy(aws, name, f"open_{kind}", kind, ScheduleExpression="rate(1 hour)")
    assert outputs["MonitorEngine"] == "Open"
    capture(aws, 100.5 if kind == "data_quality_monitor" else 0.5)

    ended: Any = monitor_runs.fire_scheduler(outputs["MonitoringScheduleJobName"])

    job = acting_in(aws, ACCOUNT, "sagemaker").describe_processing_job(ProcessingJobName=ended.name)
    assert job["ProcessingJobStatus"] == "Completed", job
    expected = "CompletedWithViolations" if kind == "data_quality_monitor" else "Completed: "
    assert job["ExitMessage"].startswith(expected), job["ExitMessage"]
    prefix = outputs["MonitoringScheduleOutput"].removeprefix("s3://quayside-monitoring/")
    listed = acting_in(aws, ACCOUNT, "s3").list_objects_v2(Bucket="quayside-monitoring", Prefix=prefix)["Contents"]
    assert {"report.html", "run.json"} <= {one["Key"].rpartition("/")[2] for one in listed}
    found = acting_in(aws, ACCOUNT, "cloudwatch").list_metrics(Namespace="MLOps/Monitors", MetricName="violations")
    assert {"Name": "MonitoringSchedule", "Value": outputs["MonitoringScheduleJobName"]} in [
        dimension for metric in found["Metrics"] for dimension in metric["Dimensions"]
    ]


def test_training_data_is_made_by_a_job_of_the_schedule_s_own(aws: LocalAws) -> None:
    """With the role of the monitor's jobs, which may write that folder only if it was asked for."""
    name, kind, place = "mlops-pipeline-merging", "model_quality_monitor", "retraining/merging"
    outputs = deploy(aws, name, f"open_{kind}", kind, MonitoringScheduleName="merging-modelquality-0000",
                     RetrainingPrefix=place)  # fmt: skip
    capture(aws, 0.5)
    scheduler, sagemaker = acting_in(aws, ACCOUNT, "scheduler"), acting_in(aws, ACCOUNT, "sagemaker")
    declared = json.loads(scheduler.get_schedule(Name=outputs["MonitoringScheduleJobName"])["Target"]["Input"])
    now = datetime.now(UTC)
    environment = run_environments.training_data(declared["Environment"], now - timedelta(days=1), now, "run-1", 0.25)

    def ended(job: str) -> dict[str, Any]:
        sagemaker.create_processing_job(**{**declared, "ProcessingJobName": job, "Environment": environment})
        assert processing_jobs.wait_until_over(processing_jobs.find(ACCOUNT, aws.region, job), 60)
        return dict(sagemaker.describe_processing_job(ProcessingJobName=job))

    job = ended("mlops-retrain-0a1b2c3d-0123456789ab")
    assert job["ProcessingJobStatus"] == "Completed", job
    s3 = acting_in(aws, ACCOUNT, "s3")
    listed = s3.list_objects_v2(Bucket="quayside-assets", Prefix=f"{place}/run-1/")["Contents"]
    files = {one["Key"].rpartition("/")[2]: one["Key"] for one in listed}
    assert files.keys() == {"baseline.csv", "data.json", "labelled.csv", "train.csv", "validation.csv"}
    told = json.loads(s3.get_object(Bucket="quayside-assets", Key=files["data.json"])["Body"].read())
    assert told["rows"] + told["validation_rows"] == len(ROWS)
    assert job["ExitMessage"].startswith(f"Completed: {told['rows']} rows for training and {told['validation_rows']}")

    environment["output_path"] = "s3://quayside-assets/retraining/another/run-1"
    refused = ended("mlops-retrain-0a1b2c3d-ba9876543210")
    assert refused["ProcessingJobStatus"] == "Failed"
    assert "s3:PutObject" in refused["FailureReason"]


def test_a_stack_changes_its_engine_and_back(aws: LocalAws) -> None:
    """One schedule at a time, by the same name or another one, and nothing in the way of the other."""
    s3 = acting_in(aws, ACCOUNT, "s3")
    s3.create_bucket(Bucket=MODELS)
    s3.put_object(Bucket=MODELS, Key="model.tar.gz", Body=b"")
    sagemaker, scheduler = acting_in(aws, ACCOUNT, "sagemaker"), acting_in(aws, ACCOUNT, "scheduler")
    make_endpoint(sagemaker, image=CUSTOM_IMAGE)
    name, kind = "mlops-pipeline-changing", "data_quality_monitor"
    monitored = {"EndpointName": "Endpoint", "EndpointInArns": "endpoint", "ImageUri": ANALYZER}

    def schedules() -> tuple[list[str], list[str]]:
        native = sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"]
        started = scheduler.list_schedules()["Schedules"]
        return [one["MonitoringScheduleName"] for one in native], sorted(one["Name"] for one in started)

    others = schedules()[1]
    for engine, digits in (("", "0000"), ("open_", "0000"), ("", "0000"), ("open_", "1111")):
        own = f"changing-dataquality-{digits}"
        outputs = deploy(aws, name, f"{engine}{kind}", kind, **monitored, MonitoringScheduleName=own)
        assert ("MonitorEngine" in outputs) is bool(engine)
        assert schedules() == (([], sorted([*others, own])) if engine else ([own], others))
