# SPDX-License-Identifier: Apache-2.0
"""What a caller of the inference API says beside the payload, in JSON or by headers, and how large it may be."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from tests.inline.loading import loaded, stubbed
from tests.inline.test_inference import CONTEXT, ENDPOINT, FILE

BYTES: Final = b"\x93NUMPY\xff\x00"
CSV: Final = {"payload": "1,2", "content_type": "text/csv"}


@pytest.fixture(scope="module")
def inference() -> Iterator[ModuleType]:
    with loaded(FILE, SAGEMAKER_ENDPOINT_NAME=ENDPOINT) as module:
        yield module


@pytest.fixture
def sagemaker(inference: ModuleType) -> Iterator[Stubber]:
    with stubbed(inference._client) as stub:
        yield stub


def answering(sagemaker: Stubber, asked: dict[str, Any], body: bytes = b"0.7", **answer: str) -> None:
    response = {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "text/csv", **answer}
    sagemaker.add_response("invoke_endpoint", response, {"EndpointName": ENDPOINT, **asked})


def called(module: ModuleType, body: bytes | dict[str, Any], **event: Any) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of the answer to a call as API Gateway hands it on: in base64."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    whole = {"body": base64.b64encode(content).decode(), "isBase64Encoded": True, "resource": "/inference", **event}
    answer = module.handler(whole, CONTEXT)
    return answer["statusCode"], answer["headers"], answer["body"]


def problems(body: str) -> dict[str, str]:
    return {error["key"]: error["problem"] for error in json.loads(body)["errors"]}


class TestJson:
    def test_what_stands_beside_the_payload_reaches_sagemaker(self, inference: ModuleType, sagemaker: Stubber) -> None:
        beside = {
            "accept": "application/json",
            "inference_id": "berth 7",
            "custom_attributes": "tide=low",
            "target_variant": "Challenger",
        }
        asked = {"Accept": "application/json", "InferenceId": "berth 7", "CustomAttributes": "tide=low"}
        answering(sagemaker, {"Body": b"1,2", "ContentType": "text/csv", "TargetVariant": "Challenger", **asked})
        assert called(inference, {**CSV, **beside})[0] == 200

    def test_the_answer_says_who_gave_it(self, inference: ModuleType, sagemaker: Stubber) -> None:
        asked = {"Body": b"1,2", "ContentType": "text/csv", "InferenceId": "berth 7"}
        answering(sagemaker, asked, InvokedProductionVariant="Challenger", CustomAttributes="trace=1")
        assert called(inference, {**CSV, "inference_id": "berth 7"})[1] == {
            "Content-Type": "text/csv",
            "X-Amzn-Invoked-Production-Variant": "Challenger",
            "X-Amzn-SageMaker-Custom-Attributes": "trace=1",
            "X-Amzn-SageMaker-Inference-Id": "berth 7",
        }

    def test_a_payload_may_be_bytes(self, inference: ModuleType, sagemaker: Stubber) -> None:
        answering(sagemaker, {"Body": BYTES, "ContentType": "application/x-npy"})
        body = {"payload_base64": base64.b64encode(BYTES).decode(), "content_type": "application/x-npy"}
        assert called(inference, body)[0] == 200

    @pytest.mark.parametrize(
        ("changed", "key"),
        [
            ({"payload_base64": "YQ=="}, "payload_base64"),
            ({"payload": None, "payload_base64": "no base64!"}, "payload_base64"),
            ({"payload": None, "payload_base64": 5}, "payload_base64"),
            ({"accept": "text/csv\nX-Other: 1"}, "accept"),
            ({"inference_id": 7}, "inference_id"),
            ({"custom_attributes": "t\u00efde"}, "custom_attributes"),
            ({"target_variant": ["A"]}, "target_variant"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_wrong_member_is_named(self, inference: ModuleType, changed: dict[str, Any], key: str) -> None:
        status, _, body = called(inference, {**CSV, **changed})
        assert (status, list(problems(body))) == (400, [key])

    def test_an_empty_member_is_as_none(self, inference: ModuleType, sagemaker: Stubber) -> None:
        answering(sagemaker, {"Body": b"1,2", "ContentType": "text/csv"})
        assert called(inference, {**CSV, "accept": "", "inference_id": None})[0] == 200

    def test_what_sagemaker_refuses_beside_the_payload_is_the_caller_s_to_mend(
        self, inference: ModuleType, sagemaker: Stubber
    ) -> None:
        sagemaker.add_client_error("invoke_endpoint", "ValidationError", "no variant X of 111122223333")
        status, _, body = called(inference, {**CSV, "target_variant": "X"})
        assert status == 400
        assert "variant" in json.loads(body)["message"]
        assert "111122223333" not in body


class TestRaw:
    @pytest.fixture(autouse=True)
    def raw(self, inference: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MODE", "raw")

    def test_the_body_is_the_payload_and_headers_say_the_rest(self, inference: ModuleType, sagemaker: Stubber) -> None:
        asked = {"Accept": "text/csv", "InferenceId": "7", "CustomAttributes": "a=1", "TargetVariant": "B"}
        answering(sagemaker, {"Body": BYTES, "ContentType": "application/x-npy", **asked})
        headers = {
            "content-type": "application/x-npy",
            "Accept": "text/csv",
            "X-Amzn-SageMaker-Inference-Id": "7",
            "x-amzn-sagemaker-custom-attributes": "a=1",
            "X-Amzn-SageMaker-Target-Variant": "B",
        }
        assert called(inference, BYTES, headers=headers)[0] == 200

    def test_what_clients_accept_by_habit_is_not_said(self, inference: ModuleType, sagemaker: Stubber) -> None:
        answering(sagemaker, {"Body": b"1", "ContentType": "text/csv"})
        assert called(inference, b"1", headers={"Content-Type": "text/csv", "Accept": "*/*"})[0] == 200

    @pytest.mark.parametrize("headers", [None, {}, {"Accept": "text/csv"}], ids=["no headers", "empty", "another"])
    def test_without_a_content_type_it_says_so(self, inference: ModuleType, headers: dict[str, str] | None) -> None:
        status, _, body = called(inference, b"1", headers=headers)
        assert (status, list(problems(body))) == (400, ["Content-Type"])


def test_another_protocol_is_handed_on_as_it_is(inference: ModuleType, sagemaker: Stubber) -> None:
    body = b'{"messages": [{"role": "user", "content": "Which berth?"}]}'
    answering(sagemaker, {"Body": body, "ContentType": "application/json"})
    assert called(inference, body, resource="/v1/{proxy+}", headers={"Accept": "*/*"})[0] == 200


def test_a_payload_over_the_limit_is_a_413_in_words(inference: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_BYTES", "2")
    status, _, body = called(inference, CSV)
    assert (status, json.loads(body)["message"]) == (413, "The payload has 3 bytes; 2 are the most.")


def test_a_payload_at_the_limit_is_taken(
    inference: ModuleType, sagemaker: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_BYTES", "3")
    answering(sagemaker, {"Body": b"1,2", "ContentType": "text/csv"})
    assert called(inference, CSV)[0] == 200


def test_an_answer_that_lambda_would_lose_is_a_502_in_words(inference: ModuleType, sagemaker: Stubber) -> None:
    """API Gateway says no more than "Internal server error" of it."""
    answering(sagemaker, {"Body": b"1,2", "ContentType": "text/csv"}, body=b"\xff" * 5_000_000)
    status, _, body = called(inference, CSV)
    assert (status, json.loads(body)["message"]) == (502, "The model's answer is too large for this API.")
