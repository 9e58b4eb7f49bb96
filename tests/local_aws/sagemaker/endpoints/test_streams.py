# SPDX-License-Identifier: Apache-2.0
"""InvokeEndpointWithResponseStream: parts as the model gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.local_aws.serving import BUCKET, CUSTOM_IMAGE, csv_of, make_config, make_endpoint, make_model
from tests.local_aws.streaming_model import BROKEN, StreamingModel, served

ASKED = {"EndpointName": "Endpoint", "Body": b"[1]", "ContentType": "application/json"}


@pytest.fixture(scope="module")
def runtime(client: Any) -> Any:
    return client("sagemaker-runtime")


@pytest.fixture(scope="module")
def model(client: Any, trained: TrainedModel) -> Iterator[StreamingModel]:
    with served(CUSTOM_IMAGE) as model:
        client("s3").create_bucket(Bucket=BUCKET)
        client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=demo_model.package(trained))
        make_endpoint(client("sagemaker"), image=CUSTOM_IMAGE)
        yield model


def parts(answer: Any) -> Iterator[bytes]:
    return (event["PayloadPart"]["Bytes"] for event in answer["Body"])


def test_a_part_arrives_before_the_next_is_made(runtime: Any, model: StreamingModel) -> None:
    model.answer(b"one,", b"two", waits=True)
    answer = runtime.invoke_endpoint_with_response_stream(**ASKED, Accept="text/event-stream")
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("text/event-stream", "AllTraffic")
    came = parts(answer)
    assert next(came) == b"one,"
    model.open.set()
    assert list(came) == [b"two"]
    assert model.asked[-1] == (b"[1]", "application/json", "text/event-stream")


def test_a_refusal_comes_before_the_stream(runtime: Any, model: StreamingModel) -> None:
    model.answer(b"no such shape", status=400)
    with pytest.raises(ClientError) as raised:
        runtime.invoke_endpoint_with_response_stream(**ASKED)
    response = raised.value.response
    assert (response["Error"]["Code"], response["OriginalStatusCode"]) == ("ModelError", 400)
    assert response["OriginalMessage"] == "no such shape"


def test_an_end_within_the_stream_is_told(runtime: Any, model: StreamingModel) -> None:
    model.answer(b"one,", BROKEN)
    came = parts(runtime.invoke_endpoint_with_response_stream(**ASKED))
    assert next(came) == b"one,"
    with pytest.raises(EventStreamError, match=r"ModelStreamError.*out of memory"):
        next(came)


def test_invoke_endpoint_waits_for_the_whole(runtime: Any, model: StreamingModel) -> None:
    model.answer(b"one,", b"two")
    assert runtime.invoke_endpoint(**ASKED)["Body"].read() == b"one,two"


def test_the_servers_of_frameworks_answer_in_one_part(
    client: Any, runtime: Any, model: Any, trained: TrainedModel
) -> None:
    make_model(client("sagemaker"), "Plain")
    make_config(client("sagemaker"), "PlainConfig", "Plain")
    client("sagemaker").create_endpoint(EndpointName="Plain", EndpointConfigName="PlainConfig")
    asked = {"EndpointName": "Plain", "Body": csv_of(trained, 2), "ContentType": "text/csv"}
    whole = runtime.invoke_endpoint(**asked)["Body"].read()
    assert list(parts(runtime.invoke_endpoint_with_response_stream(**asked))) == [whole]
