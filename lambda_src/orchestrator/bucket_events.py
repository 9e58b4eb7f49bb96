# SPDX-License-Identifier: Apache-2.0
"""Custom resource `Custom::BucketEvents`: turns on EventBridge for a bucket that the operator already had.

The bucket's other notifications stay as they are. Deleting the resource keeps the setting: others may rely on it, and
it costs nothing. Protocol: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import json
import urllib.request
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from orchestrator.aws.s3 import bucket_notifications
from orchestrator.errors import ServiceRefusedError

logger = Logger(service="bucket-events")

_ANSWER_TIMEOUT_SECONDS: Final = 10


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Do the work, and report success or failure to CloudFormation."""
    bucket = event["ResourceProperties"]["BucketName"]
    reason = ""
    try:
        if event["RequestType"] != "Delete":
            bucket_notifications.turn_on_eventbridge(bucket)
    except Exception as error:
        # Report any error: without a response CloudFormation waits for an hour.
        logger.exception("failed")
        reason = (
            f"{error} {error.detail}" if isinstance(error, ServiceRefusedError) else f"{type(error).__name__}: {error}"
        )
    _answer(event, bucket, reason or f"see the log stream {context.log_stream_name}", succeeded=not reason)


def _answer(event: dict[str, Any], physical_id: str, reason: str, *, succeeded: bool) -> None:
    body = {
        "Status": "SUCCESS" if succeeded else "FAILED",
        "Reason": reason,
        "PhysicalResourceId": physical_id,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # The address is CloudFormation's own, from the event. S3 signed it without a content type.
    request = urllib.request.Request(  # noqa: S310
        event["ResponseURL"], data=json.dumps(body).encode(), method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(request, timeout=_ANSWER_TIMEOUT_SECONDS):  # noqa: S310
        pass
