# SPDX-License-Identifier: Apache-2.0
"""Streamed answers, from a request to the last event: the blueprint, its function with its wrapper, and the API."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any, Final

import pytest

from mlops_orchestrator.client import predictions
from mlops_orchestrator.client.predictions import Beside, Question, Target
from mlops_orchestrator.errors import Failed, RequestRefused
from orchestrator.sagemaker.images import ImageQuery, resolve
from scripts.local_aws.server import LocalAws
from tests.end_to_end.deployed import ORCHESTRATOR, Deployed, launch_of
from tests.local_aws.stack_setting import acting_in
from tests.local_aws.streaming_model import BROKEN, StreamingModel, served
from tests.local_aws.waiting import SECONDS

ASSETS: Final = "quayside-assets"
GPUS: Final = "ml.g5.12xlarge"
CHAT: Final = {
    "pipeline_type": "byom_realtime_llm",
    "model_name": "harbour-chat",
    "model_id": "models/harbour-chat/1",
    "model_framework": "djl-lmi",
    "model_framework_version": "0.36.0",
    "inference_instance": GPUS,
    "data_capture_location": f"{ASSETS}/captured",
}
DETECTION: Final = {
    "pipeline_type": "byom_realtime_custom",
    "model_name": "hulls",
    "custom_image_uri": f"{ORCHESTRATOR}.dkr.ecr.us-east-1.amazonaws.com/vision/hulls:r7",
    "model_data_prefix": "models/harbour-chat/1",
    "inference_instance": "ml.m5.large",
    "data_capture_location": f"{ASSETS}/captured",
    "inference_api": "raw",
}
EVENTS: Final = (b'data: {"delta": "low"}\n\n', b'data: {"delta": "tide"}\n\n', b"data: [DONE]\n\n")
STREAM: Final = b'{"messages": [], "stream": true}'


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws() as aws:
        s3 = acting_in(aws, ORCHESTRATOR, "s3")
        for bucket in (ASSETS, "quayside-pipelines"):
            s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=ASSETS, Key="models/harbour-chat/1/config.json", Body=b"{}")
        yield aws


@pytest.fixture(scope="module")
def model() -> Iterator[StreamingModel]:
    image = resolve(ImageQuery("djl-lmi", "0.36.0", "us-east-1", GPUS, "inference"))
    with served(image) as model:
        yield model


@pytest.fixture(scope="module")
def inference(local_aws: LocalAws, model: StreamingModel) -> Target:
    """The model's `POST /inference`."""
    return Deployed(local_aws, CHAT, launch_of(ASSETS)).target


@pytest.fixture(scope="module")
def chat(inference: Target) -> Target:
    """The same model's `POST /v1/chat/completions`."""
    url = f"{inference.url.removesuffix('/inference')}/v1/chat/completions"
    return Target(inference.aws, url, is_raw=True)


class Listener:
    """Asks on a thread, and hears each part as it comes."""

    def __init__(self, asked: Target, question: Question) -> None:
        self.heard = b""
        self.answer: Any = None
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._ask, args=(asked, question))
        self._thread.start()

    def hears(self, text: bytes) -> bool:
        with self._more:
            return self._more.wait_for(lambda: text in self.heard, SECONDS)

    def ended(self) -> Any:
        self._thread.join(SECONDS)
        return self.answer

    def _ask(self, asked: Target, question: Question) -> None:
        try:
            self.answer = predictions.predict(asked, question, self._take)
        except Failed as error:
            self.answer = error

    def _take(self, part: bytes) -> None:
        with self._more:
            self.heard += part
            self._more.notify_all()


def test_the_first_event_arrives_before_the_last_is_made(chat: Target, model: StreamingModel) -> None:
    model.answer(*EVENTS, waits=True)
    listener = Listener(chat, Question(STREAM, "application/json"))
    assert listener.hears(EVENTS[0])
    assert listener.heard == EVENTS[0]
    model.open.set()
    answer = listener.ended()
    assert answer.content == listener.heard == b"".join(EVENTS)
    assert (answer.content_type, answer.variant) == ("text/event-stream", "AllTraffic")
    assert model.asked[-1] == (STREAM, "application/json", "")


def test_who_asks_for_no_stream_gets_the_whole(chat: Target, model: StreamingModel) -> None:
    model.answer(b'{"choices": ', b"[]}", content_type="application/json")
    answer = predictions.predict(chat, Question(b'{"messages": []}', "application/json"))
    assert (answer.json(), answer.content_type) == ({"choices": []}, "application/json")


@pytest.mark.parametrize(("own", "status"), [(422, 400), (500, 424)])
def test_what_fails_before_the_first_event_has_a_status(
    chat: Target, model: StreamingModel, own: int, status: int
) -> None:
    model.answer(b"no such model", status=own)
    with pytest.raises((RequestRefused, Failed)) as raised:
        predictions.predict(chat, Question(STREAM, "application/json"))
    assert (raised.value.status, raised.value.detail) == (status, "no such model")


def test_a_chat_that_ends_early_says_so_in_an_event(chat: Target, model: StreamingModel) -> None:
    model.answer(EVENTS[0], BROKEN)
    text = predictions.predict(chat, Question(STREAM, "application/json")).text
    assert text.startswith(EVENTS[0].decode())
    last = text.strip().rpartition("data: ")[2]
    assert json.loads(last)["error"]["message"] == "The model's answer ended early."


def test_another_stream_that_ends_early_is_cut(inference: Target, model: StreamingModel) -> None:
    model.answer(EVENTS[0], BROKEN)
    question = Question(b"{}", "application/json", Beside(accept="text/event-stream"))
    listener = Listener(inference, question)
    answer = listener.ended()
    assert isinstance(answer, Failed)
    assert "ended early" in answer.message
    assert listener.heard == EVENTS[0]
    assert model.asked[-1] == (b"{}", "application/json", "text/event-stream")


def test_an_existing_pipeline_streams_all_its_answers_from_an_update_on(local_aws: LocalAws) -> None:
    with served(DETECTION["custom_image_uri"]) as detecting:
        deployed = Deployed(local_aws, DETECTION, launch_of(ASSETS))
        asked, question = deployed.target, Question(b"\xff\xd8", "image/jpeg")
        detecting.answer(*EVENTS)
        assert predictions.predict(asked, question).content == b"".join(EVENTS)
        assert deployed.update({**DETECTION, "inference_api": {"mode": "raw", "streaming": True}})
        assert deployed.target.url == asked.url
        detecting.answer(*EVENTS, waits=True)
        listener = Listener(asked, question)
        assert listener.hears(EVENTS[0])
        detecting.open.set()
        assert listener.ended().content == b"".join(EVENTS)
        detecting.answer(b"\xff\x00", b"\xff", content_type="application/octet-stream")
        assert predictions.predict(asked, question).content == b"\xff\x00\xff"
