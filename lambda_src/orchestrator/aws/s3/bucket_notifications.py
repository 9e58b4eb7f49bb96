# SPDX-License-Identifier: Apache-2.0
"""The notification settings of an S3 bucket."""

from __future__ import annotations

from typing import Final

from orchestrator.aws.calls import calling, client

_EVENTBRIDGE: Final = "EventBridgeConfiguration"


def turn_on_eventbridge(bucket: str) -> None:
    """Make the bucket send its events to EventBridge, in addition to its present notifications."""
    with calling(f"turn on EventBridge for the bucket {bucket}"):
        s3 = client("s3")
        present = s3.get_bucket_notification_configuration(Bucket=bucket)
        present.pop("ResponseMetadata", None)
        if _EVENTBRIDGE not in present:
            s3.put_bucket_notification_configuration(
                Bucket=bucket, NotificationConfiguration={**present, _EVENTBRIDGE: {}}
            )
