# SPDX-License-Identifier: Apache-2.0
"""Uploads of `mlops-config.json`, equivalent to calls of `/provisionpipeline` (compatibility 1.5).

The file holds one request, or a list of them, for pipelines or for operations on model cards. The outcome goes to the
notifications topic, and into an object beside the configuration, whose name triggers no event. A wrong request is
reported once. When AWS fails, the failure is reported and raised, so that Lambda retries the event and in the end moves
it to the dead-letter queue (lessons 41 to 43).

    the same event again, from EventBridge   -> the marker says that it is done
    the same event again, after a failure    -> the stored result says which entries are finished; the others are
                                                repeated, which provisioning allows
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from aws_lambda_powertools import Logger
from pydantic import ValidationError

from orchestrator import documents, metrics
from orchestrator.aws import claims, notifications
from orchestrator.aws.s3 import objects
from orchestrator.errors import RefusedRequestError, ServiceBusyError, ServiceRefusedError
from orchestrator.events.uploads import entries as config_entries
from orchestrator.events.uploads import messages
from orchestrator.events.uploads.names import RESULT_SUFFIX
from orchestrator.events.uploads.results import EntryResult, UploadResult
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout

_LONGEST_RESULT: Final = 4 * 1024 * 1024
"""Bytes. A principal that may upload configurations may put an object of any size beside them."""
_MARKERS: Final = f"{layout.REPORTED}configuration/"

logger = Logger(service="orchestrator", child=True)


@dataclass(frozen=True)
class Upload:
    """The object version that an `Object Created` event names.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """

    bucket: str
    key: str
    version_id: str | None
    sequencer: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read the event; raises `KeyError` if it is not S3's."""
        detail = event["detail"]
        uploaded = detail["object"]
        return cls(detail["bucket"]["name"], uploaded["key"], uploaded.get("version-id"), uploaded["sequencer"])

    def __str__(self) -> str:
        version = f" (version {self.version_id})" if self.version_id else ""
        return f"{self.uri}{version}"

    @property
    def uri(self) -> str:
        """S3 URI of the configuration."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def result_key(self) -> str:
        """Key of its result."""
        return f"{self.key}{RESULT_SUFFIX}"

    @property
    def marker(self) -> str:
        """Key of the marker in the pipelines bucket."""
        identity = "\n".join([self.bucket, self.key, self.version_id or "", self.sequencer])
        return f"{_MARKERS}{hashlib.sha256(identity.encode()).hexdigest()}"

    def is_of(self, result: UploadResult) -> bool:
        """True if the result belongs to this upload."""
        return (result.version_id, result.sequencer) == (self.version_id, self.sequencer)

    def is_older_than(self, result: UploadResult) -> bool:
        """True if the result belongs to a later upload of the same key. Sequencers are compared padded with zeros."""
        longest = max(len(self.sequencer), len(result.sequencer))
        return self.sequencer.upper().ljust(longest, "0") < result.sequencer.upper().ljust(longest, "0")

    def result(self, **members: Any) -> UploadResult:
        """Return a result of this upload with the current time."""
        return UploadResult(
            configuration=self.uri,
            version_id=self.version_id,
            sequencer=self.sequencer,
            time=datetime.now(UTC),
            **members,
        )


@dataclass(frozen=True)
class _Processed:
    """The result of an upload, and the first error that a retry may solve."""

    result: UploadResult
    error: Exception | None = None
    is_late: bool = False
    """Whether a newer version of the configuration was carried out already."""


def handle(event: Mapping[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Carry out the uploaded configuration and report the outcome, once.

    `owner` is the id of the invocation. An error that a retry may solve is raised after the report.
    """
    upload = Upload.of(event)
    bucket = settings.launch.pipelines_bucket
    done = claims.once(bucket, upload.marker, owner, lambda: _process(upload, settings))
    logger.info("configuration uploaded", extra={"upload": str(upload), "processed": done})
    return {"processed": int(done)}


def _process(upload: Upload, settings: Settings) -> None:
    processed = _carried_out(upload, settings)
    result = processed.result
    place = f"s3://{upload.bucket}/{upload.result_key}"
    where = f"{place} is the result of a newer version." if processed.is_late else _written(upload, result)
    notifications.publish(settings.notifications_topic_arn, messages.message(result, str(upload), where))
    metrics.count(metrics.CONFIGURATIONS, outcome=result.outcome)
    if processed.error is not None:
        raise processed.error


def _carried_out(upload: Upload, settings: Settings) -> _Processed:
    try:
        document = documents.read(_content(upload))
        entries, found = config_entries.listed(document), _result_there(upload)
    except RefusedRequestError as refused:
        return _Processed(upload.result(errors=config_entries.problems(refused), message=str(refused)))
    except Exception as error:
        # No caller gets a response: whatever the error, it is reported before Lambda retries.
        logger.warning("unreadable", extra={"upload": str(upload)}, exc_info=True)
        return _Processed(upload.result(message=config_entries.reason(error, settings)), error)
    earlier = _ended(found) if found and upload.is_of(found) else {}
    is_late = found is not None and upload.is_older_than(found)
    newer = config_entries.pipelines_of(found.entries) if found and is_late else frozenset()
    carried = [
        config_entries.Carried(earlier[index])
        if index in earlier
        else config_entries.carry_out(index, entry, settings, newer)
        for index, entry in enumerate(entries, start=1)
    ]
    result = upload.result(is_list=isinstance(document, list), entries=[each.result for each in carried])
    return _Processed(result, next((each.error for each in carried if each.error), None), is_late)


def _content(upload: Upload) -> bytes:
    longest = documents.LONGEST_DOCUMENT
    return objects.uploaded_configuration(upload.bucket, upload.key, upload.version_id, longest)


def _ended(found: UploadResult) -> dict[int, EntryResult]:
    """Return the entries that an earlier attempt at this upload finished, by their index."""
    return {entry.index: entry for entry in found.entries if entry.outcome != "failed"}


def _result_there(upload: Upload) -> UploadResult | None:
    """Return the result beside the configuration, of an earlier attempt or of another version."""
    try:
        found = objects.beginning(upload.bucket, upload.result_key, _LONGEST_RESULT)
        return UploadResult.model_validate_json(found.content) if found is not None else None
    except ServiceBusyError:
        raise
    except (ServiceRefusedError, ValidationError):
        # There is none, or the object is not a result.
        return None


def _written(upload: Upload, result: UploadResult) -> str:
    """Write the result beside the configuration; return a sentence with its place, or with the failure."""
    place = f"s3://{upload.bucket}/{upload.result_key}"
    try:
        objects.store_result(upload.bucket, upload.result_key, result.as_json())
    except ServiceBusyError:
        raise
    except ServiceRefusedError as error:
        # The operator's own bucket may have a policy or a key that denies access to the orchestrator.
        logger.warning("result not written", extra={"place": place, "error": error.detail}, exc_info=True)
        return f"The result could not be written to {place}."
    return f"Result: {place}"
