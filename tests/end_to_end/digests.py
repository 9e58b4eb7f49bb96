# SPDX-License-Identifier: Apache-2.0
"""The daily digest of a launched orchestrator: let its rule fire, read the mail, and say what was spent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
RULE: Final = "DigestRule"


def made(orchestrator: Orchestrator) -> dict[str, str]:
    """Logical id -> physical id of what a root stack has for the digest."""
    return {
        one["LogicalResourceId"]: one["PhysicalResourceId"]
        for one in orchestrator.resources(orchestrator.deployment.stack_name)
        if one["LogicalResourceId"] == RULE and not one["ResourceStatus"].startswith("DELETE")
    }


def fire(orchestrator: Orchestrator, moment: datetime) -> None:
    """Let the rule fire, as of a time."""
    rule, deployment = made(orchestrator)[RULE], orchestrator.deployment
    url = f"{deployment.aws.endpoint_url}/_events/{rule}?at={moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    status, body = deployment.api.client.post(url, b"")
    assert status == 200, body


def mails(orchestrator: Orchestrator, day: datetime) -> list[dict[str, Any]]:
    """The digests of a day that the topic has sent by mail."""
    deployment = orchestrator.deployment
    _, body = deployment.api.client.send("GET", f"{deployment.aws.endpoint_url}/_mail")
    topic, begin = deployment.outputs["NotificationsTopicArn"], f"MLOps digest {day:%Y-%m-%d}: "
    listed = [mail for mail in json.loads(body)["mails"] if mail["topic"] == topic]
    return [mail for mail in listed if mail["subject"].startswith(begin)]


def spent(orchestrator: Orchestrator, *days: dict[str, Any]) -> None:
    """Have Cost Explorer answer this to whoever asks next."""
    deployment = orchestrator.deployment
    url = f"{deployment.aws.endpoint_url}/moto-api/static/ce/cost-and-usage-results"
    answer = {"ResultsByTime": list(days), "DimensionValueAttributes": []}
    status, body = deployment.api.client.post(url, json.dumps({"results": [answer]}).encode())
    assert status == 201, body


def day_of(first: datetime, groups: dict[str, str], application: str) -> dict[str, Any]:
    """A day of Cost Explorer: value of the pipeline's tag -> amount."""
    listed = [
        {
            "Keys": [f"mlops:application${application}", f"mlops:pipeline${pipeline}"],
            "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}},
        }
        for pipeline, amount in groups.items()
    ]
    period = {"Start": f"{first:%Y-%m-%d}", "End": f"{first + timedelta(days=1):%Y-%m-%d}"}
    return {"TimePeriod": period, "Total": {}, "Groups": listed, "Estimated": True}
