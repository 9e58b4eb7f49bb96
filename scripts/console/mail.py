# SPDX-License-Identifier: Apache-2.0
"""What the topic has sent, on the local AWS."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, abort, render_template

from mlops_orchestrator.aws import local_mail
from scripts.console import asked

part: Final = Blueprint("mail", __name__)


@part.get("/mail")
def inbox() -> Any:
    """Show all mails, the newest first. AWS sends them to inboxes, where this page does not see them."""
    aws = asked.api().client.aws
    if not aws.is_local:
        abort(404, "AWS sends mails to the addresses that are subscribed to the topic.")
    return render_template("mail.html", mails=local_mail.kept(aws)[::-1])
