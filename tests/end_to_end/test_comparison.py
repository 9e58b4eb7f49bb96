# SPDX-License-Identifier: Apache-2.0
"""A trained model is registered as good only if it is better than the deployed one, on the same held-out rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
import xgboost

from scripts.demo import demo_model
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.test_train_register_deploy import (
    TRAINING_DATA,
    VALIDATION_DATA,
    Body,
    how_it_is,
    model_of,
    training,
)
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
GROUP: Final = "mlops-model-registry-compared"
ANOTHER: Final = "mlops-model-registry-by-a-margin"
WEAK, STRONG = 1, 20
"""Rounds of boosting."""


@pytest.fixture(scope="module")
def orchestrator(with_options: Orchestrator) -> Orchestrator:
    with_options.store_rows(TRAINING_DATA, VALIDATION_DATA)
    for group in (GROUP, ANOTHER):
        with_options.client("sagemaker").create_model_package_group(ModelPackageGroupName=group)
    return with_options


def compared(name: str, rounds: int, **register: Any) -> Body:
    """A request for a training job whose model is compared."""
    comparison = {"better_than": "deployed", "comparison_metric": "rmse", "approval_status": "Approved"}
    return training(
        name,
        GROUP,
        algo_hyperparameters={"objective": "binary:logistic", "max_depth": 2, "num_round": rounds},
        register={"model_package_group_name": GROUP, **comparison, **register},
    )


def version(orchestrator: Orchestrator, name: str, group: str = GROUP) -> Body:
    """The version of a request's job, found by the job."""
    sagemaker = orchestrator.client("sagemaker")
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    listed = [one["ModelPackageArn"] for page in pages for one in page["ModelPackageSummaryList"]]
    described = (sagemaker.describe_model_package(ModelPackageName=arn) for arn in listed)
    (found,) = [one for one in described if one["CustomerMetadataProperties"]["job_arn"].endswith(f"/{name}-job")]
    return dict(found)


def error_of(orchestrator: Orchestrator, package: Body) -> float:
    """Root of the mean squared error of a version's model on the held-out rows, by XGBoost itself."""
    rows = demo_model.split()[1]
    predicted = model_of(orchestrator, package).predict(xgboost.DMatrix(rows[:, 1:]))
    return float(np.sqrt(np.mean((predicted - rows[:, 0]) ** 2)))


def left(orchestrator: Orchestrator, package: Body) -> list[str]:
    """Models that the comparison of a version has left."""
    job = package["CustomerMetadataProperties"]["job_arn"]
    own = f"mlops-gate-{hashlib.sha256(job.encode()).hexdigest()[:16]}"
    pages = orchestrator.client("sagemaker").get_paginator("list_models").paginate()
    return [one["ModelName"] for page in pages for one in page["Models"] if one["ModelName"].startswith(own)]


def test_a_version_must_be_better_than_the_one_that_is_deployed(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    first, same, better = (compared(name, rounds) for name, rounds in (("c1", WEAK), ("c2", WEAK), ("c3", STRONG)))
    orchestrator.provisioned(first)
    message = subscriber.next_about("The training job c1-job status is: Completed.", until)
    assert "approval status Approved" in message, "nothing to compare with"
    assert "deployed_version" not in version(orchestrator, "c1")["CustomerMetadataProperties"]

    orchestrator.provisioned(same)
    begun = subscriber.next_about("The training job c2-job status is: Completed.", until)
    assert f"The model is compared with {GROUP} version 1, which is deployed" in begun
    assert "State: Running" in begun
    concluded = subscriber.next_about("The training job c2-job status is: Completed.", until)
    rejected = version(orchestrator, "c2")
    assert rejected["ModelApprovalStatus"] == "Rejected"
    assert f"for {GROUP} version 1, which is deployed: that is not better at all." in rejected["ApprovalDescription"]
    assert rejected["ApprovalDescription"] in concluded
    told = how_it_is(orchestrator, same)
    assert (told["state"], told["registration"]["status"]) == ("Failed", "Rejected")

    orchestrator.provisioned(better)
    subscriber.next_about("The training job c3-job status is: Completed.", until)
    concluded = subscriber.next_about("The training job c3-job status is: Completed.", until)
    accepted = version(orchestrator, "c3")
    assert accepted["ModelApprovalStatus"] == "Approved"
    metadata = accepted["CustomerMetadataProperties"]
    expected = {
        "challenger_rmse": error_of(orchestrator, accepted),
        "deployed_rmse": error_of(orchestrator, version(orchestrator, "c1")),
    }
    assert {name: float(metadata[name]) for name in expected} == pytest.approx(expected, rel=1e-4)
    assert metadata["deployed_version"] == version(orchestrator, "c1")["ModelPackageArn"]
    assert f"deployed_rmse {metadata['deployed_rmse']}" in concluded
    until(lambda: not left(orchestrator, accepted))


def test_a_margin_may_be_asked_for(orchestrator: Orchestrator, subscriber: Subscriber, until: Until) -> None:
    """The bar is higher than anything that boosting gains."""
    into = {"model_package_group_name": ANOTHER}
    orchestrator.provisioned(compared("c4", WEAK, **into))
    subscriber.next_about("The training job c4-job status is: Completed.", until)
    orchestrator.provisioned(compared("c5", STRONG, margin=0.9, **into))
    subscriber.next_about("The training job c5-job status is: Completed.", until)
    concluded = subscriber.next_about("The training job c5-job status is: Completed.", until)
    assert "that is not better by 0.9 at least." in concluded
    assert version(orchestrator, "c5", ANOTHER)["ModelApprovalStatus"] == "Rejected"


@pytest.mark.parametrize(
    ("register", "changes", "key", "words"),
    [
        ({"comparison_metric": ""}, {}, "register.comparison_metric", "is required with better_than"),
        ({"better_than": ""}, {}, "register.comparison_metric", "needs better_than"),
        (
            {"comparison_instance_type": "ml.p5.48xlarge"},
            {},
            "register.comparison_instance_type",
            "must be of a family that SageMaker has for transform jobs",
        ),
        ({}, {"validation_data": ""}, "validation_data", "is required with better_than"),
        ({}, {"content_type": "text/libsvm"}, "content_type", "must be csv or text/csv with better_than"),
    ],
    ids=["no-metric", "a-metric-alone", "no-transform-instance", "no-rows", "no-csv"],
)
def test_a_comparison_that_cannot_be_is_refused(
    orchestrator: Orchestrator, register: Body, changes: Body, key: str, words: str
) -> None:
    answer = orchestrator.deployment.api.provision({**compared("c6", WEAK, **register), **changes})
    assert answer.status == 400
    problems = {error["key"]: error["problem"] for error in answer.body["errors"]}
    assert problems[key].startswith(words)
