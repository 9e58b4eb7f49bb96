# SPDX-License-Identifier: Apache-2.0
"""`mlops check` where an orchestrator can be asked, and why it only validates elsewhere."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Final

import pytest

from mlops_orchestrator.aws.api_client import Answer, OrchestratorApi
from scripts.cli import looking_up
from tests.cli.conftest import Mlops
from tests.end_to_end.running import Running

_REQUEST: Final = {
    "pipeline_type": "byom_realtime_builtin",
    "model_name": "checked",
    "model_framework": "xgboost",
    "model_framework_version": "1.7-1",
    "model_artifact_location": "models/checked/model.tar.gz",
    "inference_instance": "ml.m5.large",
    "data_capture_location": "checked-captures/checked",
}
_NAMED: Final = ["model_artifact_location", "data_capture_location"]
_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_REGION": "eu-west-1"}


@pytest.fixture
def request_file(tmp_path: Path) -> str:
    """A request whose model and bucket are nowhere."""
    file = tmp_path / "checked.json"
    file.write_text(json.dumps(_REQUEST))
    return str(file)


def _answering(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> list[Any]:
    """Have the API of an orchestrator on AWS answer so; returns the requests that it gets."""
    sent: list[Any] = []
    for name, value in {**_CREDENTIALS, "MLOPS_API_URL": "https://api.example.com/prod"}.items():
        monkeypatch.setenv(name, value)

    def provision(_: OrchestratorApi, body: Any) -> Answer:
        sent.append(body)
        return answer

    monkeypatch.setattr(OrchestratorApi, "provision", provision)
    return sent


def test_what_is_not_there_is_named_until_it_is(local: Running, mlops: Mlops, request_file: str) -> None:
    refused = mlops("check", request_file, "--json")
    assert refused.status == 2
    error = refused.documents[0]["error"]
    assert [problem["key"] for problem in error["errors"]] == _NAMED
    told = mlops("check", request_file)
    assert told.status == 2
    assert all(key in told.err for key in _NAMED)
    assert mlops("check", request_file, "--offline").status == 0

    s3, region = local.client("s3"), local.ready["region"]
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket="checked-captures", **where)
    s3.put_object(Bucket=local.ready["outputs"]["AssetsBucketName"], Key="models/checked/model.tar.gz", Body=b"any")

    (answer,) = mlops("check", request_file, "--json").documents
    assert (answer["looked_up"], answer["not_looked_up"]) == (True, [])
    assert "in the orchestrator's account was looked up by a dry run" in mlops("check", request_file).out
    assert "checked" not in [one["model_name"] for one in mlops("list", "--json").documents[0]["pipelines"]]


def test_mistake_of_form_is_not_sent(mlops: Mlops, request_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = _answering(monkeypatch, Answer(200, {"message": "Dry run", "plan": {}}))
    Path(request_file).write_text(json.dumps({**_REQUEST, "inference_instance": "large"}))

    assert mlops("check", request_file).status == 2
    assert sent == []


def test_only_a_dry_run_is_sent_and_its_warnings_are_told(
    mlops: Mlops, request_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"message": "Dry run", "plan": {}, "warnings": ["kms_key_arn: could not be looked up"]}
    sent = _answering(monkeypatch, Answer(200, body))
    Path(request_file).write_text(json.dumps({**_REQUEST, "dry_run": False}))
    ended = mlops("check", request_file)

    assert ended.status == 0
    assert "warning: kms_key_arn: could not be looked up" in ended.out
    assert [request["dry_run"] for request in sent] == [True]


@pytest.mark.parametrize(
    ("status", "warned"),
    [(403, False), (409, True), (500, True), (503, True)],
    ids=["denied", "conflict", "failed", "busy"],
)
def test_orchestrator_that_does_not_answer_is_no_mistake_of_the_request(
    status: int, warned: bool, mlops: Mlops, request_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "as the API says it"
    _answering(monkeypatch, Answer(status, {"message": f"{reason}."}))
    ended = mlops("check", request_file, "--json")

    assert ended.status == 0
    (told,) = ended.documents
    assert (told["looked_up"], told["not_looked_up"]) == (False, _NAMED)
    assert told["not_looked_up_because"] == reason
    assert [reason in warning for warning in told["warnings"]] == [True] * warned


@pytest.mark.parametrize("options", [("--offline",), ("--option", "single-account"), ("--no-model-registry",)])
def test_some_options_ask_nobody(
    options: tuple[str, ...], mlops: Mlops, request_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = _answering(monkeypatch, Answer(200, {"message": "Dry run", "plan": {}}))
    (told,) = mlops("check", request_file, "--json", *options).documents

    assert (told["looked_up"], sent) == (False, [])
    assert options[0] in told["not_looked_up_because"]


def test_without_credentials_nobody_waits(mlops: Mlops, request_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than on an instance nothing answers at the address of its metadata: it is not asked."""
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    monkeypatch.setattr(looking_up, "_MAKERS", ())
    with socket.create_server(("127.0.0.1", 0)) as metadata:
        metadata.setblocking(False)
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{metadata.getsockname()[1]}")
        ended = mlops("check", request_file, "--json", "--region", "eu-west-1")
        with pytest.raises(BlockingIOError):
            metadata.accept()

    assert ended.status == 0
    assert "there are no AWS credentials" in ended.documents[0]["not_looked_up_because"]


def test_on_an_instance_its_metadata_is_asked(
    mlops: Mlops, request_file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sys_vendor").write_text("Amazon EC2\n")
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    monkeypatch.setattr(looking_up, "_MAKERS", (tmp_path / "sys_vendor",))
    with socket.create_server(("127.0.0.1", 0)) as metadata:
        metadata.setblocking(False)
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{metadata.getsockname()[1]}")
        mlops("check", request_file, "--json", "--region", "eu-west-1")
        metadata.accept()[0].close()


def test_without_a_region_nobody_is_asked(mlops: Mlops, request_file: str) -> None:
    (told,) = mlops("check", request_file, "--json").documents
    assert "there is no AWS Region" in told["not_looked_up_because"]


def test_profile_that_is_not_there_is_a_reason(mlops: Mlops, request_file: str) -> None:
    ended = mlops("check", request_file, "--json", "--region", "eu-west-1", "--profile", "theirs")

    assert ended.status == 0
    assert "theirs" in ended.documents[0]["not_looked_up_because"]


def test_local_aws_that_has_ended_is_not_followed_by_aws(
    mlops: Mlops, request_file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    state = {"endpoint_url": "http://127.0.0.1:9", "region": "us-east-1", "stack_name": "mlops-orchestrator"}
    (tmp_path / ".local-aws").mkdir(mode=0o700)
    (tmp_path / ".local-aws" / "ready.json").write_text(json.dumps(state))
    ended = mlops("check", request_file, "--json")

    assert ended.status == 0
    assert ended.documents[0]["not_looked_up_because"] == "the local AWS of this folder has ended"


def test_no_orchestrator_is_a_reason(local: Running, mlops: Mlops, request_file: str) -> None:
    ended = mlops("check", request_file, "--json", "--stack-name", "theirs")

    assert ended.status == 0
    assert "no orchestrator is deployed as the stack theirs" in ended.documents[0]["not_looked_up_because"]
