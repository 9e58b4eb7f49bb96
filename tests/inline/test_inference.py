# SPDX-License-Identifier: Apache-2.0
"""The function behind a real-time pipeline's API, loaded from its file as Lambda loads it."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from tests.inline.loading import loaded, stubbed

FILE = Path(__file__).parents[2] / "lambda_src" / "inference" / "index.py"
ENDPOINT = "berth-occupancy-live"
CONTEXT = SimpleNamespace(aws_request_id="5c0f")

Answer = dict[str, Any]
Predict = Callable[..., Answer]


@pytest.fixture(scope="module")
def inference() -> Iterator[ModuleType]:
    with loaded(FILE, SAGEMAKER_ENDPOINT_NAME=ENDPOINT) as module:
        yield module


@pytest.fixture
def sagemaker(inference: ModuleType) -> Iterator[Stubber]:
    with stubbed(inference._client) as stub:
        yield stub


@pytest.fixture
def predict(inference: ModuleType, sagemaker: Stubber) -> Predict:
    """`predict(body)`: a body that is not text is sent as JSON."""

    def invoke(body: Any, **event: Any) -> Answer:
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        answer: Answer = inference.handler({"httpMethod": "POST", "body": text, **event}, CONTEXT)
        return answer

    return invoke


def expect(
    sagemaker: Stubber,
    sent: str | bytes,
    content_type: str,
    answer: bytes = b"0.7\n",
    answer_type: str = "",
    **more: str,
) -> None:
    body = StreamingBody(io.BytesIO(answer), len(answer))
    response = {"Body": body, **({"ContentType": answer_type} if answer_type else {})}
    content = sent.encode() if isinstance(sent, str) else sent
    expected = {"EndpointName": ENDPOINT, "Body": content, "ContentType": content_type, **more}
    sagemaker.add_response("invoke_endpoint", response, expected)


@pytest.mark.parametrize(
    ("payload", "sent"),
    [
        ("4,17.5,0\n5,2.25,1", "4,17.5,0\n5,2.25,1"),
        ("", ""),
        ({"instances": [[4, 17.5]]}, '{"instances": [[4, 17.5]]}'),
        ([1, 2], "[1, 2]"),
        (0, "0"),
        (False, "false"),
    ],
)
def test_text_is_sent_as_it_is_and_anything_else_as_json(
    predict: Predict, sagemaker: Stubber, payload: Any, sent: str
) -> None:
    """Compatibility 3.1."""
    expect(sagemaker, sent, "text/csv")
    assert predict({"payload": payload, "content_type": "text/csv"})["statusCode"] == 200


def test_the_model_s_answer_is_the_body_with_its_own_type(predict: Predict, sagemaker: Stubber) -> None:
    expect(sagemaker, "1", "text/csv", '{"p": "\u00e9"}'.encode(), "application/json")
    assert predict({"payload": "1", "content_type": "text/csv"}) == {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": '{"p": "\u00e9"}',
        "isBase64Encoded": False,
    }


def test_an_answer_without_a_type_is_text(predict: Predict, sagemaker: Stubber) -> None:
    expect(sagemaker, "1", "text/csv", b"0.25")
    answer = predict({"payload": "1", "content_type": "text/csv"})
    assert (answer["headers"], answer["body"]) == ({"Content-Type": "text/plain"}, "0.25")


def test_a_binary_answer_comes_in_base64(predict: Predict, sagemaker: Stubber) -> None:
    expect(sagemaker, "1", "text/csv", b"\x93NUMPY\xff", "application/x-npy")
    answer = predict({"payload": "1", "content_type": "text/csv"})
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]) == b"\x93NUMPY\xff"


def test_an_event_in_base64_is_decoded(predict: Predict, sagemaker: Stubber) -> None:
    expect(sagemaker, "1", "text/csv")
    body = base64.b64encode(b'{"payload": "1", "content_type": "text/csv"}').decode()
    assert predict(body, isBase64Encoded=True)["statusCode"] == 200


PAYLOAD, TYPE = {"payload": "1"}, {"content_type": "text/csv"}


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ({}, ["payload", "content_type"]),
        ({"payload": None, "content_type": None}, ["payload", "content_type"]),
        (TYPE, ["payload"]),
        ({**TYPE, "payload": None}, ["payload"]),
        (PAYLOAD, ["content_type"]),
        ({**PAYLOAD, "content_type": ""}, ["content_type"]),
        ({**PAYLOAD, "content_type": "  "}, ["content_type"]),
        ({**PAYLOAD, "content_type": 5}, ["content_type"]),
        ({**PAYLOAD, "content_type": "text/csv\nX-Other: 1"}, ["content_type"]),
        ({**PAYLOAD, "content_type": "t\u00e9xt/csv"}, ["content_type"]),
        ({**TYPE, "payload": "\ud800"}, ["payload"]),
        ({**TYPE, "payload": float("nan")}, [""]),
        (None, [""]),
        ("", [""]),
        ("{", [""]),
        ("[]", [""]),
        ("null", [""]),
        ('"text"', [""]),
        ("[" * 100_000, [""]),
    ],
)
def test_a_bad_request_is_a_400_that_names_every_problem(predict: Predict, body: Any, keys: list[str]) -> None:
    """The endpoint is not asked. In the earlier solution a missing key was a 500 (compatibility 3.1)."""
    answer = predict(body)
    assert answer["statusCode"] == 400
    assert answer["headers"] == {"Content-Type": "application/json"}
    errors = json.loads(answer["body"])["errors"]
    assert [error["key"] for error in errors] == keys
    assert all(error["problem"] for error in errors)


@pytest.mark.parametrize("content", ["%%%=", "abcde", base64.b64encode(b'{"payload": "\xff"}').decode()])
def test_bytes_that_are_no_json_are_a_400(predict: Predict, content: str) -> None:
    answer = predict(content, isBase64Encoded=True)
    assert answer["statusCode"] == 400
    assert "errors" in json.loads(answer["body"])


def refused_by_model(sagemaker: Stubber, status: int, message: str) -> None:
    sagemaker.add_client_error(
        "invoke_endpoint",
        "ModelError",
        "Received client error from primary. See https://console/account/111122223333 for more",
        http_status_code=424,
        modeled_fields={"OriginalStatusCode": status, "OriginalMessage": message, "LogStreamArn": "arn:of:log"},
    )


def test_the_model_s_refusal_is_the_caller_s_to_mend(predict: Predict, sagemaker: Stubber) -> None:
    refused_by_model(sagemaker, 415, "Content type text/x is not supported")
    answer = predict({"payload": "1", "content_type": "text/x"})
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"]) == {
        "message": "The model refused the payload.",
        "detailedMessage": "Content type text/x is not supported",
    }


@pytest.mark.parametrize(
    ("code", "status"), [("ThrottlingException", 503), ("ServiceUnavailable", 503), ("ModelNotReadyException", 503)]
)
def test_a_busy_endpoint_is_a_503(predict: Predict, sagemaker: Stubber, code: str, status: int) -> None:
    sagemaker.add_client_error("invoke_endpoint", code, "slow down, 111122223333", http_status_code=400)
    assert failure(predict) == (status, {"message": "The endpoint did not answer.", "request_id": "5c0f"})


@pytest.mark.parametrize("code", ["ValidationError", "AccessDeniedException", "InternalFailure"])
def test_other_failures_are_a_502_without_internals(
    predict: Predict, sagemaker: Stubber, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    """Lesson 65: the errors carried AWS's text whatever the operator chose. The log has it."""
    sagemaker.add_client_error("invoke_endpoint", code, "Endpoint x of account 111122223333 not found")
    assert failure(predict) == (502, {"message": "The endpoint did not answer.", "request_id": "5c0f"})
    logged = json.loads(capsys.readouterr().out)
    assert logged["detail"] == f"{code}: Endpoint x of account 111122223333 not found"
    assert logged["request_id"] == "5c0f"


