# SPDX-License-Identifier: Apache-2.0
"""Predictions of a deployed model: rows in any common form to what it takes, and its answer back.

A model is asked through its inference API, in the API's mode, or where there is none by InvokeEndpoint. Where the API
says that the answer comes later, it is awaited.

https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final, Protocol, TypedDict

from botocore.exceptions import ClientError

from mlops_orchestrator.aws import later
from mlops_orchestrator.aws.api_client import Answer, Response, SignedClient, Take, connections
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.later import PATIENT, Later, Patience
from mlops_orchestrator.client import connection
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.errors import Failed

CSV: Final = "text/csv"
JSON: Final = "application/json"
URL_OUTPUT: Final = "InferenceApiUrl"
"""Output of a deployed stack with the address for predictions."""
_MODE_OUTPUT: Final = "InferenceApiMode"
"""Output that says `raw` where the body is the payload; without it the API takes JSON."""
_ENDPOINT_OUTPUT: Final = "SageMakerEndpointName"
_COMPONENT_OUTPUT: Final = "InferenceComponentName"
"""Output of an endpoint whose model is an inference component, which a call has to name."""
_CONNECTIONS: Final = 64
_VARIANT: Final = "X-Amzn-Invoked-Production-Variant"
_OWN: Final = "X-Amzn-SageMaker-"
"""How headers begin that SageMaker has in both ways."""


class Beside(TypedDict, total=False):
    """What may be said beside the data; all of it is optional."""

    accept: str
    """Media type of the answer."""
    inference_id: str
    """Id of the call, under which it is captured: ground truth is matched by it."""
    custom_attributes: str
    """Text that the model's container gets."""
    target_variant: str
    """Variant that answers."""


class DataFrame(Protocol):
    """What a pandas DataFrame has; pandas itself is not needed."""

    def to_csv(self, *, index: bool, header: bool) -> str | None:
        """Return the rows as CSV."""


Rows = Iterable[Iterable[object]]
Data = DataFrame | Rows | str | bytes
"""Rows to predict for: a DataFrame, a list of lists, an array of two dimensions, or text as the model reads it."""


@dataclass(frozen=True)
class Prediction:
    """What the model answered."""

    content: bytes
    content_type: str = ""
    """Media type, as the model gave it."""
    variant: str = ""
    """Variant of the endpoint that answered."""
    custom_attributes: str = ""
    """What the model's container said beside its answer."""

    @property
    def text(self) -> str:
        """Answer as text."""
        return self.content.decode(errors="replace")

    @property
    def rows(self) -> list[list[str]]:
        """Answer as the rows of a CSV text."""
        return [row for row in csv.reader(io.StringIO(self.text)) if row]

    @property
    def numbers(self) -> list[float]:
        """Every number of an answer in CSV, or of lists in JSON, in order. Raise ValueError if it has other values."""
        return [float(cell.strip(" []")) for row in self.rows for cell in row]

    def json(self) -> Any:
        """Answer as decoded JSON. Raise ValueError if it is none."""
        return json.loads(self.content)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Target:
    """What is asked: an inference API by its address, or an endpoint by its name."""

    aws: Aws
    url: str = ""
    endpoint: str = ""
    is_raw: bool = False
    component: str = ""

    @property
    def name(self) -> str:
        """The address, or else the endpoint."""
        return self.url or f"endpoint {self.endpoint}"

    @cached_property
    def client(self) -> SignedClient:
        """Client of the API, which keeps its connections."""
        return SignedClient(self.aws, connections(_CONNECTIONS))


def target(aws: Aws, outputs: Mapping[str, str]) -> Target | None:
    """Return what to ask of a stack with these outputs; None if it serves no model."""
    if url := outputs.get(URL_OUTPUT):
        return Target(aws, connection.reachable(url, aws), is_raw=_MODE_OUTPUT in outputs)
    endpoint = outputs.get(_ENDPOINT_OUTPUT)
    return Target(aws, endpoint=endpoint, component=outputs.get(_COMPONENT_OUTPUT, "")) if endpoint else None


