# SPDX-License-Identifier: Apache-2.0
"""What goes on by itself when an execution of a pipeline has ended: what was left to do, and baselines that follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator import api, service
from orchestrator.automation import followers, journal, pauses, requests
from orchestrator.automation.pauses import Pause
from orchestrator.aws import calls
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.codepipeline.codepipelines import Execution
from orchestrator.errors import ConflictError, ServiceBusyError, ServiceRefusedError
from orchestrator.events.approved_versions import pending
from orchestrator.events.approved_versions.causes import Cause
from orchestrator.events.approved_versions.pending import Pending
from orchestrator.plan import layout
from tests.orchestrator.conftest import Context, Sent, read_json
from tests.orchestrator.events.approved_versions.conftest import Pipelines, Registry, store_request, version
from tests.orchestrator.pipelines_there import deployed_name, make_stack

MONITOR = "mlops-pipeline-churn-dataqualitymonitor"
BASELINE = "retraining/churn/labelled.csv"
CAUSE = Cause(id="0", at=datetime(2026, 11, 22, tzinfo=UTC), words="version 2 of berths is Approved")


@dataclass
class Ends:
    """Ends of executions of churn's pipelines, or of its monitor's."""

    pipelines: Pipelines
    tags: dict[str, str]

    def __call__(self, state: str = "SUCCEEDED", execution: str = "e-1", of: str = "") -> Any:
        name = f"{of or deployed_name('churn')}-codepipeline"
        used = "baseline" if of else "deploy_on_approval"
        self.tags.clear()
        self.tags.update({"stack_name": name, "model_name": "churn", "mlops:automation": used})
        event = read_json("events/pipeline_ended.json")
        event["detail"] |= {"state": state, "execution-id": execution, "pipeline": f"the-{name}"}
        return api.handler(event, Context())  # type: ignore[arg-type]


@pytest.fixture
def ended(pipelines: Pipelines, monkeypatch: pytest.MonkeyPatch) -> Ends:
    tags: dict[str, str] = {}
    monkeypatch.setattr(codepipelines, "tags", lambda _: tags)
    newest = Execution("e-1", "Succeeded", "", None)
    monkeypatch.setattr(codepipelines, "newest_execution", lambda _: newest)
    return Ends(pipelines, tags)


@pytest.fixture
def monitored(registry: Registry, pipelines: Pipelines) -> Pipelines:
    """A pipeline whose endpoint serves version 1, which has data for a baseline, and a monitor that follows it."""
    registry.make("Approved")
    sagemaker = calls.client("sagemaker")
    sagemaker.update_model_package(
        ModelPackageArn=registry.arns[1], CustomerMetadataProperties={"baseline_data": BASELINE}
    )
    name = pipelines.make()
    make_stack(name, SageMakerEndpointName="churn-endpoint")
    make_stack(f"{MONITOR}-codepipeline", {"StackName": MONITOR}, PipelineName="the-monitor")
    watch(pipelines, baseline="follow", baseline_data="old.csv")
    return pipelines


def watch(pipelines: Pipelines, **changes: Any) -> None:
    request = {"pipeline_type": "byom_data_quality_monitor", "model_name": "churn", "endpoint_name": "churn-endpoint"}
    store_request(pipelines.bucket, MONITOR, {**request, **changes})
    followers.follow(pipelines.bucket, layout.follower_of_endpoint("churn-endpoint", MONITOR))


@pytest.fixture
def provisioned_monitor(pipelines: Pipelines, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Gives the baseline that the monitor was asked for last."""

    def provision(body: dict[str, Any], _: Any) -> dict[str, Any]:
        error = pipelines.error(body)
        if error is not None:
            raise error
        pipelines.provisioned.append(body)
        store_request(pipelines.bucket, MONITOR, body)
        return {"message": "done"}

    monkeypatch.setattr(service, "provision_pipeline", provision)

    def baseline() -> str:
        found = requests.stored(pipelines.bucket, MONITOR)
        return str((found or {})["baseline_data"])

    return baseline


def test_what_was_left_to_do_is_done(registry: Registry, pipelines: Pipelines, ended: Ends) -> None:
    """All attempts of the event were used up while the pipeline's stack was being changed."""
    registry.make("Approved", "Approved")
    name = pipelines.make(number=2)
    pending.begin(
        pipelines.bucket, name, Pending(step="deploy", changes={"model_package_name": version(2)}, cause=CAUSE)
    )
    ended("FAILED")
    assert [body["model_package_name"] for body in pipelines.provisioned] == [version(2)]
    assert pipelines.keys(layout.pending(name)) == []


def test_a_failed_deployment_is_not_tried_again_by_itself(
    registry: Registry, pipelines: Pipelines, ended: Ends
) -> None:
    registry.make("Approved", "Approved")
    pipelines.make(number=2)
    ended("FAILED")
    assert pipelines.provisioned == []


