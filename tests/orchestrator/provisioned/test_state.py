# SPDX-License-Identifier: Apache-2.0
"""The state of a pipeline from what was seen of it: one table, which all that tell of a pipeline have in common."""

from __future__ import annotations

import typing
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from orchestrator.answers import work as told
from orchestrator.provisioned import state
from orchestrator.provisioned.registrations import Registration
from orchestrator.provisioned.state import Deployment, Endpoint, Job, Monitor, Run, Seen, State, Work

DEPLOYED: Final = {"stack_status": "CREATE_COMPLETE", "execution": "Succeeded"}
ARN: Final = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/churn/4"
DUE: Final = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
COMPLETED: Final = Job("training job", "churn-job", "Completed")


def deployment(**changes: Any) -> Deployment:
    return Deployment(**{**DEPLOYED, **changes})


def monitor(status: str, message: str = "") -> Work:
    return Work(monitor=Monitor("churn-dataquality-0f1e", "Scheduled", last_run=Run(status, DUE, message)))


DEPLOYING: Final = {
    "its stack is created": (
        {"stack_status": "CREATE_IN_PROGRESS", "execution": ""},
        State("Deploying", "CloudFormation is working on the pipeline's stack."),
    ),
    "its stack is changed back": (
        {"stack_status": "UPDATE_ROLLBACK_IN_PROGRESS"},
        State("Deploying", "CloudFormation is working on the pipeline's stack."),
    ),
    "its stack could not be created": (
        {"stack_status": "ROLLBACK_COMPLETE", "stack_reason": "no quota", "execution": ""},
        State("Failed", "The pipeline's stack ended in ROLLBACK_COMPLETE: no quota"),
    ),
    "its stack could not be changed": (
        {"stack_status": "UPDATE_ROLLBACK_COMPLETE"},
        State("Failed", "The pipeline's stack ended in UPDATE_ROLLBACK_COMPLETE."),
    ),
    "it has not run": ({"execution": ""}, State("Deploying")),
    "it runs": ({"execution": "InProgress"}, State("Deploying")),
    "it waits": (
        {"execution": "InProgress", "waits_for": "staging"},
        State("Waiting for approval", "Somebody must decide whether staging is deployed."),
    ),
    "it failed": (
        {"execution": "Failed", "failure": "DeployPipeline, Deploy: failed: no capacity"},
        State("Failed", "DeployPipeline, Deploy: failed: no capacity"),
    ),
    "it was stopped": ({"execution": "Stopped"}, State("Failed", "Its newest execution ended as Stopped.")),
    "it is deleted": ({"deletion": ""}, State("Deploying", "It is being deleted.")),
    "it cannot be deleted": ({"deletion": "in use"}, State("Failed", "Its deletion failed: in use")),
}
WORKING: Final = {
    "nothing is known of its work": (Work(), State("Succeeded")),
    "its stack is gone": (Work(gone="It is gone."), State("Unhealthy", "It is gone.")),
    "it works elsewhere": (Work(is_elsewhere=True), State("Succeeded", state._ELSEWHERE)),
    "its job runs": (
        Work(Job("training job", "j", "InProgress")),
        State("Running", "The training job j is InProgress."),
    ),
    "its job failed": (
        Work(Job("training job", "j", "Failed", "no data")),
        State("Failed", "The training job j failed: no data"),
    ),
    "its job was stopped": (
        Work(Job("training job", "j", "Stopped")),
        State("Failed", "The training job j was stopped: by somebody, or by its time limit."),
    ),
    "its job is hidden": (
        Work(Job("training job", "j", None, "AWS did not say.")),
        State("Unhealthy", "The training job j cannot be looked at: AWS did not say."),
    ),
    "its job is done": (Work(COMPLETED), State("Succeeded")),
    "its model is being registered": (
        Work(COMPLETED, Registration(status="Pending")),
        State("Running", "The model is being registered."),
    ),
    "its model is registered": (
        Work(COMPLETED, Registration(status="Registered", model_package_arn=ARN)),
        State("Succeeded", f"The model is registered as {ARN}."),
    ),
    "its model is rejected": (
        Work(COMPLETED, Registration(status="Rejected", model_package_arn=ARN, reason="auc is 0.7.")),
        State("Failed", "The model was registered as Rejected: its gate did not hold. auc is 0.7."),
    ),
    "its model is not registered": (
        Work(COMPLETED, Registration(status="Failed", reason="AWS did not register the model.")),
        State("Failed", "The model was not registered. AWS did not register the model."),
    ),
    "its registration is not recorded": (
        Work(COMPLETED, Registration(status="Unknown", reason="It was told by message.")),
        State("Succeeded", "It was told by message."),
    ),
    "its endpoint serves": (Work(endpoint=Endpoint("e", "InService")), State("Succeeded")),
    "its endpoint is patched": (Work(endpoint=Endpoint("e", "SystemUpdating")), State("Succeeded")),
    "its endpoint changes": (
        Work(endpoint=Endpoint("e", "Updating")),
        State("Running", "The endpoint e is Updating."),
    ),
    "its endpoint failed": (
        Work(endpoint=Endpoint("e", "Failed", "no memory")),
        State("Unhealthy", "The endpoint e is Failed: no memory"),
    ),
    "its endpoint is hidden": (
        Work(endpoint=Endpoint("e", None, "AWS did not say.")),
        State("Unhealthy", "The endpoint e cannot be looked at: AWS did not say."),
    ),
    "its monitor has not run": (
        Work(monitor=Monitor("s", "Scheduled")),
        State("Succeeded", "The monitor has not run yet."),
    ),
    "its monitor found nothing": (monitor("Completed"), State("Succeeded")),
    "its monitor runs": (
        monitor("InProgress"),
        State("Running", "The monitor's run for 2026-11-30 10:00 UTC is InProgress."),
    ),
    "its monitor found violations": (
        monitor("CompletedWithViolations", "2 violations"),
        State("Unhealthy", "The monitor's run for 2026-11-30 10:00 UTC found violations of the baseline. 2 violations"),
    ),
    "its monitor's run failed": (
        monitor("Failed", "no data"),
        State("Unhealthy", "The monitor's run for 2026-11-30 10:00 UTC ended as Failed. no data"),
    ),
    "its schedule failed": (
        Work(monitor=Monitor("s", "Failed", "no role")),
        State("Unhealthy", "The monitoring schedule s is Failed: no role"),
    ),
    "its schedule is hidden": (
        Work(monitor=Monitor("s", None, "AWS did not say.")),
        State("Unhealthy", "The monitoring schedule s cannot be looked at: AWS did not say."),
    ),
    "the job of its baseline is hidden": (
        Work(Job("processing job", "b", None, "AWS did not say."), monitor=monitor("Completed").monitor),
        State("Succeeded"),
    ),
    "its baseline failed": (
        Work(Job("processing job", "b", "Failed", "no data"), monitor=Monitor("s", "Scheduled")),
        State("Failed", "The processing job b failed: no data"),
    ),
}


@pytest.mark.parametrize(("changes", "expected"), DEPLOYING.values(), ids=DEPLOYING)
def test_the_deployment_comes_first(changes: dict[str, Any], expected: State) -> None:
    failed = Work(Job("training job", "j", "Failed", "of an earlier deployment"))
    assert state.decide(Seen(deployment(**changes), failed)) == expected


@pytest.mark.parametrize(("work", "expected"), WORKING.values(), ids=WORKING)
def test_the_work_decides_once_it_is_deployed(work: Work, expected: State) -> None:
    assert state.decide(Seen(deployment(), work)) == expected


def test_every_state_that_is_documented_is_given() -> None:
    given = {expected.name for _, expected in (*DEPLOYING.values(), *WORKING.values())}
    assert given == set(typing.get_args(told.StateName))
