# SPDX-License-Identifier: Apache-2.0
"""From a request to train to predictions of the registered model, and the one message at each job's end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import pytest
import xgboost

from scripts.demo import demo_model
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Body = dict[str, Any]
Until = Callable[[Callable[[], Any]], Any]
TRAINING_DATA: Final = "training/cells.csv"
VALIDATION_DATA: Final = "training/cells-validation.csv"
HEADED_DATA: Final = "training/cells-header.csv"
GATE: Final = {"validation:auc": 0.9}


@pytest.fixture(scope="module")
def orchestrator(with_options: Orchestrator) -> Orchestrator:
    """The orchestrator that was launched for the registry, with data in its assets bucket."""
    with_options.store_rows(TRAINING_DATA, VALIDATION_DATA)
    bucket = with_options.deployment.outputs["AssetsBucketName"]
    with_options.client("s3").put_object(Bucket=bucket, Key=HEADED_DATA, Body=demo_model.DATA.read_bytes())
    return with_options


@pytest.fixture
def group(orchestrator: Orchestrator) -> str:
    return orchestrator.deployment.outputs["ModelRegistryArn"].rpartition("/")[2]


def training(model_name: str, group: str, **changes: Any) -> Body:
    """A request for a training job whose model is registered."""
    return {
        "pipeline_type": "model_training_builtin",
        "model_name": model_name,
        "job_name": f"{model_name}-job",
        "training_data": TRAINING_DATA,
        "validation_data": VALIDATION_DATA,
        "job_output_location": "trained",
        "model_framework": "xgboost",
        "model_framework_version": "1.7-1",
        "content_type": "text/csv",
        "algo_hyperparameters": {"objective": "binary:logistic", "eval_metric": "auc", "num_round": 10},
        "register": {"model_package_group_name": group, "approval_status": "Approved", "min_metric": GATE},
        **changes,
    }


def versions(orchestrator: Orchestrator, group: str) -> dict[str, Body]:
    """The versions of a group by the job that they come from."""
    sagemaker = orchestrator.client("sagemaker")
    listed = sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    described = [sagemaker.describe_model_package(ModelPackageName=one["ModelPackageArn"]) for one in listed]
    jobs = [one.get("CustomerMetadataProperties", {}).get("job_arn", "").rpartition("/")[2] for one in described]
    assert len({*jobs}) == len(jobs), "a job's model is registered twice"
    return dict(zip(jobs, described, strict=True))


def model_of(orchestrator: Orchestrator, package: Body) -> xgboost.Booster:
    """The registered artifact as XGBoost itself loads it."""
    bucket, _, key = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"][len("s3://") :].partition("/")
    content = orchestrator.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return demo_model.unpacked(content)


def how_it_is(orchestrator: Orchestrator, request: Body) -> Body:
    """All that the API tells of the request's pipeline."""
    plan = orchestrator.provision({**request, "dry_run": True})["plan"]
    return orchestrator.deployment.api.details(plan["pipeline_stack_name"]).body


