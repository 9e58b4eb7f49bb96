# SPDX-License-Identifier: Apache-2.0
"""What happens to the pipelines that follow a group when a version of it is approved or rejected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator import api
from orchestrator.automation import pauses, requests
from orchestrator.aws import calls
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.errors import ConflictError, Problem, RefusedRequestError, ServiceBusyError
from orchestrator.events.approved_versions.changes import Automatic
from orchestrator.plan import layout
from orchestrator.provisioned import pipeline_stacks, removal_records
from orchestrator.provisioned.removal_records import Removal
from tests.orchestrator.conftest import Context, Sent
from tests.orchestrator.events.approved_versions.conftest import (
    GROUP,
    OTHERS,
    Pipelines,
    Registry,
    deliver,
    store_request,
    version,
)
from tests.orchestrator.pipelines_there import deployed_name

Inbox = Callable[[], list[dict[str, Any]]]


def test_a_newer_version_is_deployed_when_it_is_approved(
    registry: Registry, pipelines: Pipelines, inbox: Inbox
) -> None:
    registry.make("Approved", "PendingManualApproval")
    pipelines.make()
    event = registry.set(2, "Approved")
    assert deliver(event) == {"followers": 1, "changed": 1}
    (asked,) = pipelines.provisioned
    assert asked["model_package_name"] == version(2)
    (message,) = inbox()
    assert message["Subject"] == "MLOps deploying version 2: churn"
    assert "churn/realtime is deploying version 2 of berths instead of version 1." in message["Message"]
    assert "Why: version 2 of berths is Approved: better than the one before." in message["Message"]
    (step,) = pipelines.steps()
    assert (step.step, step.outcome) == ("deploy", "started")
    assert "version 2 of berths is Approved" in step.cause
    assert pipelines.keys(layout.pending(deployed_name("churn"))) == [], "nothing is left to do"


def test_the_person_is_told_whom_the_event_names(registry: Registry, pipelines: Pipelines, inbox: Inbox) -> None:
    registry.make("Approved", "Approved")
    pipelines.make()
    deliver(registry.event(2, "Approved", LastModifiedBy={"UserProfileName": "ada"}))
    assert "Why: version 2 of berths is Approved, by ada: better" in inbox()[0]["Message"]


def test_the_same_event_again_changes_and_tells_nothing(registry: Registry, pipelines: Pipelines, inbox: Inbox) -> None:
    registry.make("Approved", "Approved")
    pipelines.make()
    event = registry.set(2, "Approved")
    for invocation in ("first", "first", "second"):
        deliver(event, invocation)
    assert len(pipelines.provisioned) == len(inbox()) == len(pipelines.steps()) == 1


def test_an_older_version_that_is_approved_changes_nothing(registry: Registry, pipelines: Pipelines) -> None:
    registry.make("Rejected", "Approved", "Approved")
    pipelines.make(number=3)
    assert deliver(registry.set(1, "Approved")) == {"followers": 1, "changed": 0}
    assert pipelines.provisioned == []


def test_a_rejected_version_is_rolled_back_to_the_newest_approved(
    registry: Registry, pipelines: Pipelines, inbox: Inbox
) -> None:
    registry.make("Approved", "Approved", "Approved")
    pipelines.make(number=3)
    deliver(registry.set(3, "Rejected"))
    assert pipelines.version() == 2
    (message,) = inbox()
    assert message["Subject"] == "MLOps rolling back to version 2: churn"
    assert "Why: version 3 of berths is Rejected: better" in message["Message"]
    assert [step.step for step in pipelines.steps()] == ["roll_back"]


def test_what_is_approved_and_rejected_at_once_ends_right_in_any_order(
    registry: Registry, pipelines: Pipelines
) -> None:
    registry.make("Approved", "PendingManualApproval")
    pipelines.make()
    approved, rejected = registry.set(2, "Approved"), registry.set(2, "Rejected")
    deliver(rejected)
    deliver(approved, "second")
    assert pipelines.version() == 1
    assert pipelines.provisioned == []


def test_nothing_is_taken_down_when_no_version_is_left(registry: Registry, pipelines: Pipelines, inbox: Inbox) -> None:
    registry.make("Approved")
    pipelines.make()
    event = registry.set(1, "Rejected")
    deliver(event)
    deliver(event, "second")
    assert pipelines.provisioned == []
    (message,) = inbox()
    assert message["Subject"] == "MLOps no approved version left: churn"
    assert "has version 1 of berths, which is not approved any more" in message["Message"]
    assert [step.outcome for step in pipelines.steps()] == ["held"]


def test_it_is_not_told_again_when_something_happens_to_another_version(
    registry: Registry, pipelines: Pipelines, inbox: Inbox
) -> None:
    registry.make("Rejected", "Rejected")
    pipelines.make()
    deliver(registry.event(2, "Rejected"))
    assert inbox() == []


def test_a_group_that_nobody_follows_costs_one_list(registry: Registry, sent: list[Sent]) -> None:
    assert deliver(registry.event(2, "Approved")) == {"followers": 0, "changed": 0}
    assert [call.operation for call in sent] == ["s3.ListObjectsV2"]


def test_an_event_of_another_account_is_ignored(registry: Registry, sent: list[Sent]) -> None:
    event = {**registry.event(2, "Approved"), "account": "999999999999"}
    assert api.handler(event, Context()) == {"ignored": "the event comes from somewhere else"}  # type: ignore[arg-type]
    assert sent == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"deploy_on_approval": False}, id="it follows no more"),
        pytest.param({"model_package_name": f"{OTHERS}/1"}, id="it follows another group"),
    ],
)
def test_a_stale_entry_is_forgotten(registry: Registry, pipelines: Pipelines, changes: dict[str, Any]) -> None:
    registry.make("Approved", "Approved")
    pipelines.make(**changes)
    deliver(registry.event(2, "Approved"))
    assert pipelines.provisioned == []
    assert pipelines.keys(layout.FOLLOWERS) == []


def test_a_pipeline_that_is_not_there_any_more_is_forgotten(registry: Registry, pipelines: Pipelines) -> None:
    registry.make("Approved", "Approved")
    calls.client("cloudformation").delete_stack(StackName=f"{pipelines.make()}-codepipeline")
    deliver(registry.event(2, "Approved"))
    assert pipelines.provisioned == []
    assert pipelines.keys(layout.FOLLOWERS) == []


def test_a_pipeline_that_is_being_deleted_is_left_alone(registry: Registry, pipelines: Pipelines) -> None:
    registry.make("Approved", "Approved")
    name = pipelines.make()
    removal: Removal = removal_records.begin(pipeline_stacks.deployed_as(name, "churn"), "somebody")
    removal_records.store(pipelines.bucket, removal)
    deliver(registry.event(2, "Approved"))
    assert pipelines.provisioned == []


def test_what_another_change_is_in_the_way_of_is_tried_again_and_told_once(
    registry: Registry, pipelines: Pipelines, inbox: Inbox
) -> None:
    """The package may be stored by then, and the version be the requested one already."""
    registry.make("Approved", "Approved")
    name = pipelines.make()

    def half_done(body: dict[str, Any]) -> Exception:
        store_request(pipelines.bucket, name, body)
        return ConflictError("It is being changed.")

    pipelines.error = half_done
    event = registry.set(2, "Approved")
    for _ in range(2):
        with pytest.raises(ConflictError):
            deliver(event)
    assert inbox() == []
    pipelines.error = lambda _: None
    assert deliver(event) == {"followers": 1, "changed": 1}
    assert pipelines.version() == 2
    assert len(pipelines.provisioned) == len(inbox()) == 1


def test_a_refused_version_is_told_with_every_problem_and_not_tried_again(
    registry: Registry, pipelines: Pipelines, inbox: Inbox
) -> None:
    registry.make("Approved", "Approved")
    pipelines.make()
    problems = [Problem("model_package_name", "its artifact cannot be read"), Problem("", "its image is not there")]
    pipelines.error = lambda _: RefusedRequestError(problems)
    event = registry.set(2, "Approved")
    assert deliver(event) == {"followers": 1, "changed": 0}
    deliver(event, "second")
    (message,) = inbox()
    assert message["Subject"] == "MLOps deployment refused: churn"
    assert "- model_package_name: its artifact cannot be read\n- its image is not there" in message["Message"]
    assert [step.outcome for step in pipelines.steps()] == ["failed"]
    assert pipelines.version() == 1
    assert pipelines.keys(layout.pending(deployed_name("churn"))) == []


def test_one_that_fails_keeps_no_other_from_its_turn(registry: Registry, pipelines: Pipelines) -> None:
    registry.make("Approved", "Approved")
    for model in ("barges", "churn", "docks"):
        pipelines.make(model)
    busy = ServiceBusyError("look", "Throttling", "slower")
    pipelines.error = lambda body: busy if body["model_name"] == "barges" else None
    event = registry.set(2, "Approved")
    with pytest.raises(ServiceBusyError):
        deliver(event)
    assert [pipelines.version(model) for model in ("barges", "churn", "docks")] == [1, 2, 2]
    pipelines.error = lambda _: None
    deliver(event)
    assert [pipelines.version(model) for model in ("barges", "churn", "docks")] == [2, 2, 2]
    assert len(pipelines.provisioned) == 3


def test_whoever_has_seen_an_older_list_looks_again(registry: Registry, pipelines: Pipelines) -> None:
    """Two invocations: that of the older approval writes last, after the newer version was deployed."""
    registry.make("Approved", "Approved", "PendingManualApproval")
    name = pipelines.make()

    def overtaken() -> None:
        pipelines.meanwhile = lambda: None
        registry.set(3, "Approved")
        request = {**pipelines_request(pipelines), "model_package_name": version(3)}
        store_request(pipelines.bucket, name, request)

    pipelines.meanwhile = overtaken
    deliver(registry.event(2, "Approved"))
    assert pipelines.version() == 3


def pipelines_request(pipelines: Pipelines) -> dict[str, Any]:
    found = requests.stored(pipelines.bucket, deployed_name("churn"))
    assert found is not None
    return found


def test_two_hundred_followers_all_get_it(
    registry: Registry, pipelines: Pipelines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Automatic, "is_gone", lambda _: False)
    monkeypatch.setattr(Automatic, "tell", lambda *_: None)
    registry.make("Approved", "Approved")
    models = [f"m{number}" for number in range(200)]
    for model in models:
        pipelines.follow(model, 1)
    assert deliver(registry.set(2, "Approved")) == {"followers": 200, "changed": 200}
    assert {pipelines.version(model) for model in models} == {2}


def test_group_names_in_arns_have_lower_case(registry: Registry, pipelines: Pipelines) -> None:
    registry.make("Approved", "Approved")
    pipelines.make()
    deliver(registry.event(2, "Approved", ModelPackageGroupName=GROUP.title()))
    assert pipelines.version() == 2


def test_in_several_accounts_the_execution_that_waits_for_an_approval_is_stopped(
    registry: Registry, pipelines: Pipelines, monkeypatch: pytest.MonkeyPatch, inbox: Inbox
) -> None:
    used = replace(pipelines.settings, multi_account=object())  # type: ignore[arg-type]
    monkeypatch.setattr(api, "_settings", lambda: used)
    monkeypatch.setattr(codepipelines, "stop_waiting", lambda name: [f"e-1 of {name}"])
    registry.make("Approved", "Approved")
    pipelines.make()
    deliver(registry.set(2, "Approved"))
    assert "Stopped, because it still waited for an approval: execution e-1 of the-churn." in inbox()[0]["Message"]


def test_two_events_at_once_of_one_change_deploy_and_tell_once(
    registry: Registry, pipelines: Pipelines, inbox: Inbox
) -> None:
    """The event of the new version, delivered late, and that of its approval."""
    registry.make("Approved", "PendingManualApproval")
    pipelines.make()
    made, approved = registry.event(2, "PendingManualApproval"), registry.set(2, "Approved")

    def at_once() -> None:
        pipelines.meanwhile = lambda: None
        deliver(made, "second")

    pipelines.meanwhile = at_once
    deliver(approved)
    assert pipelines.version() == 2
    (message,) = inbox()
    assert "Why: version 2 of berths is Approved: better" in message["Message"]


def test_who_has_looked_before_another_was_done_changes_nothing(
    registry: Registry, pipelines: Pipelines, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.make("Approved", "Approved")
    pipelines.make()
    event = registry.set(2, "Approved")
    find = pauses.find

    def done_meanwhile(bucket: str, name: str) -> Any:
        monkeypatch.setattr(pauses, "find", find)
        deliver(registry.event(2, "Approved", LastModifiedTime="earlier"), "second")
        return find(bucket, name)

    monkeypatch.setattr(pauses, "find", done_meanwhile)
    deliver(event)
    assert len(pipelines.provisioned) == len(inbox()) == 1
    assert pipelines.keys(layout.pending(deployed_name("churn"))) == []


def test_an_event_that_only_gave_occasion_is_told_as_that(
    registry: Registry, pipelines: Pipelines, inbox: Inbox
) -> None:
    registry.make("Approved", "Approved", "Rejected")
    pipelines.make()
    deliver(registry.event(3, "Rejected"))
    words = "Why: version 2 is the newest that is approved, as was seen when version 3 of berths is Rejected: better"
    assert words in inbox()[0]["Message"]
