# SPDX-License-Identifier: Apache-2.0
"""The function of the Hugging Face example by itself: what a stack on the local AWS does not bring about."""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from scripts.pipeline_types import pipeline_folder
from tests.examples import worked
from tests.examples.hugging_face_stub import TOKEN, Stub

PLACE: Final = "harbour/berth-notes-0a1b2c3d"
URL: Final = "https://berth-notes-0a1b2c3d.us-east-1.aws.endpoints.huggingface.cloud"
PROPERTIES: Final = {
    "Namespace": "harbour",
    "Name": "berth-notes-0a1b2c3d",
    "Compute": {
        "accelerator": "cpu",
        "instanceType": "intel-icl",
        "instanceSize": "x2",
        "scaling": {"minReplica": "1", "maxReplica": "2"},
    },
    "Model": {"repository": "gpt2", "revision": "main", "framework": "pytorch", "task": "text-generation"},
    "Cloud": {"vendor": "aws", "region": "us-east-1"},
}


@dataclass
class Context:
    """Lambda's context; each question about the time left takes a while."""

    left: list[int] = field(default_factory=lambda: [900_000])

    def get_remaining_time_in_millis(self) -> int:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


Handle = Callable[..., dict[str, Any]]


@pytest.fixture
def secret() -> dict[str, str]:
    return {"SecretString": TOKEN}


@pytest.fixture
def handle(stub: Stub, secret: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Handle:
    """Send an event to the function as it stands in the blueprint, and give its answer to CloudFormation."""
    blueprint = pipeline_folder.decoded_template((worked.FOLDER / worked.HUGGING_FACE / "blueprint.yaml").read_bytes())
    for name, value in (("API_URL", stub.url), ("TOKEN_SECRET_ARN", "arn:secret"), ("POLL_SECONDS", "0")):
        monkeypatch.setenv(name, value)
    code = blueprint["Resources"]["Provider"]["Properties"]["Code"]["ZipFile"]
    module = types.ModuleType("index")
    exec(compile(code, "index.py", "exec"), module.__dict__)
    client = types.SimpleNamespace(get_secret_value=lambda **_: secret)
    monkeypatch.setattr(module.boto3, "client", lambda *_: client)
    answers, request = [], module.http.request

    def recording(method: str, url: str, **options: Any) -> Any:
        if url == "https://cloudformation.example/answer":
            answers.append(json.loads(options["body"]))
            return None
        return request(method, url, **options)

    monkeypatch.setattr(module.http, "request", recording)

    def send(kind: str, context: Context | None = None, physical_id: str = "", **changes: Any) -> dict[str, Any]:
        event = {
            "RequestType": kind,
            "StackId": "arn:stack",
            "RequestId": "1",
            "LogicalResourceId": "Endpoint",
            "ResponseURL": "https://cloudformation.example/answer",
            "ResourceProperties": {**PROPERTIES, **changes},
            **({"PhysicalResourceId": physical_id} if physical_id else {}),
        }
        module.handler(event, context or Context())
        return dict(answers.pop())

    return send


@pytest.fixture(autouse=True)
def _nothing_before(stub: Stub) -> None:
    stub.endpoints.clear()
    stub.calls.clear()


def test_an_event_that_comes_twice_finds_its_endpoint(handle: Handle, stub: Stub) -> None:
    first, second = handle("Create"), handle("Create")
    assert first == second
    assert (first["Status"], first["PhysicalResourceId"], first["Data"]["Url"]) == ("SUCCESS", PLACE, URL)
    assert len(stub.endpoints) == 1


def test_time_that_runs_out_is_told_and_what_was_begun_can_be_deleted(handle: Handle, stub: Stub) -> None:
    answer = handle("Create", Context([900_000, 30_000]))
    assert answer["Status"] == "FAILED"
    assert f"{PLACE} is still pending" in answer["Reason"]
    assert handle("Delete", physical_id=answer["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert stub.endpoints == {}


def test_what_is_gone_counts_as_deleted_and_is_made_again_by_a_change(handle: Handle, stub: Stub) -> None:
    assert handle("Delete", physical_id=PLACE)["Status"] == "SUCCESS"
    assert handle("Update", physical_id=PLACE)["Data"]["Url"] == URL
    assert [*stub.endpoints] == [PLACE]


def test_another_namespace_is_another_endpoint_and_the_old_one_goes(handle: Handle, stub: Stub) -> None:
    old = handle("Create")["PhysicalResourceId"]
    new = handle("Update", physical_id=old, Namespace="pilots")["PhysicalResourceId"]
    assert new == PLACE.replace("harbour", "pilots")
    handle("Delete", physical_id=old)
    assert [*stub.endpoints] == [new]


def test_what_was_refused_is_not_deleted(handle: Handle, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stub, "refuses", "the quota is used up")
    refused = handle("Create")
    assert "gave 400" in refused["Reason"]
    assert handle("Delete", physical_id=refused["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert [method for method, _ in stub.calls] == ["POST"]


@pytest.mark.parametrize("text", [f"{TOKEN}\nX-More: 1", f'{{"token": "{TOKEN}"}}', ""])
def test_a_secret_that_is_no_token_is_not_shown(
    handle: Handle, stub: Stub, secret: dict[str, str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secret["SecretString"] = text
    answer = handle("Create")
    assert "must be the token itself" in answer["Reason"]
    assert TOKEN not in json.dumps(answer) + capsys.readouterr().out
    assert stub.calls == []


def test_an_api_that_does_not_answer_leaves_nothing_unseen(
    handle: Handle, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the endpoint was made is not known, so the roll-back deletes it."""
    monkeypatch.setattr(stub, "_post", lambda *_: (500, {"error": "later"}))
    assert handle("Create")["PhysicalResourceId"] == PLACE
