# SPDX-License-Identifier: Apache-2.0
"""From a request to train to predictions of the registered model, and the one message at each job's end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
import xgboost

from scripts import demo_model
from scripts.cli import local_stack
from scripts.demo_notifications import Notifications
from scripts.launch import EMAIL_PARAMETER, Launching
from scripts.local_aws import events
from tests.end_to_end.users import LONGEST_WAIT_SECONDS, Nobody, Orchestrator

pytestmark = pytest.mark.xdist_group("training")

Body = dict[str, Any]
TRAINING_DATA: Final = "training/cells.csv"
VALIDATION_DATA: Final = "training/cells-validation.csv"
HEADED_DATA: Final = "training/cells-header.csv"
GATE: Final = {"validation:auc": 0.9}


@pytest.fixture(scope="module")
def orchestrator() -> Iterator[Orchestrator]:
    """An orchestrator launched for the registry, with a package group of its own and data in its assets bucket."""
    options = {EMAIL_PARAMETER: "you@example.com", "UseModelRegistry": "Yes", "CreateModelRegistry": "Yes"}
    with local_stack.deployed(Launching(parameters=options), Nobody()) as deployment:
        learned, held_out = demo_model.split()
        s3, bucket = deployment.aws.client("s3"), deployment.outputs["AssetsBucketName"]
        for key, rows in ((TRAINING_DATA, learned), (VALIDATION_DATA, held_out)):
            s3.put_object(Bucket=bucket, Key=key, Body=demo_model.as_csv(rows))
        s3.put_object(Bucket=bucket, Key=HEADED_DATA, Body=demo_model.DATA.read_bytes())
        yield Orchestrator(deployment)


class Inbox:
    """What the topic sends to a subscriber, from now on."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._notifications = Notifications(orchestrator.deployment)
        self.texts: list[str] = []
        """Those that were read so far."""

    def about(self, words: str) -> str:
        """Wait for the message that begins with these words; there must be one."""
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while not (found := [text for text in self.texts if text.startswith(words)]):
            assert time.monotonic() < deadline, self.texts
            self.texts += [text for _, text in self._notifications.received(at_least=1)]
        (text,) = found
        return text


@pytest.fixture(scope="module")
def inbox(orchestrator: Orchestrator) -> Inbox:
    return Inbox(orchestrator)


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
    return {one["CustomerMetadataProperties"]["job_arn"].rpartition("/")[2]: one for one in described}


def model_of(orchestrator: Orchestrator, package: Body) -> xgboost.Booster:
    """The registered artifact as XGBoost itself loads it."""
    bucket, _, key = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"][len("s3://") :].partition("/")
    content = orchestrator.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return demo_model.unpacked(content)


def test_a_trained_model_is_registered_deployed_and_predicts(
    orchestrator: Orchestrator, inbox: Inbox, group: str
) -> None:
    orchestrator.provisioned(training("cells", group))
    message = inbox.about("The training job cells-job status is: Completed.")
    package = versions(orchestrator, group)["cells-job"]
    assert f"registered as {package['ModelPackageArn']}, approval status Approved" in message
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


def test_the_same_request_registers_nothing_more(orchestrator: Orchestrator, inbox: Inbox, group: str) -> None:
    request = training("repeated", group)
    orchestrator.provisioned(request)
    inbox.about("The training job repeated-job status is: Completed.")
    answer = orchestrator.provision(request)
    assert "No updates are to be performed" in answer["message"]
    assert list(versions(orchestrator, group)).count("repeated-job") == 1


def test_a_model_that_is_not_good_enough_is_rejected(orchestrator: Orchestrator, inbox: Inbox, group: str) -> None:
    register = {"model_package_group_name": group, "approval_status": "Approved", "min_metric": {"validation:auc": 2}}
    orchestrator.provisioned(training("hopeless", group, register=register))
    message = inbox.about("The training job hopeless-job status is: Completed.")
    package = versions(orchestrator, group)["hopeless-job"]
    assert package["ModelApprovalStatus"] == "Rejected"
    assert "and 2 is the least that min_metric allows." in package["ApprovalDescription"]
    assert package["ApprovalDescription"] in message


def test_a_job_that_fails_is_told_with_the_reason_and_not_registered(
    orchestrator: Orchestrator, inbox: Inbox, group: str
) -> None:
    wrong = {"objective": "binary:sideways", "num_round": 5}
    orchestrator.provision(training("failing", group, algo_hyperparameters=wrong))
    assert "Why it failed: " in inbox.about("The training job failing-job status is: Failed.")
    assert "failing-job" not in versions(orchestrator, group)


def test_the_best_model_of_a_search_is_registered_and_its_jobs_are_silent(
    orchestrator: Orchestrator, inbox: Inbox, group: str
) -> None:
    """Defect 79."""
    request = training(
        "searched",
        group,
        pipeline_type="model_tuner_builtin",
        tuner_configs={"objective_metric_name": "validation:auc", "max_jobs": 2, "max_parallel_jobs": 2},
        hyperparameter_ranges={"eta": ["continuous", [0.1, 0.5]]},
    )
    orchestrator.provisioned(request)
    message = inbox.about("The hyperparameter training job searched-job status is: Completed.")
    package = versions(orchestrator, group)["searched-job"]
    assert package["ModelPackageArn"] in message
    best = package["MetadataProperties"]["GeneratedBy"].rpartition("/")[2]
    assert best in package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    # Its training jobs have ended before it.
    assert [text for text in inbox.texts if text.startswith("The training job searched-job")] == []


def test_an_autopilot_job_is_found_by_the_check(
    orchestrator: Orchestrator, inbox: Inbox, until: Callable[[Callable[[], Any]], Any]
) -> None:
    """Defect 80. The local AWS searches no models, and says so where AWS would say why there is none."""
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
    account = orchestrator.deployment.outputs["ModelRegistryArn"].split(":")[4]
    (rule,) = [
        rule["Name"]
        for rule in orchestrator.client("events").list_rules(NamePrefix="mlops-jobs-")["Rules"]
        if "ScheduleExpression" in rule
    ]
    for minutes in (6, 11):
        events.fire(rule, account=account, at=job["EndTime"].replace(microsecond=0) + timedelta(minutes=minutes))
    message = inbox.about("The Autopilot job automatic-job status is: Completed.")
    assert "The job has no best candidate. The local AWS" in message


def _when_over(job: Body) -> Body | None:
    return job if job["AutoMLJobStatus"] == "Completed" else None
