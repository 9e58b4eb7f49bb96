# SPDX-License-Identifier: Apache-2.0
"""Data capture: requests and answers of an endpoint, as JSON lines in S3.

Layout and fields follow https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html.
Records are collected for about a second and written by one thread, as the role of the endpoint's model.
"""

from __future__ import annotations

import base64
import json
import logging
import random
import threading
import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.local_aws import clients
from scripts.local_aws.serving.artifacts import split_s3_uri

_log = logging.getLogger(__name__)
_GATHER_SECONDS = 1.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True)
class CaptureTarget:
    """Destination of an endpoint's records, and the role. Object keys begin with `<prefix>/<endpoint>/<variant>/`."""

    destination: str
    endpoint: str
    variant: str
    role_arn: str
    region: str
    kms_key_id: str


@dataclass(frozen=True)
class Payload:
    """Request or answer: the bytes and their content type."""

    data: bytes
    content_type: str


@dataclass(frozen=True)
class Invocation:
    """Call of InvokeEndpoint. Absent identifiers are empty."""

    request: Payload
    response: Payload
    inference_id: str = ""
    custom_attributes: str = ""


@dataclass(frozen=True)
class CaptureSettings:
    """DataCaptureConfig of an endpoint configuration, parsed once.

    `percentage` of the invocations are kept, 0 to 100; `modes` holds "Input", "Output" or both.
    """

    percentage: int
    modes: frozenset[str]
    csv_types: frozenset[str]
    json_types: frozenset[str]
    destination: str
    kms_key_id: str

    @classmethod
    def read(cls, config: dict[str, Any] | None) -> CaptureSettings | None:
        """Parse the settings; None if nothing is to be captured."""
        if not config or not config.get("EnableCapture", True):
            return None
        types = config.get("CaptureContentTypeHeader", {})
        modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
        return cls(
            percentage=int(config["InitialSamplingPercentage"]),
            modes=frozenset({"Input", "Output"} if "InputAndOutput" in modes else modes),
            csv_types=frozenset(types.get("CsvContentTypes", [])),
            json_types=frozenset(types.get("JsonContentTypes", [])),
            destination=config["DestinationS3Uri"],
            kms_key_id=config.get("KmsKeyId", ""),
        )

    def sampled(self) -> bool:
        """Whether to keep this invocation."""
        return random.random() * 100 < self.percentage  # noqa: S311 - a sample, not a secret

    def record(self, invocation: Invocation) -> dict[str, Any]:
        """Return the record of an invocation, a line of the capture file."""
        metadata: dict[str, Any] = {"eventId": str(uuid.uuid4())}
        if invocation.custom_attributes:
            metadata["customAttributes"] = [invocation.custom_attributes]
        if invocation.inference_id:
            metadata["inferenceId"] = invocation.inference_id
        metadata["inferenceTime"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        parts = {"endpointInput": ("Input", invocation.request), "endpointOutput": ("Output", invocation.response)}
        captured = {name: self._part(mode, payload) for name, (mode, payload) in parts.items() if mode in self.modes}
        return {"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}

    def _part(self, mode: str, payload: Payload) -> dict[str, str]:
        encoding = self._encoding(payload)
        data = base64.b64encode(payload.data) if encoding == "BASE64" else payload.data
        return {
            "observedContentType": payload.content_type,
            "mode": mode.upper(),
            "data": data.decode(),
            "encoding": encoding,
        }

    def _encoding(self, payload: Payload) -> str:
        media_type = payload.content_type.split(";")[0].strip()
        listed = {media_type, payload.content_type}
        try:
            payload.data.decode()
        except UnicodeDecodeError:
            return "BASE64"
        if listed & self.csv_types:
            return "CSV"
        return "JSON" if listed & self.json_types else "BASE64"


class CaptureWriter:
    """Collector of records, which writes them from a thread that starts with the first record."""

    def __init__(self, gather_seconds: float = _GATHER_SECONDS) -> None:
        self._gather_seconds = gather_seconds
        self._changed = threading.Condition()
        self._pending: list[tuple[CaptureTarget, str]] = []
        self._writing = False
        self._hurry = False
        self._stopping = False
        self._thread: threading.Thread | None = None

    def add(self, target: CaptureTarget, record: dict[str, Any]) -> None:
        """Add a record, which is written within about a second."""
        with self._changed:
            self._pending.append((target, json.dumps(record)))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="data-capture", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout: float = _STOP_SECONDS) -> bool:
        """Write the collected records now and wait. Return false if that took longer than `timeout` seconds."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._pending and not self._writing, timeout)
            self._hurry = False
            return done

    def stop(self) -> None:
        """Write the remaining records and end the thread; a record added later starts a new one."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            thread = self._thread
        if thread:
            thread.join(_STOP_SECONDS)
        with self._changed:
            self._stopping, self._thread = False, None

    def _run(self) -> None:
        while batch := self._next_batch():
            files: dict[CaptureTarget, list[str]] = defaultdict(list)
            for target, line in batch:
                files[target].append(line)
            for target, lines in files.items():
                _write(target, lines)
            with self._changed:
                self._writing = False
                self._changed.notify_all()

    def _next_batch(self) -> list[tuple[CaptureTarget, str]]:
        """Return the collected records; empty if the thread is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._pending or self._stopping)
            self._changed.wait_for(lambda: self._hurry or self._stopping, self._gather_seconds)
            batch, self._pending = self._pending, []
            self._writing = bool(batch)
            return batch


def _write(target: CaptureTarget, lines: list[str]) -> None:
    """Write one file. A refusal is logged, not raised: on AWS, too, the endpoint goes on if capture fails."""
    bucket, prefix = split_s3_uri(target.destination)
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": target.kms_key_id} if target.kms_key_id else {}
    try:
        store = clients.client("s3", target.role_arn, target.region, by="sagemaker.amazonaws.com")
        store.put_object(
            Bucket=bucket,
            Key=_key(prefix, target, datetime.now(UTC)),
            Body="".join(f"{line}\n" for line in lines).encode(),
            ContentType="application/jsonlines",
            **encryption,
        )
    except (ClientError, BotoCoreError) as error:
        _log.warning(
            "data capture of endpoint %s: %d records for %s are lost: %s",
            target.endpoint, len(lines), target.destination, error,
        )  # fmt: skip


def _key(prefix: str, target: CaptureTarget, now: datetime) -> str:
    folder = f"{target.endpoint}/{target.variant}/{now:%Y/%m/%d/%H}"
    name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
    return "/".join(part for part in (prefix.strip("/"), folder, name) if part)
