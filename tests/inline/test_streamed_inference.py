# SPDX-License-Identifier: Apache-2.0
"""The function behind a streaming API: which answers are streams, and what becomes of errors before and within one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError, EventStreamError
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from tests.inline.loading import loaded
from tests.inline.test_inference import CONTEXT, ENDPOINT, FILE

CHAT: Final = {"resource": "/v1/{proxy+}"}
RAW: Final = {"resource": "/inference", "headers": {"Content-Type": "text/csv"}}
CUT: Final = EventStreamError(
    {"Error": {"Code": "ModelStreamError", "Message": "the model of 111122223333 is gone"}},
    "InvokeEndpointWithResponseStream",
)
LATE: Final = "Your model primary did not complete sending the inference response in the allotted time."


class Stream:
    """The answer of SageMaker: parts, and errors in their places."""

    def __init__(self, *parts: bytes | Exception) -> None:
        self.parts = parts
        self.is_closed = False

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            yield {"PayloadPart": {"Bytes": part}}

    def close(self) -> None:
        self.is_closed = True


class SageMaker:
    """A client whose answers are made here: the SDK's stubs have no streams of events."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.stream = Stream()
        self.refusal: ClientError | None = None

    def invoke_endpoint_with_response_stream(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        if self.refusal:
            raise self.refusal
        return {"Body": self.stream, "ContentType": "text/event-stream", "InvokedProductionVariant": "AllTraffic"}

    def invoke_endpoint(self, **asked: Any) -> dict[str, Any]:
        raise AssertionError("asked for a whole answer")


@pytest.fixture(params=["asked", "always"])
def function(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    with loaded(FILE, SAGEMAKER_ENDPOINT_NAME=ENDPOINT, STREAMS=request.param, MODE="raw") as module:
        yield module


@pytest.fixture
def sagemaker(function: ModuleType, monkeypatch: pytest.MonkeyPatch) -> SageMaker:
    made = SageMaker()
    monkeypatch.setattr(function, "_client", made)
    return made


def chat(function: ModuleType, body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = function.handler({"body": json.dumps(body), **CHAT}, CONTEXT)
    return answer


def test_a_chat_that_asks_for_a_stream_gets_one(function: ModuleType, sagemaker: SageMaker) -> None:
    sagemaker.stream = Stream(b"data: 1\n\n", b"data: [DONE]\n\n")
    answer = chat(function, {"stream": True})
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "text/event-stream")
    assert answer["headers"]["X-Amzn-Invoked-Production-Variant"] == "AllTraffic"
    assert list(answer["body"]) == [b"data: 1\n\n", b"data: [DONE]\n\n"]
    assert sagemaker.asked == {
        "EndpointName": ENDPOINT, "Body": b'{"stream": true}', "ContentType": "application/json",
    }  # fmt: skip
    assert sagemaker.stream.is_closed


@pytest.mark.parametrize("body", [{"stream": False}, {}, [], "no object"], ids=["false", "nothing", "list", "text"])
def test_a_chat_that_does_not_gets_the_whole(function: ModuleType, sagemaker: SageMaker, body: Any) -> None:
    with pytest.raises(AssertionError, match="whole"):
        chat(function, body)


@pytest.mark.parametrize(
    ("streams", "accept", "is_stream"),
    [
        ("", "text/event-stream", False),
        ("asked", "text/event-stream", True),
        ("asked", "application/json", False),
        ("always", "application/json", True),
    ],
)
def test_other_routes_stream_as_the_pipeline_says(
    monkeypatch: pytest.MonkeyPatch, streams: str, accept: str, is_stream: bool
) -> None:
    with loaded(FILE, SAGEMAKER_ENDPOINT_NAME=ENDPOINT, STREAMS=streams, MODE="raw") as function:
        made = SageMaker()
        made.stream = Stream(b"one")
        monkeypatch.setattr(function, "_client", made)
        event = {**RAW, "headers": {**RAW["headers"], "Accept": accept}, "body": "1,2"}  # type: ignore[dict-item]
        if not is_stream:
            with pytest.raises(AssertionError, match="whole"):
                function.handler(event, CONTEXT)
            return
        assert list(function.handler(event, CONTEXT)["body"]) == [b"one"]
        assert made.asked["Accept"] == accept


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CUT, 502),
        (EventStreamError({"Error": {"Code": "ModelStreamError", "Message": LATE}}, "Invoke"), 504),
        (ReadTimeoutError(None, "", "Read timed out."), 504),  # type: ignore[arg-type]
        (ProtocolError("Connection broken"), 503),
    ],
    ids=["cut", "late", "silent", "broken"],
)
def test_what_fails_before_the_first_part_has_a_status(
    function: ModuleType, sagemaker: SageMaker, error: Exception, status: int
) -> None:
    sagemaker.stream = Stream(error)
    answer = chat(function, {"stream": True})
    assert answer["statusCode"] == status
    assert json.loads(answer["body"])["request_id"] == "5c0f"
    assert "111122223333" not in answer["body"]
    assert sagemaker.stream.is_closed


def test_a_refusal_of_the_model_has_its_status(function: ModuleType, sagemaker: SageMaker) -> None:
    error: Any = {
        "Error": {"Code": "ModelError", "Message": ""}, "OriginalStatusCode": 422, "OriginalMessage": "too long",
    }  # fmt: skip
    sagemaker.refusal = ClientError(error, "InvokeEndpointWithResponseStream")
    answer = chat(function, {"stream": True})
    assert (answer["statusCode"], json.loads(answer["body"])["detailedMessage"]) == (400, "too long")


def test_a_chat_that_ends_early_says_so_in_an_event(
    function: ModuleType, sagemaker: SageMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    sagemaker.stream = Stream(b"data: 1\n\nda", CUT)
    first, last = chat(function, {"stream": True})["body"]
    assert first == b"data: 1\n\nda"
    event = last.decode().removeprefix("\n\ndata: ")
    assert json.loads(event)["error"] == {
        "message": "The model's answer ended early.", "type": "server_error", "request_id": "5c0f",
    }  # fmt: skip
    assert event.endswith("\n\n")
    assert "111122223333" in json.loads(capsys.readouterr().out)["detail"]


def test_another_stream_that_ends_early_is_cut(function: ModuleType, sagemaker: SageMaker) -> None:
    sagemaker.stream = Stream(b"one", CUT)
    headers = {**RAW["headers"], "Accept": "text/event-stream"}  # type: ignore[dict-item]
    body = function.handler({**RAW, "headers": headers, "body": "1,2"}, CONTEXT)["body"]
    assert next(body) == b"one"
    with pytest.raises(EventStreamError):
        next(body)


def test_a_model_without_a_word_is_an_empty_answer(function: ModuleType, sagemaker: SageMaker) -> None:
    assert b"".join(chat(function, {"stream": True})["body"]) == b""


def test_whoever_goes_away_ends_the_call(function: ModuleType, sagemaker: SageMaker) -> None:
    sagemaker.stream = Stream(b"one", b"two")
    body = chat(function, {"stream": True})["body"]
    next(body)
    body.close()
    assert sagemaker.stream.is_closed
