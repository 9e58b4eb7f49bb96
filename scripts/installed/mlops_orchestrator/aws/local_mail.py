# SPDX-License-Identifier: Apache-2.0
"""Mails that the topic has sent on a local AWS, which keeps them to be read."""

from __future__ import annotations

import json
import urllib.request
from typing import Any, Final

from mlops_orchestrator.aws.api_addresses import MAIL_PATH
from mlops_orchestrator.aws.aws_access import Aws

_SECONDS: Final = 10


def kept(aws: Aws) -> list[dict[str, Any]]:
    """Return all mails, the oldest first: `number`, `sent_at`, `to`, `subject`, `text`."""
    # The address is that of a local AWS, so it is HTTP on this machine.
    with urllib.request.urlopen(f"{aws.endpoint_url}{MAIL_PATH}", timeout=_SECONDS) as answer:  # noqa: S310
        mails: list[dict[str, Any]] = json.load(answer)["mails"]
    return mails
