# SPDX-License-Identifier: Apache-2.0
"""Pipelines as their operator finds them, looks at them and deletes them: real templates, the packaged bundle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end import account_content
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import ARTIFACT_KEY, Orchestrator

Until = Callable[[Callable[[], Any]], Any]


def _names(model_name: str) -> tuple[str, str]:
    """The stack that is deployed, and the pipeline's."""
    deployed = f"mlops-pipeline-{model_name}-byompipelinerealtimebuiltin"
    return deployed, f"{deployed}-codepipeline"


def _resources(orchestrator: Orchestrator) -> set[str]:
    """What can be left behind."""
    return account_content.names(orchestrator.deployment.aws)


def _left(orchestrator: Orchestrator, before: set[str], own: tuple[str, str]) -> set[str]:
    """What is there beside what was there before, and what pipelines of other tests have made meanwhile."""
    found = _resources(orchestrator) - before
    others = orchestrator.stacks() - set(own) if found else set()
    theirs = others.union(*(_made_by(orchestrator, stack) for stack in others))
    return {name for name in found if name.partition(" ")[2] not in theirs}


def _made_by(orchestrator: Orchestrator, stack: str) -> set[str]:
    """Names of a stack's resources; none if it is gone by now."""
    try:
        made = orchestrator.resources(stack)
    except ClientError:
        return set()
    return {one.get("PhysicalResourceId", "").rpartition("/")[2] for one in made}


def _objects(orchestrator: Orchestrator, bucket: str) -> set[str]:
    """The keys of all versions."""
    pages = orchestrator.client("s3").get_paginator("list_object_versions")
    listed = pages.paginate(Bucket=orchestrator.deployment.outputs[bucket])
    return {entry["Key"] for page in listed for kind in ("Versions", "DeleteMarkers") for entry in page.get(kind, ())}


def test_a_deleted_pipeline_leaves_nothing_but_data(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """Lessons 36 and 57."""
    api, (deployed, stack) = orchestrator.deployment.api, _names("leaving")
    before, data = _resources(orchestrator), _objects(orchestrator, "AssetsBucketName")
    pipeline_id = orchestrator.provisioned(orchestrator.request("leaving"))
    assert ARTIFACT_KEY in data

    (listed,) = api.list(model_name="leaving").body["pipelines"]
    assert (listed["pipeline_id"], listed["pipeline_type"]) == (pipeline_id, "byom_realtime_builtin")
    assert [stage["status"] for stage in listed["stages"]] == ["Succeeded", "Succeeded"]
    assert (listed["last_execution"]["status"], listed["waiting"]) == ("Succeeded", [])
    assert (listed["state"], listed["state_reason"]) == ("Succeeded", "")
    for given in (pipeline_id, stack, "leaving"):
        details = api.details(given).body
        assert details["outputs"] == orchestrator.outputs(deployed)
        name = details["outputs"]["SageMakerEndpointName"]
        endpoint = details["endpoint"]
        assert (endpoint["name"], endpoint["status"], endpoint["reason"]) == (name, "InService", "")
        assert [(one["name"], one["share"]) for one in endpoint["variants"]] == [("AllTraffic", 1.0)]
        assert details["pipeline"]["stageStates"] == orchestrator.deployment.api.status(stack).body["stageStates"]

    answer = api.delete("leaving")
    assert (answer.status, answer.body["pipeline_id"]) == (202, pipeline_id)
    subscriber.next_about("and what it deployed are deleted", until, stack)

    until(lambda: not _left(orchestrator, before, (deployed, stack)))
    # Captures of other pipelines may have come since.
    assert _objects(orchestrator, "AssetsBucketName") >= data
    kept = _objects(orchestrator, "PipelinesBucketName")
    assert [key for key in kept if key.startswith(("deleting/", f"provisioned/{deployed}/"))] == []
    assert api.list(model_name="leaving").body == {"pipelines": []}
    assert [api.delete(given).status for given in (pipeline_id, stack, "leaving")] == [404] * 3

    orchestrator.provisioned(orchestrator.request("leaving"))


@pytest.mark.parametrize("moment", ["the pipeline's stack is made", "the execution deploys"])
def test_a_deletion_while_it_is_still_deployed(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until, moment: str
) -> None:
    api, name = orchestrator.deployment.api, f"hasty-{len(moment)}"
    deployed, stack = _names(name)
    before = _resources(orchestrator)
    pipeline_id = orchestrator.provision(orchestrator.request(name))["pipeline_id"]
    if moment == "the execution deploys":
        until(lambda: deployed in orchestrator.stacks())
    assert api.delete(pipeline_id).status == 202
    assert api.delete(pipeline_id).status in (202, 404), "asked again at once"
    subscriber.next_about(f"The pipeline {stack} (byom_realtime_builtin, {name}) and what it deployed", until)
    until(lambda: not _left(orchestrator, before, (deployed, stack)))


def test_what_cannot_be_deleted_is_told_and_goes_on_later(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    api, (deployed, stack) = orchestrator.deployment.api, _names("protected")
    cloudformation = orchestrator.client("cloudformation")
    pipeline_id = orchestrator.provisioned(orchestrator.request("protected"))
    cloudformation.update_termination_protection(StackName=deployed, EnableTerminationProtection=True)

    assert api.delete(pipeline_id).status == 202
    message = subscriber.next_about("could not be deleted", until, f"The pipeline {stack}")
    assert "TerminationProtection is enabled" in message
    until(lambda: "TerminationProtection" in api.details(pipeline_id).body["deletion"]["failure"])
    assert api.details("protected").body["stack"]["status"] == "CREATE_COMPLETE"

    cloudformation.update_termination_protection(StackName=deployed, EnableTerminationProtection=False)
    assert api.delete("protected").status == 202
    subscriber.next_about("and what it deployed are deleted", until, stack)
    assert {deployed, stack} & orchestrator.stacks() == set()


def test_what_was_deleted_by_hand_is_left_at_that(orchestrator: Orchestrator, until: Until) -> None:
    deployed, stack = _names("by-hand")
    orchestrator.provisioned(orchestrator.request("by-hand"))
    orchestrator.client("cloudformation").delete_stack(StackName=stack)
    until(lambda: stack not in orchestrator.stacks())
    other = orchestrator.provisioned(orchestrator.request("by-hand-2"))
    assert orchestrator.deployment.api.details(other).status == 200
    assert deployed in orchestrator.stacks()
    orchestrator.client("cloudformation").delete_stack(StackName=deployed)


def test_an_unsigned_look_is_refused(orchestrator: Orchestrator) -> None:
    for method, path in (("GET", "/pipelines"), ("GET", "/pipelines/x"), ("DELETE", "/pipelines/x")):
        with pytest.raises(HTTPError, match="403"):
            urlopen(Request(f"{orchestrator.deployment.api_url}{path}", method=method))
