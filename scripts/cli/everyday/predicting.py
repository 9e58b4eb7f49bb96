# SPDX-License-Identifier: Apache-2.0
"""`mlops predict`: a call of the inference API that a real-time pipeline deployed, or else of its endpoint."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePath
from typing import Any, Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws.api_client import Take
from mlops_orchestrator.aws.later import IMPATIENT, Patience
from mlops_orchestrator.client import predictions
from mlops_orchestrator.client.predictions import Prediction, Target
from mlops_orchestrator.errors import MlopsError
from orchestrator.pipeline_types.base import STACK_PREFIX
from scripts.cli import request_files
from scripts.cli.errors import CommandError, WrongUseError
from scripts.cli.everyday import log_groups, work
from scripts.cli.everyday.said import Said
from scripts.cli.everyday.work import Work
from scripts.cli.options import Asked
from scripts.cli.output import Output, console

_TYPES: Final = {
    ".csv": predictions.CSV,
    ".json": predictions.JSON,
    ".jsonl": "application/jsonlines",
    ".libsvm": "text/libsvm",
}
# A line reaches CloudWatch Logs some seconds after it was written.
_SECONDS_FOR_LOGS: Final = 6.0
_MODEL_ERROR: Final = "ModelError: "
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True)
class Question:
    """What to predict for: the file, the stage in several accounts, and what is said beside it."""

    file: str
    stage: str
    said: Said


def run(asked: Asked, given: str, question: Question) -> None:
    """Print the prediction. Ends the command with status 1 for an answer that is none."""
    output = Output(asked.access.form)
    content = request_files.read_bytes(question.file)
    content_type = question.said.content_type or media_type(question.file, content)
    beside = question.said.beside()
    found, target = deployed(asked, given, question.stage, output)
    printed = _Printed()
    take = None if output.as_json else printed.take
    with _waiting() as told:
        answer = ask(found, target, predictions.Question(content, content_type, beside), take, Patience(told=told))
    output.document(
        {
            "prediction": _value(answer, content_type),
            "content_type": content_type,
            "answer_content_type": answer.content_type,
            "variant": answer.variant,
        }
    )
    if not (output.as_json or printed.has_begun):
        _print(answer)


@contextmanager
def _waiting() -> Iterator[Callable[[float], None]]:
    """Show how long an answer is awaited that comes later: beside the output, which has the answer alone."""
    status = console(sys.stderr).status("")

    def tell(passed: float) -> None:
        status.update(f"The endpoint answers later: waiting for {passed:.0f} s")
        status.start()

    try:
        yield tell
    finally:
        status.stop()


class _Printed:
    """A stream of events, printed as it comes."""

    def __init__(self) -> None:
        self.has_begun = False

    def take(self, part: bytes) -> None:
        """Print a part."""
        self.has_begun = True
        sys.stdout.flush()
        sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()


def _print(answer: Prediction) -> None:
    """Print text with an end of line, and bytes as they are."""
    try:
        shown = answer.content.decode()
    except UnicodeDecodeError:
        sys.stdout.flush()
        sys.stdout.buffer.write(answer.content)
        return
    sys.stdout.write(shown if shown.endswith("\n") else f"{shown}\n")


def media_type(file: str, content: bytes) -> str:
    """Return the media type by the file's extension; that of standard input by how it begins."""
    found = _TYPES.get(PurePath(file).suffix.lower())
    if found:
        return found
    if file != "-":
        known = ", ".join(_TYPES)
        raise WrongUseError(f"what is in {file} is not known by its name: give --content-type, or use {known}")
    return predictions.JSON if content.lstrip()[:1] in {b"{", b"["} else predictions.CSV


def deployed(asked: Asked, given: str, stage: str, output: Output) -> tuple[Work, Target]:
    """Return the real-time pipeline: of a model with monitors, it is meant where nothing else is said."""
    if not given.startswith((f"{STACK_PREFIX}-", "arn:")) and "/" not in given:
        with suppress(WrongUseError):
            return _with_model(work.find(asked, f"{given}/realtime", stage, output))
    return _with_model(work.find(asked, given, stage, output))


def _with_model(found: Work) -> tuple[Work, Target]:
    target = predictions.target(found.aws, found.outputs)
    if target is None:
        raise WrongUseError(f"{found.name} serves no predictions: it is no pipeline with an inference API or endpoint")
    return found, target


def ask(
    found: Work,
    target: Target,
    question: predictions.Question,
    take: Take | None = None,
    patience: Patience = IMPATIENT,
) -> Prediction:
    """Return the prediction. Raise CommandError for any other answer. `take` is given parts of a stream of events."""
    try:
        return predictions.predict(target, question, take, patience)
    except MlopsError as refused:
        raise CommandError(_reason(found, target, refused)) from None


def _value(answer: Prediction, content_type: str) -> Any:
    """Return the answer as JSON if that was asked in, else as text."""
    with suppress(ValueError):
        return answer.json() if content_type == predictions.JSON else answer.text
    return answer.text


def _reason(found: Work, target: Target, refused: MlopsError) -> str:
    """Return why there is no prediction, in sentences."""
    said = refused.message if refused.status is None else f"{refused.message} (HTTP {refused.status})"
    words = [said, refused.detail, *(f"{problem}." for problem in refused.problems)]
    if refused.status == HTTPStatus.FORBIDDEN:
        words.append(f"You need execute-api:Invoke on {target.name}, and a private API takes calls from its VPC alone.")
    elif refused.request_id and not refused.detail:
        if reason := _logged(found, refused.request_id):
            return f"{reason.removeprefix(_MODEL_ERROR)} (HTTP {refused.status})"
        words.append(f"The function's log has the reason under {refused.request_id}: you may not read it, or not yet.")
    return " ".join(filter(None, words))


def _logged(found: Work, request_id: str) -> str:
    """Return what the function's log says of a request; empty if it has nothing, or may not be read."""
    deadline = time.monotonic() + _SECONDS_FOR_LOGS
    try:
        groups = [group for group in log_groups.of(found) if group.is_own]
        while time.monotonic() < deadline:
            for group in groups:
                for line in log_groups.lines(found.aws, group, _minutes_ago(5), f'"{request_id}"'):
                    with suppress(ValueError, KeyError, TypeError):
                        return str(json.loads(line.message)["detail"])
            threading.Event().wait(0.5)
    except ClientError:
        pass
    return ""


def _minutes_ago(minutes: int) -> int:
    return int(time.time() * 1000) - minutes * _MINUTE_MS
