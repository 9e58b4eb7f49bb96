# SPDX-License-Identifier: Apache-2.0
"""`mlops local` as a process of its own, and the other commands against it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import demo_model
from tests.cli.conftest import Mlops, RunningLocal, running_local


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLocal]:
    with running_local(tmp_path_factory.mktemp("local")) as running:
        yield running


@pytest.fixture
def request_body(local: RunningLocal) -> dict[str, str]:
    key, bucket = "models/model.tar.gz", local.ready["outputs"]["AssetsBucketName"]
    local.client("s3").put_object(Bucket=bucket, Key=key, Body=demo_model.package(demo_model.train()))
    return {
        "pipeline_type": "byom_realtime_builtin",
        "model_name": "by-hand",
        "model_framework": "xgboost",
        "model_framework_version": "1.7-1",
        "model_artifact_location": key,
        "inference_instance": "ml.m5.large",
        "data_capture_location": f"{bucket}/captured",
    }


@pytest.fixture(autouse=True)
def _in_its_folder(local: RunningLocal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(local.folder)


def _pipelines(local: RunningLocal) -> list[str]:
    stacks = local.client("cloudformation").describe_stacks()["Stacks"]
    return [stack["StackName"] for stack in stacks if stack["StackName"].startswith("mlops-pipeline-")]


def test_ready_file_tells_what_others_rely_on(local: RunningLocal) -> None:
    ready = local.ready

    assert set(ready) == {"endpoint_url", "region", "api_url", "stack_name", "outputs", "accounts"}
    assert ready["api_url"].startswith(f"{ready['endpoint_url']}/_apis/")
    assert ready["api_url"].endswith("/prod")
    assert ready["accounts"] == {"orchestrator": local.client("sts").get_caller_identity()["Account"]}
    (stack,) = local.client("cloudformation").describe_stacks(StackName=ready["stack_name"])["Stacks"]
    assert {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]} == ready["outputs"]


def test_deploying_the_same_changes_nothing(local: RunningLocal, mlops: Mlops) -> None:
    ended = mlops("deploy", "--local", "--yes", "--json")

    assert ended.status == 0
    assert ended.documents[-1]["changed"] is False
    assert ended.documents[-1]["outputs"] == local.ready["outputs"]


def test_changed_launch_parameter_updates_the_stack(local: RunningLocal, mlops: Mlops) -> None:
    ended = mlops("deploy", "--local", "--yes", "--json", "--param", "AllowDetailedErrorMessage=No")

    assert ended.status == 0
    assert ended.documents[-1]["status"] == "UPDATE_COMPLETE"
    changed = [(event["resource"], event["status"]) for event in ended.documents[:-1]]
    assert ("Orchestrator", "UPDATE_COMPLETE") in changed


def test_unknown_launch_parameter_names_the_nearest(mlops: Mlops) -> None:
    ended = mlops("deploy", "--local", "--yes", "--param", "UseModelRegistri=Yes")

    assert ended.status == 2
    assert "did you mean UseModelRegistry?" in ended.err


def test_first_launch_needs_an_address(mlops: Mlops) -> None:
    ended = mlops("deploy", "--local", "--yes", "--stack-name", "another")

    assert ended.status == 2
    assert "needs --email ADDRESS: " in ended.err


def test_publishing_needs_a_bucket_that_exists(mlops: Mlops) -> None:
    ended = mlops("publish", "--local", "--bucket", "no-such-bucket-anywhere")

    assert ended.status == 1
    assert "there is no bucket no-such-bucket-anywhere" in ended.err


def test_refused_request_shows_every_problem_and_makes_nothing(
    local: RunningLocal, mlops: Mlops, tmp_path: Path
) -> None:
    (tmp_path / "wrong.json").write_text('{"pipeline_type": "byom_realtime_builtin", "model_nam": "x"}')
    before = _pipelines(local)
    ended = mlops("provision", str(tmp_path / "wrong.json"), "--local", "--json")

    assert ended.status == 2
    assert {"model_nam", "model_name", "inference_instance"} <= {one["key"] for one in ended.documents[0]["errors"]}
    assert _pipelines(local) == before


def test_dry_run_answers_the_plan_and_makes_nothing(
    local: RunningLocal, mlops: Mlops, request_body: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "request.json").write_text(json.dumps({**request_body, "model_name": "dry"}))
    ended = mlops("provision", str(tmp_path / "request.json"), "--local", "--json", "--dry-run")

    assert ended.status == 0
    assert ended.documents[0]["plan"]["stack_name"] == "mlops-pipeline-dry-byompipelinerealtimebuiltin"
    assert not any("-dry-" in name for name in _pipelines(local))


def test_unknown_pipeline_is_wrong_use(mlops: Mlops) -> None:
    ended = mlops("status", "nothing-like-it", "--local")

    assert ended.status == 2
    assert "there is no pipeline of a model nothing-like-it" in ended.err


def test_pipeline_from_request_to_refused_destruction(
    local: RunningLocal, mlops: Mlops, request_body: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "request.json").write_text(json.dumps(request_body))
    provisioned = mlops("provision", str(tmp_path / "request.json"), "--local", "--watch", "--json")
    again = mlops("provision", str(tmp_path / "request.json"), "--local", "--watch")
    told = mlops("status", "by-hand", "--local")
    refused = mlops("destroy", "--local", "--yes")

    assert provisioned.status == 0, provisioned.out + provisioned.err
    assert provisioned.documents[0]["pipeline_id"] in again.out
    assert provisioned.documents[-1] == {
        "stage": "DeployPipeline",
        "action": "deploy_stack",
        "status": "Succeeded",
        "detail": provisioned.documents[-1]["detail"],
    }
    assert "No updates are to be performed" in again.out
    assert again.status == 0
    assert f"{local.ready['endpoint_url']}/_apis/" in told.out
    assert refused.status == 1
    assert all(name in refused.err for name in _pipelines(local))


def test_pipeline_is_listed_looked_at_and_deleted(
    local: RunningLocal, mlops: Mlops, request_body: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "request.json").write_text(json.dumps({**request_body, "model_name": "to-go"}))
    provisioned = mlops("provision", str(tmp_path / "request.json"), "--local", "--watch")
    listed = mlops("list", "--local", "--model", "to-go")
    told = mlops("status", "to-go", "--local", "--json")
    deleted = mlops("delete", "to-go", "--local", "--yes", "--watch", "--json")
    again = mlops("delete", "to-go", "--local", "--yes")

    assert provisioned.status == 0, provisioned.out + provisioned.err
    assert "DeployPipeline: Succeeded" in listed.out
    assert told.documents[0]["outputs"]["InferenceApiUrl"].endswith("/prod/inference")
    assert told.documents[0]["job"] is None
    assert deleted.status == 0, deleted.out + deleted.err
    assert deleted.documents[-1]["status"] == "DELETED"
    assert not any("-to-go-" in name for name in _pipelines(local))
    assert again.status == 2


def test_destroying_what_is_not_there_is_done(mlops: Mlops) -> None:
    ended = mlops("destroy", "--local", "--yes", "--stack-name", "another", "--json")

    assert ended.status == 0
    assert ended.documents == [{"stack": "another", "status": "DELETE_COMPLETE", "kept": []}]
