# SPDX-License-Identifier: Apache-2.0
"""`mlops-config.json` dropped into the configuration bucket: the same as a call of `/provisionpipeline` (contract 1.5).

Nobody waits for an answer, so the outcome goes to the notifications topic, good or bad. A request that is wrong is
reported once. When AWS fails, the event is reported and raised, so that Lambda tries it again and keeps what never
succeeds in the dead-letter queue (defects 41 to 43).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from aws_lambda_powertools import Logger

from orchestrator import documents, service
from orchestrator.aws import notifications, objects
from orchestrator.errors import OrchestratorError, RefusedRequest, ServiceRefused
from orchestrator.settings import Settings

EVENT_SOURCE: Final = "aws.s3"

logger = Logger(service="orchestrator", child=True)


@dataclass(frozen=True)
class Upload:
    """The version of an object that an `Object Created` event tells of.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """

    bucket: str
    key: str
    version_id: str | None

    @classmethod
    def of(cls, event: dict[str, Any]) -> Upload:
        """Read the event; a `KeyError` means that it is not S3's."""
        detail = event["detail"]
        return cls(detail["bucket"]["name"], detail["object"]["key"], detail["object"].get("version-id"))

    def __str__(self) -> str:
        version = f" (version {self.version_id})" if self.version_id else ""
        return f"s3://{self.bucket}/{self.key}{version}"


def handle(event: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Provision what the uploaded configuration asks for and report the outcome.

    What is worth another try is raised, after the report.
    """
    upload = Upload.of(event)
    logger.info("configuration uploaded", extra={"upload": str(upload)})
    try:
        answer = _provision(upload, settings)
    except RefusedRequest as refused:
        _report(settings, "refused", _refusal(upload, refused))
        return {"refused": len(refused.problems)}
    except Exception as failed:
        # Nobody waits for an answer: whatever it is, people hear of it before Lambda tries again.
        _report(settings, "failed", _failure(upload, failed, settings))
        raise
    _report(settings, "accepted", f"The configuration {upload} was accepted.\n\n{json.dumps(answer, indent=4)}")
    return answer


def _provision(upload: Upload, settings: Settings) -> dict[str, Any]:
    longest = documents.LONGEST_DOCUMENT
    content = objects.uploaded_configuration(upload.bucket, upload.key, upload.version_id, longest)
    return service.provision_pipeline(documents.read(content), settings)


def _report(settings: Settings, outcome: str, message: str) -> None:
    notifications.publish(settings.notifications_topic_arn, f"MLOps configuration {outcome}", message)


def _refusal(upload: Upload, refused: RefusedRequest) -> str:
    listed = "\n".join(f"- {problem}" for problem in refused.problems)
    return (
        f"The configuration {upload} was refused; nothing was created.\n\n{listed}\n\nCorrect it and upload it again."
    )


def _failure(upload: Upload, failed: Exception, settings: Settings) -> str:
    reason = str(failed) if isinstance(failed, OrchestratorError) else "An unexpected error occurred; the log has it."
    detail = failed.detail if isinstance(failed, ServiceRefused) and settings.allow_detailed_error_message else ""
    outcome = f"The configuration {upload} could not be carried out."
    return "\n\n".join(filter(None, [outcome, reason, detail, "It is tried again, twice at most."]))
