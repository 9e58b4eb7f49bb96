# SPDX-License-Identifier: Apache-2.0
"""Server side of a served XGBoost model: one process per model, connected by pipes.

An endpoint calls it for each invocation; so can everything else that scores with a model. The model and the wording
of its answers are in `xgboost/xgboost_model.py`, which only that process imports.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.local_aws.processes import programs

_PROGRAM = "xgboost_model"
_START_SECONDS = 60.0
# SageMaker allows a container this long to answer an invocation:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
_ANSWER_SECONDS = 60.0
_STOP_SECONDS = 5.0
_ECR_IMAGE = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/(sagemaker-)?xgboost:(?P<tag>[\w.-]+)$")
_TAG = re.compile(r"^(?P<major>\d+)\.(?P<minor>\d+)-(?P<revision>\d+)")
_BEFORE_OPEN_SOURCE = {"1", "latest"}
_FIRST_WITHOUT_PICKLES = (1, 3, 1)
# The change "Add accept encodings to alg_mode" of 2022 is in the images from this one on:
# https://github.com/aws/sagemaker-xgboost-container/pull/271
_FIRST_WITH_LINES = (1, 2, 2)

_running: set[XgboostHost] = set()


class HostError(Exception):
    """Raised if the model cannot be served, or its process is gone; the message gives the reason."""


@dataclass(frozen=True)
class Prediction:
    """Answer of the image: HTTP status, content type and body."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True)
class XgboostImage:
    """SageMaker's XGBoost image of one version, as (major, minor, revision): 1.7-1 is (1, 7, 1).

    `batch` is true in a transform job, where every version separates predictions by line ends.
    """

    version: tuple[int, int, int]
    batch: bool = False

    def options(self) -> list[str]:
        """Return the options by which `xgboost/xgboost_model.py` behaves like this version."""
        pickles = ["--pickles"] if self.version < _FIRST_WITHOUT_PICKLES else []
        return pickles + (["--lines"] if self.batch or self.version >= _FIRST_WITH_LINES else [])


def xgboost_image(uri: str) -> XgboostImage | None:
    """Return the image of an ECR URI whose repository is `xgboost` or `sagemaker-xgboost`; None for any other image."""
    found = _ECR_IMAGE.match(uri)
    if not found:
        return None
    if found["tag"] in _BEFORE_OPEN_SOURCE:
        return XgboostImage((0, 72, 1))
    tag = _TAG.match(found["tag"])
    # A custom tag in such a repository has no version: it counts as a recent one.
    return XgboostImage((int(tag["major"]), int(tag["minor"]), int(tag["revision"])) if tag else (1, 7, 1))


class XgboostHost:
    """Process that has one model loaded. Requests are answered one at a time, as XGBoost requires."""

    def __init__(self, model_dir: Path, image: XgboostImage) -> None:
        """Start the process and wait until the model is loaded. Raise HostError with the model's message."""
        self._asking = threading.RLock()
        questions, answers = os.pipe(), os.pipe()
        self._questions, self._answers = os.fdopen(questions[1], "w"), os.fdopen(answers[0])
        try:
            arguments = (str(model_dir), *image.options())
            self._process = programs.start(_PROGRAM, *arguments, stdin=questions[0], stdout=answers[1])
        finally:
            os.close(questions[0])
            os.close(answers[1])
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name="xgboost-host", daemon=True)
        self._reader.start()
        _running.add(self)
        try:
            self._expect_ready()
        except HostError:
            self.stop()
            raise

    def predict(self, body: bytes, content_type: str, accept: str) -> Prediction:
        """Request one prediction. Raise HostError if the process is gone or does not answer within a minute."""
        request = {"body": base64.b64encode(body).decode(), "content_type": content_type, "accept": accept}
        with self._asking:
            self._send(request)
            answer = self._next_message(_ANSWER_SECONDS)
        return Prediction(answer["status"], answer["content_type"], base64.b64decode(answer["body"]))

    def stop(self) -> None:
        """End the process after its current answer; no effect if it has ended."""
        _running.discard(self)
        with contextlib.ExitStack() as asking:
            if self._asking.acquire(timeout=_STOP_SECONDS):
                asking.callback(self._asking.release)
            self._end()

    def _end(self) -> None:
        # Killed, not asked by a closed pipe: the process has nothing to save, and may be stuck in work.
        self._process.kill()
        self._process.wait(_STOP_SECONDS)
        self._reader.join(_STOP_SECONDS)
        for pipe in (self._questions, self._answers):
            # What could not be sent before cannot be sent at the end either.
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def _expect_ready(self) -> None:
        message = self._next_message(_START_SECONDS)
        if "failed" in message:
            raise HostError(message["failed"])

    def _send(self, request: dict[str, str]) -> None:
        try:
            self._questions.write(json.dumps(request) + "\n")
            self._questions.flush()
        except (OSError, ValueError) as error:
            raise HostError(self._ended()) from error

    def _read(self) -> None:
        for line in self._answers:
            self._lines.put(line)
        self._lines.put("")

    def _next_message(self, seconds: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty as error:
            # A late answer would be taken for the answer to the next request.
            self.stop()
            raise HostError(f"the model did not answer within {seconds:.0f} seconds") from error
        if not line:
            self._lines.put("")
            raise HostError(self._ended())
        message: dict[str, Any] = json.loads(line)
        return message

    def _ended(self) -> str:
        return f"the process that served the model has ended with status {self._process.poll()}"


def running() -> list[XgboostHost]:
    """Return the hosts that have not been stopped."""
    return list(_running)


def stop_all() -> None:
    """Stop every process that serves a model."""
    for host in running():
        host.stop()