def test_a_trained_model_is_registered_once_deployed_and_predicts(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until, group: str
) -> None:
    """The same request again registers nothing more."""
    request = training("cells", group)
    orchestrator.provisioned(request)
    message = subscriber.next_about("The training job cells-job status is: Completed.", until)
    assert "No updates are to be performed" in orchestrator.provision(request)["message"]
    package = versions(orchestrator, group)["cells-job"]
    assert f"registered as {package['ModelPackageArn']}, approval status Approved" in message
    told = how_it_is(orchestrator, request)
    assert (told["state"], told["registration"]["model_package_arn"]) == ("Succeeded", package["ModelPackageArn"])
    assert told["registration"]["metrics"]["validation:auc"] > GATE["validation:auc"]
    metrics = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    bucket, _, key = metrics.removeprefix("s3://").partition("/")
    document = json.loads(orchestrator.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    assert document["metrics"]["validation:auc"]["value"] > GATE["validation:auc"]

    serving = orchestrator.request(
        "cells",
        model_package_name=package["ModelPackageArn"],
        **dict.fromkeys(("model_framework", "model_framework_version", "model_artifact_location")),
    )
    orchestrator.provisioned(serving)
    rows = demo_model.split()[1][:20, 1:]
    payload = "\n".join(",".join(str(value) for value in row) for row in rows)
    status, body = orchestrator.predict(
        "mlops-pipeline-cells-byompipelinerealtimebuiltin", {"payload": payload, "content_type": "text/csv"}
    )
    assert status == 200
    own = model_of(orchestrator, package).predict(xgboost.DMatrix(rows)).tolist()
    assert [float(line) for line in body.decode().split()] == pytest.approx(own, abs=1e-6)


def test_a_model_that_is_not_good_enough_is_rejected(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until, group: str
) -> None:
    register = {"model_package_group_name": group, "approval_status": "Approved", "min_metric": {"validation:auc": 2}}
    request = training("hopeless", group, register=register)
    orchestrator.provisioned(request)
    message = subscriber.next_about("The training job hopeless-job status is: Completed.", until)
    package = versions(orchestrator, group)["hopeless-job"]
    assert package["ModelApprovalStatus"] == "Rejected"
    assert "and 2 is the least that min_metric allows." in package["ApprovalDescription"]
    assert package["ApprovalDescription"] in message
    told = how_it_is(orchestrator, request)
    assert (told["state"], told["registration"]["status"]) == ("Failed", "Rejected")
    assert package["ApprovalDescription"] in told["state_reason"]


def test_a_registration_into_a_group_that_is_not_there_is_a_failure(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """Everybody says the same: message, list and details. The group was there when the request was taken."""
    sagemaker, left = orchestrator.client("sagemaker"), "mlops-model-registry-left"
    sagemaker.create_model_package_group(ModelPackageGroupName=left)
    request = training("homeless", left)
    orchestrator.provision(request)
    sagemaker.delete_model_package_group(ModelPackageGroupName=left)
    message = subscriber.next_about("The training job homeless-job status is: Completed.", until)
    assert "The model was not registered." in message
    assert "State: Failed" in message
    told = how_it_is(orchestrator, request)
    assert (told["state"], told["registration"]["status"]) == ("Failed", "Failed")
    assert told["registration"]["reason"] in message
    (listed,) = orchestrator.deployment.api.list(model_name="homeless").body["pipelines"]
    assert (listed["state"], listed["state_reason"]) == (told["state"], told["state_reason"])


def test_a_job_that_fails_is_told_with_the_reason_and_not_registered(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until, group: str
) -> None:
    wrong = {"objective": "binary:sideways", "num_round": 5}
    request = training("failing", group, algo_hyperparameters=wrong)
    orchestrator.provisioned(request)
    assert "Why it failed: " in subscriber.next_about("The training job failing-job status is: Failed.", until)
    told = how_it_is(orchestrator, request)
    assert (told["state"], told["job"]["status"], told["registration"]["status"]) == ("Failed", "Failed", "Failed")
    assert told["job"]["failure_reason"] in told["state_reason"]
    assert "failing-job" not in versions(orchestrator, group)


def test_the_best_model_of_a_search_is_registered_and_its_jobs_are_silent(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until, group: str
) -> None:
    """Lesson 79."""
    request = training(
        "searched",
        group,
        pipeline_type="model_tuner_builtin",
        tuner_configs={"objective_metric_name": "validation:auc", "max_jobs": 2, "max_parallel_jobs": 2},
        hyperparameter_ranges={"eta": ["continuous", [0.1, 0.5]]},
    )
    orchestrator.provisioned(request)
    message = subscriber.next_about("The hyperparameter training job searched-job status is: Completed.", until)
    package = versions(orchestrator, group)["searched-job"]
    assert package["ModelPackageArn"] in message
    best = package["MetadataProperties"]["GeneratedBy"].rpartition("/")[2]
    assert best in package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    # Its training jobs have ended before it.
    assert [text for text in subscriber.heard if text.startswith("The training job searched-job")] == []


def test_an_autopilot_job_is_found_by_the_check(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """Lesson 80. The local AWS searches no models, and says so where AWS would say why there is none."""
    request = {
        "pipeline_type": "model_autopilot_training",
        "model_name": "automatic",
        "job_name": "automatic-job",
        "training_data": HEADED_DATA,
        "job_output_location": "automatic",
        "target_attribute": "malignant",
    }
    orchestrator.provisioned(request)
    sagemaker = orchestrator.client("sagemaker")
    job = until(lambda: _when_over(sagemaker.describe_auto_ml_job(AutoMLJobName="automatic-job")))
    rule = orchestrator.client("cloudformation").describe_stack_resource(
        StackName=orchestrator.deployment.stack_name, LogicalResourceId="JobCheckRule"
    )["StackResourceDetail"]["PhysicalResourceId"]
    for minutes in (6, 11):
        at = job["EndTime"].replace(microsecond=0) + timedelta(minutes=minutes)
        fired = f"{orchestrator.deployment.aws.endpoint_url}/_events/{rule}?{urlencode({'at': at.isoformat()})}"
        assert orchestrator.deployment.api.client.post(fired, b"")[0] == 200
    message = subscriber.next_about("The Autopilot job automatic-job status is: Completed.", until)
    assert "The job has no best candidate. The local AWS" in message


def _when_over(job: Body) -> Body | None:
    return job if job["AutoMLJobStatus"] == "Completed" else None