def test_pipelines_without_the_keys_cost_no_call(
    pipelines: Pipelines, ended: Ends, sent: list[Sent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codepipelines, "tags", lambda _: {"stack_name": "x", "model_name": "churn"})
    ended()
    keys = [call.parameters.get("Prefix", call.parameters.get("Key", "")) for call in sent]
    assert [key for key in keys if key.startswith(("automation", "followers"))] == []
    assert [call.operation for call in sent if call.operation.startswith("sagemaker")] == []


def test_a_monitor_takes_the_baseline_of_what_was_deployed(
    monitored: Pipelines, ended: Ends, provisioned_monitor: Callable[[], str], inbox: Any
) -> None:
    ended()
    assert provisioned_monitor() == BASELINE
    assert [step.step for step in journal.newest(monitored.bucket, MONITOR, 5)] == ["follow_baseline"]
    told = next(message for message in inbox() if message["Subject"] == "MLOps new baseline: churn")
    assert f"takes a new baseline: {BASELINE}." in told["Message"]
    assert "Why: version 1 of berths was deployed to the endpoint churn-endpoint." in told["Message"]


@pytest.mark.parametrize(
    ("state", "execution"), [pytest.param("FAILED", "e-1", id="failed"), pytest.param("SUCCEEDED", "e-0", id="older")]
)
def test_only_what_is_deployed_now_counts(
    monitored: Pipelines, ended: Ends, provisioned_monitor: Callable[[], str], state: str, execution: str
) -> None:
    ended(state, execution)
    assert provisioned_monitor() == "old.csv"


def test_a_version_without_data_leaves_the_baseline(
    registry: Registry, monitored: Pipelines, ended: Ends, provisioned_monitor: Callable[[], str], inbox: Any
) -> None:
    calls.client("sagemaker").update_model_package(
        ModelPackageArn=registry.arns[1], CustomerMetadataProperties={"learned_from": "something else"}
    )
    ended()
    assert provisioned_monitor() == "old.csv"
    (told,) = [message for message in inbox() if message["Subject"] == "MLOps baseline kept: churn"]
    assert "keeps its baseline: version 1 of berths has no baseline_data among its metadata." in told["Message"]


def test_the_same_baseline_is_no_change(
    monitored: Pipelines, ended: Ends, provisioned_monitor: Callable[[], str]
) -> None:
    watch(monitored, baseline="follow", baseline_data=BASELINE)
    ended()
    assert monitored.provisioned == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"baseline_data": "old.csv"}, id="it follows no more"),
        pytest.param(
            {"baseline_data": "old.csv", "baseline": "follow", "endpoint_name": "other"}, id="another endpoint"
        ),
    ],
)
def test_a_monitor_that_does_not_follow_is_forgotten(
    monitored: Pipelines, ended: Ends, provisioned_monitor: Callable[[], str], changes: dict[str, Any]
) -> None:
    watch(monitored, **changes)
    ended()
    assert provisioned_monitor() == "old.csv"
    assert monitored.keys(layout.FOLLOWERS_OF_ENDPOINTS) == []


def test_a_monitor_whose_pipeline_is_being_changed_takes_it_at_its_end(
    monitored: Pipelines, ended: Ends, provisioned_monitor: Callable[[], str]
) -> None:
    monitored.error = lambda _: ConflictError("It is being changed.")
    ended()
    assert provisioned_monitor() == "old.csv"
    monitored.error = lambda _: None
    ended(of=MONITOR)
    assert provisioned_monitor() == BASELINE


def test_a_paused_monitor_keeps_its_baseline(
    monitored: Pipelines, ended: Ends, provisioned_monitor: Callable[[], str], inbox: Any
) -> None:
    pauses.pause(monitored.bucket, MONITOR, Pause(at=datetime.now(UTC), by="ada", reason="audit"))
    ended()
    assert provisioned_monitor() == "old.csv"
    (told,) = [message for message in inbox() if message["Subject"] == "MLOps new baseline held: churn"]
    assert "ada has paused it (audit)" in told["Message"]


def test_when_aws_is_busy_the_end_is_told_later_and_once(
    monitored: Pipelines, ended: Ends, provisioned_monitor: Callable[[], str], inbox: Any
) -> None:
    monitored.error = lambda _: ServiceBusyError("look", "Throttling", "slower")
    with pytest.raises(ServiceBusyError):
        ended()
    assert inbox() == []
    monitored.error = lambda _: None
    ended()
    subjects = sorted(message["Subject"] for message in inbox())
    assert subjects == ["MLOps new baseline: churn", "MLOps pipeline SUCCEEDED: churn"]


def test_what_aws_denies_is_an_error_and_the_end_is_told(
    monitored: Pipelines, ended: Ends, provisioned_monitor: Callable[[], str], inbox: Any
) -> None:
    monitored.error = lambda _: ServiceRefusedError("look", "AccessDenied", "no")
    with pytest.raises(ServiceRefusedError):
        ended()
    assert [message["Subject"] for message in inbox()] == ["MLOps pipeline SUCCEEDED: churn"]
