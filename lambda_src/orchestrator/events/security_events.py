# SPDX-License-Identifier: Apache-2.0
"""CloudTrail events of API calls that should never happen; people are notified of each."""

from __future__ import annotations

from typing import Final

CALL: Final = "AWS API Call via CloudTrail"
"""EventBridge's `detail-type`.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""
S3: Final = "aws.s3"
IAM: Final = "aws.iam"
EVENT_SOURCES: Final = {S3: "s3.amazonaws.com", IAM: "iam.amazonaws.com"}
"""EventBridge's `source` -> CloudTrail's `eventSource`."""
