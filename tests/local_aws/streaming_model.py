# SPDX-License-Identifier: Apache-2.0
"""An image that streams, in this process: its answers are what a test says, part by part."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from scripts.local_aws.processes.model_process import HostError, Prediction, Streamed
from scripts.local_aws.sagemaker import model_hosting
from tests.local_aws.waiting import SECONDS

EVENTS: Final = "text/event-stream"
BROKEN: Final = b"(broken)"
"""In place of a part: the model ends there."""


class StreamingModel:
    """Model that waits before each part but the first until it is let go on."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.status = 200
        self.content_type = EVENTS
        self.asked: list[tuple[bytes, str, str]] = []
        self.open = threading.Event()

    def answer(self, *parts: bytes, status: int = 200, content_type: str = EVENTS, waits: bool = False) -> None:
        """Answer in these parts from now on."""
        self.parts, self.status, self.content_type = list(parts), status, content_type
        self.open = threading.Event()
        if not waits:
            self.open.set()

    def predict(self, body: bytes, content_type: str, accept: str) -> Prediction:
        streamed = self.stream(body, content_type, accept)
        return Prediction(streamed.status, streamed.content_type, b"".join(streamed.parts))

    def stream(self, body: bytes, content_type: str, accept: str) -> Streamed:
        self.asked.append((body, content_type, accept))
        return Streamed(self.status, self.content_type, self._parts())

    def stop(self) -> None:
        self.open.set()

    def _parts(self) -> Iterator[bytes]:
        for place, part in enumerate(self.parts):
            if place:
                assert self.open.wait(SECONDS)
            if part == BROKEN:
                raise HostError("out of memory")
            yield part


@contextmanager
def served(image: str) -> Iterator[StreamingModel]:
    """Let an image run here, as this model."""
    model = StreamingModel()
    model_hosting.OTHER_IMAGES[image] = lambda: model
    try:
        yield model
    finally:
        del model_hosting.OTHER_IMAGES[image]