def test_a_container_that_fails_is_a_424_with_its_own_words(predict: Predict, sagemaker: Stubber) -> None:
    refused_by_model(sagemaker, 500, "no column berth")
    words = {"message": "The model failed.", "request_id": "5c0f", "detailedMessage": "no column berth"}
    assert failure(predict) == (424, words)


def without_answer(sagemaker: Stubber, message: str) -> None:
    fields = {"OriginalStatusCode": 0, "OriginalMessage": "", "LogStreamArn": "arn:of:log"}
    sagemaker.add_client_error("invoke_endpoint", "ModelError", message, http_status_code=424, modeled_fields=fields)


def test_a_container_that_does_not_answer_sagemaker_is_a_502(predict: Predict, sagemaker: Stubber) -> None:
    """Its status is 0 then, which is below 500 and no refusal."""
    without_answer(sagemaker, "Received server error (0) from primary with message ''")
    assert failure(predict)[0] == 502


def test_a_container_that_is_too_late_for_sagemaker_is_a_504(predict: Predict, sagemaker: Stubber) -> None:
    late = "Your invocation timed out while waiting for a response from container primary."
    without_answer(sagemaker, f'Received server error (0) from primary with message "{late}"')
    status, body = failure(predict)
    assert status == 504
    assert body["message"] == "The model did not answer within 25 seconds."


def test_a_model_that_takes_too_long_is_a_504_in_words(
    predict: Predict, inference: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lesson 127."""

    def wait_too_long(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://runtime.sagemaker.eu-west-1.amazonaws.com")

    monkeypatch.setattr(inference._client, "invoke_endpoint", wait_too_long)
    words = {"message": "The model did not answer within 25 seconds.", "request_id": "5c0f"}
    assert failure(predict) == (504, words)


def test_the_answer_comes_before_api_gateway_gives_up(inference: ModuleType) -> None:
    """Lesson 127: after 29 seconds it says no more than that."""
    config = inference._client.meta.config
    assert config.connect_timeout + config.read_timeout < 29
    assert config.retries["total_max_attempts"] == 1


def failure(predict: Predict) -> tuple[int, Any]:
    answer = predict({"payload": "1", "content_type": "text/csv"})
    return answer["statusCode"], json.loads(answer["body"])


def test_a_model_that_is_an_inference_component_is_named_beside_the_endpoint(
    predict: Predict, sagemaker: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFERENCE_COMPONENT", ENDPOINT)
    expect(sagemaker, "1", "text/csv", InferenceComponentName=ENDPOINT)
    assert predict({"payload": "1", "content_type": "text/csv"})["statusCode"] == 200


def test_a_component_without_copies_is_a_503_that_says_so(predict: Predict, sagemaker: Stubber) -> None:
    words = "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress"
    sagemaker.add_client_error("invoke_endpoint", "ValidationError", words, http_status_code=400)
    answer = predict({"payload": "1", "content_type": "text/csv", "accept": "text/csv"})
    message = json.loads(answer["body"])["message"]
    assert (answer["statusCode"], message.split(".")[0]) == (503, "No copy of the model serves now")
