# SPDX-License-Identifier: Apache-2.0
"""A pipeline type that an operator adds to a deployed orchestrator, from the folder to the deletion of its pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.pipeline_types import publishing
from tests.end_to_end import adding
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mlops/work-AbCdEf"


def _get(orchestrator: Orchestrator, path: str) -> Any:
    api = orchestrator.deployment.api
    status, content = api.client.send("GET", f"{api.url}{path}")
    assert status == 200, content
    return json.loads(content)


def test_a_type_from_the_folder_to_the_end_of_its_pipeline(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until, tmp_path: Path
) -> None:
    """Its blueprint is longer than a request of CloudFormation."""
    api = orchestrator.deployment.api
    request = {"pipeline_type": "work_log", "team": "pilots", "token": SECRET}
    assert api.provision(request).status == 400
    version = adding.add(orchestrator, tmp_path / "work-log", length=900_000).version

    listed = _get(orchestrator, "/pipeline-types?limit=50")["pipeline_types"]
    assert ("work_log", version) in [(one["pipeline_type"], one["version"]) for one in listed]
    shown = _get(orchestrator, "/pipeline-types/work_log")
    assert shown["request_schema"]["required"] == ["pipeline_type", "team"]

    refused = api.provision({**request, "team": "Pilots", "keep_days": 2, "token": "hunter2"})
    assert refused.status == 400
    assert {error["key"] for error in refused.body["errors"]} == {"team", "keep_days", "token"}
    plan = api.provision({**request, "dry_run": True}).body["plan"]
    assert plan["parameters"]["template_params.json"]["Token"] == "********"

    pipeline_id = orchestrator.provisioned(request)
    deployed = "mlops-pipeline-pilots-work-log"
    assert orchestrator.outputs(deployed) == {"LogGroup": "mlops-pipeline-pilots-single"}
    assert "pilots can write its log." in subscriber.next_about("finished executing", until, deployed)
    assert orchestrator.provision(request)["message"].endswith("No updates are to be performed.")

    (found,) = api.list(pipeline_type="work_log").body["pipelines"]
    assert (found["pipeline_id"], found["model_name"]) == (pipeline_id, "pilots")
    assert publishing.withdraw("work_log", orchestrator.client("s3"), adding.bucket(orchestrator))
    refused = api.provision({**request, "team": "crews"})
    assert "was withdrawn" in refused.body["errors"][0]["problem"]

    assert api.details("pilots").body["outputs"] == orchestrator.outputs(deployed)
    assert api.delete("pilots").status == 202
    subscriber.next_about("and what it deployed are deleted", until, deployed)
    assert not {deployed, f"{deployed}-codepipeline"} & orchestrator.stacks()
    kept = orchestrator.client("s3").list_objects_v2(Bucket=adding.bucket(orchestrator))["Contents"]
    assert [entry["Key"] for entry in kept if entry["Key"].startswith(f"provisioned/{deployed}/")] == []
    assert [entry["Key"] for entry in kept if version in entry["Key"]], "the type's files stay"
