# SPDX-License-Identifier: Apache-2.0
"""Messages about calls that should never happen: a refused write to our buckets, a changed role of the solution.

The rules in `generator/root/observability/security_events.py` select the events. Their texts were chosen by the caller,
perhaps code in a container, so each is reduced to one line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger

from orchestrator.aws import claims, notifications
from orchestrator.aws.notifications import Message
from orchestrator.events.security_events import S3
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout

_REFUSED: Final = (
    "Something that ran under the role of a pipeline tried to change a bucket that the solution deploys from. S3 "
    "refused it: nothing was changed."
)
_FIND: Final = (
    "Next: no pipeline does this by itself. The role's name begins with that of the stack that made it: look at what "
    "that pipeline runs (the code of its model, its image or its build), and delete the pipeline if you do not trust "
    "it. Further attempts of this role on this bucket are not told again today; CloudTrail has them all."
)
_CHANGED: Final = (
    "Somebody changed a role or a policy of the solution itself, and not by CloudFormation. What the solution may do, "
    "or who may act as it, is no longer what its template says."
)
_RESTORE: Final = (
    "Next: ask who did it. If nobody meant it, take away the access of that identity first. Then have CloudFormation "
    "detect the drift of the root stack and put back by hand what it shows: a deployment of the same template changes "
    "nothing."
)

logger = Logger(service="orchestrator", child=True)


def called(event: dict[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Report a call that should not have been made: a refused write once per day, role and bucket; a change once.

    `owner` is the id of the invocation. Raises `OrchestratorError` when a retry may succeed.
    """
    marker, message = _refused_write(event) if event["source"] == S3 else _changed_role(event)

    def tell() -> None:
        notifications.publish(settings.notifications_topic_arn, message)

    told = claims.once(settings.launch.pipelines_bucket, f"{layout.REPORTED}{marker}", owner, tell)
    logger.warning("should never happen", extra={"call": message.subject, "told": told})
    return {"reported": int(told)}


def _refused_write(event: Mapping[str, Any]) -> tuple[str, Message]:
    """Return the marker's key and the message."""
    detail = event["detail"]
    bucket, key = (detail["requestParameters"].get(name, "") for name in ("bucketName", "key"))
    role = detail["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"]
    what = f"{detail['eventName']} {bucket}/{key}" if key else f"{detail['eventName']} {bucket}"
    text = "\n\n".join((_REFUSED, _facts(event, what), _FIND))
    marker = f"RefusedWrite/{bucket}/{role}/{detail['eventTime'][:10]}"
    return marker, Message(f"MLOps security: refused write to {bucket}", text)


def _changed_role(event: Mapping[str, Any]) -> tuple[str, Message]:
    """Return the marker's key and the message."""
    detail = event["detail"]
    named = detail["requestParameters"]
    changed = named.get("roleName") or named["policyArn"]
    text = "\n\n".join((_CHANGED, _facts(event, f"{detail['eventName']} {changed}"), _RESTORE))
    return f"ChangedRole/{detail['eventID']}", Message(f"MLOps security: {detail['eventName']} {changed}", text)


def _facts(event: Mapping[str, Any], what: str) -> str:
    detail = event["detail"]
    who = detail["userIdentity"]
    facts = {
        "What": what,
        "Who": who.get("arn") or who.get("principalId") or who["type"],
        "From": detail["sourceIPAddress"],
        "Account": who.get("accountId") or event["account"],
        "Region": detail["awsRegion"],
        "When": detail["eventTime"],
        "CloudTrail event": detail["eventID"],
    }
    return "\n".join(f"{name}: {' '.join(value.split())}" for name, value in facts.items())
