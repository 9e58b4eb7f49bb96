# SPDX-License-Identifier: Apache-2.0
"""CloudTrail's events about S3 calls that were refused to roles, as a trail with data events sends them to EventBridge.

They go to the account of the caller and to that of the bucket.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, Final

from moto.s3.models import s3_backends

from scripts.iam.statements import Principal
from scripts.local_aws.enforcement.operations import Operation
from scripts.local_aws.eventbridge import events

_CALL: Final = "AWS API Call via CloudTrail"


def tell_of_refusal(operation: Operation, principal: Principal, reason: str) -> None:
    """Put the event on the default buses. Refusals of services other than S3 are ignored."""
    bucket = operation.text("Bucket")
    if operation.service != "s3" or not bucket:
        return
    _, owner = s3_backends.bucket_accounts.get(bucket, ("", principal.account))
    for account in sorted({owner, principal.account}):
        detail = _record(operation, principal, reason, account)
        events.emit("aws.s3", _CALL, detail, [], account, operation.region)


def _record(operation: Operation, principal: Principal, reason: str, recipient: str) -> dict[str, Any]:
    # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    role = {"type": "Role", "arn": principal.role_arn, "accountId": principal.account}
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": principal.arn,
            "accountId": principal.account,
            "sessionContext": {"sessionIssuer": {**role, "userName": principal.role_arn.rpartition("/")[2]}},
        },
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "s3.amazonaws.com",
        "eventName": operation.name,
        "awsRegion": operation.region,
        "sourceIPAddress": "127.0.0.1",
        "errorCode": "AccessDenied",
        "errorMessage": reason,
        "requestParameters": {"bucketName": operation.text("Bucket"), "key": operation.text("Key")},
        "responseElements": None,
        "eventID": str(uuid.uuid4()),
        "eventType": "AwsApiCall",
        "recipientAccountId": recipient,
    }
