# SPDX-License-Identifier: Apache-2.0
"""What the topic has sent, on the local AWS."""

from __future__ import annotations

import json
import urllib.request
from typing import Any, Final

from flask import Blueprint, abort, render_template

from mlops_orchestrator.aws.api_addresses import MAIL_PATH
from scripts.console import asked

part: Final = Blueprint("mail", __name__)
_SECONDS: Final = 10


@part.get("/mail")
def inbox() -> Any:
    """Show all mails, the newest first. AWS sends them to inboxes, where this page does not see them."""
    aws = asked.api().client.aws
    if not aws.is_local:
        abort(404, "AWS sends mails to the addresses that are subscribed to the topic.")
    # The address is that of a local AWS, so it is HTTP on this machine.
    with urllib.request.urlopen(f"{aws.endpoint_url}{MAIL_PATH}", timeout=_SECONDS) as answer:  # noqa: S310
        mails = json.load(answer)["mails"]
    return render_template("mail.html", mails=mails[::-1])