@dataclass(frozen=True)
class Question:
    """Data with its media type, and what is said beside it."""

    data: Data
    content_type: str | None = None
    beside: Beside = field(default_factory=Beside)

    @property
    def said(self) -> dict[str, Any]:
        """What is said beside the data; an empty text is nothing."""
        return {key: value for key, value in self.beside.items() if value}


def predict(asked: Target, question: Question, take: Take | None = None, patience: Patience = PATIENT) -> Prediction:
    """Ask a model, and wait if its answer comes later. Raise RequestRefused, Failed, or TimedOut.

    `take` is given the parts of a stream of events as they come.
    """
    payload = content(question.data)
    content_type = question.content_type or _type_of(payload)
    if not asked.url:
        return _invoked(asked, payload, content_type, question.said)
    headers, body = _message(asked, payload, content_type, question.said)
    if take:
        response = asked.client.listen(asked.url, body, headers, take)
    else:
        response = asked.client.ask("POST", asked.url, body, headers)
    if response.status == HTTPStatus.ACCEPTED:
        written = later.wait(asked.aws, Later.read(response.content), patience)
        return Prediction(written.content, written.content_type)
    return _prediction(asked, response)


def _message(asked: Target, payload: bytes, content_type: str, said: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    """Return headers and body as the API's mode wants them."""
    if asked.is_raw:
        return {"Content-Type": content_type, **{_header(key): str(value) for key, value in said.items()}}, payload
    try:
        carried = {"payload": payload.decode()}
    except UnicodeDecodeError:
        carried = {"payload_base64": base64.b64encode(payload).decode()}
    return {"Content-Type": JSON}, json.dumps({**carried, "content_type": content_type, **said}).encode()


def _header(key: str) -> str:
    return "Accept" if key == "accept" else _OWN + key.title().replace("_", "-")


def _prediction(asked: Target, response: Response) -> Prediction:
    if response.status == 200:
        headers = response.headers
        beside = headers.get(_VARIANT, ""), headers.get(_header("custom_attributes"), "")
        return Prediction(response.content, headers.get("Content-Type", ""), *beside)
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Failed(f"{asked.name} answered {response.status}, and not in JSON: {response.content[:200]!r}")
    accepted(Answer(response.status, body))
    raise Failed(f"{asked.name} answered {response.status}: {response.content[:200]!r}")


def _invoked(asked: Target, payload: bytes, content_type: str, said: dict[str, Any]) -> Prediction:
    """Ask an endpoint that has no API, with the caller's own right to sagemaker:InvokeEndpoint."""
    given = {key.title().replace("_", ""): value for key, value in said.items()}
    if asked.component:
        given["InferenceComponentName"] = asked.component
    runtime = asked.aws.client("sagemaker-runtime")
    try:
        answer = runtime.invoke_endpoint(EndpointName=asked.endpoint, Body=payload, ContentType=content_type, **given)
    except ClientError as error:
        reason = error.response.get("OriginalMessage") or error.response["Error"]["Message"]
        raise Failed(f"{asked.name}: {reason}") from error
    beside_it = answer.get("InvokedProductionVariant", ""), answer.get("CustomAttributes", "")
    return Prediction(answer["Body"].read(), answer.get("ContentType", ""), *beside_it)


def content(data: Data) -> bytes:
    """Return rows as CSV without header, and text and bytes as they are."""
    return data if isinstance(data, bytes) else text(data).encode()


def text(data: DataFrame | Rows | str) -> str:
    """Return rows as CSV without header, and text as it is."""
    if isinstance(data, str):
        return data
    to_csv = getattr(data, "to_csv", None)
    if to_csv is not None:
        return str(to_csv(index=False, header=False))
    rows: Iterable[Any] = data.tolist() if hasattr(data, "tolist") else data  # type: ignore[assignment]
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(_row(row) for row in rows)
    return written.getvalue()


def _row(row: Any) -> list[object]:
    if isinstance(row, str | bytes) or not isinstance(row, Iterable):
        raise TypeError(f"rows are lists of values; this is none: {row!r}. One row alone is [row]")
    return list(row.values()) if isinstance(row, dict) else list(row)


def _type_of(payload: bytes) -> str:
    try:
        decoded = json.loads(payload)
    except ValueError:
        return CSV
    return JSON if isinstance(decoded, dict | list) else CSV
