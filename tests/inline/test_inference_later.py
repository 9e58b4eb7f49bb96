# SPDX-License-Identifier: Apache-2.0
"""The function of an endpoint that answers later: the payload is put into S3, and the answer says where to look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from unittest.mock import ANY

import pytest
from botocore.stub import Stubber

from tests.inline.loading import loaded, stubbed
from tests.inline.test_inference import CONTEXT, ENDPOINT, FILE

PAYLOAD = {"payload": "1,2", "content_type": "text/csv"}


@pytest.fixture(params=["answers/berths", "answers"])
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def inference(place: str) -> Iterator[ModuleType]:
    with loaded(FILE, SAGEMAKER_ENDPOINT_NAME=ENDPOINT, ASYNC_OUTPUT=place) as module:
        yield module


@pytest.fixture
def s3(inference: ModuleType) -> Iterator[Stubber]:
    with stubbed(inference._later._s3) as stub:
        yield stub


def ask(inference: ModuleType, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = inference.handler({"httpMethod": "POST", "body": json.dumps(body)}, CONTEXT)
    return answer["statusCode"], json.loads(answer["body"])


def test_a_payload_waits_and_the_answer_says_where_to_look(inference: ModuleType, s3: Stubber, place: str) -> None:
    bucket, _, prefix = place.partition("/")
    s3.add_response("put_object", {}, {"Bucket": bucket, "Key": ANY, "Body": b"1,2", "ContentType": "text/csv"})
    told = {"InferenceId": "tide-7", "OutputLocation": f"s3://{place}/1.out"}
    with stubbed(inference._client) as sagemaker:
        asked = {"EndpointName": ENDPOINT, "InputLocation": ANY, "ContentType": "text/csv", "InferenceId": "tide-7"}
        sagemaker.add_response("invoke_endpoint_async", told, asked)
        assert ask(inference, {**PAYLOAD, "inference_id": "tide-7"}) == (
            202,
            {"inference_id": "tide-7", "output_location": f"s3://{place}/1.out", "failure_location": ""},
        )
    key = inference._later.key()
    assert key.startswith(f"{prefix}/requests/" if prefix else "requests/")


def test_a_bucket_that_refuses_is_told_as_a_failure(inference: ModuleType, s3: Stubber) -> None:
    s3.add_client_error("put_object", "AccessDenied", "no")
    status, body = ask(inference, PAYLOAD)
    assert (status, body["message"]) == (502, "The endpoint did not answer.")


def test_a_variant_is_refused(inference: ModuleType) -> None:
    status, body = ask(inference, {**PAYLOAD, "target_variant": "b"})
    assert status == 400
    assert [error["key"] for error in body["errors"]] == ["target_variant"]
