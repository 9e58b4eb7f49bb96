# SPDX-License-Identifier: Apache-2.0
"""The registry on the page: groups, their versions, and a version with its approval."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from botocore.exceptions import ClientError
from flask import Blueprint, abort, redirect, render_template, request, url_for

from scripts.console.models import card_links, card_parts, sagemaker
from scripts.console.models import deployed as deployments
from scripts.console.models.versions import APPROVED, PENDING, REJECTED, Version

part: Final = Blueprint("models", __name__)
_DECISIONS: Final = {"approve": APPROVED, "reject": REJECTED}
_SILENT: Final = "Approved without a comment."
"""Without words, those of an earlier rejection would stay."""
_IS_VERSION: Final = ":model-package/"


@part.get("/models")
def groups() -> Any:
    """Show model package groups; an ARN, which may be of another account, leads to its group."""
    name = request.args.get("name", "").strip()
    if name.startswith("arn:"):
        return redirect(url_for(".versions", name=name), HTTPStatus.SEE_OTHER)
    page = sagemaker.groups(name, request.args.get("next", ""))
    return render_template("groups.html", groups=page.entries, name=name, further=_further(page.following, name=name))


@part.get("/models/<path:name>")
def versions(name: str) -> str:
    """Show a page of the versions of a group, the newest first."""
    status = request.args.get("status", "")
    group = sagemaker.group(name)
    page = sagemaker.versions(name, status, request.args.get("next", ""))
    found = [Version.of(one) for one in page.entries]
    return render_template(
        "versions.html",
        group=group,
        name=name,
        versions=found,
        models=sorted({one.model for one in found} - {""}),
        status=status,
        statuses=(APPROVED, REJECTED, PENDING),
        further=_further(page.following, status=status),
    )


@part.get("/deployed/<path:name>")
def deployed(name: str) -> str:
    """Show where versions of a group are deployed, or the one of the query. Pages take it once it is there.

    The names of its models are in the query, too: pipelines that deploy them may have these.
    """
    found = deployments.of_group(name, request.args.getlist("model"))
    arn = request.args.get("arn", "")
    wanted = [one for one in found.deployments if arn in ("", one.arn)]
    return render_template("deployed.html", name=name, deployments=wanted, unasked=found.unasked)


@part.get("/versions/<path:arn>")
def show(arn: str) -> str:
    """Show all of a version."""
    return _shown(arn)


@part.post("/versions/<path:arn>")
def decide(arn: str) -> Any:
    """Approve or reject a version; a rejection needs a reason. What AWS refuses is said where it was asked."""
    words = request.form.get("words", "").strip()
    status = _DECISIONS.get(request.form.get("decision", ""))
    if status is None:
        abort(HTTPStatus.BAD_REQUEST, "The decision is approve or reject.")
    if status == REJECTED and not words:
        return _shown(arn, "Give a reason: others will read why it was rejected."), HTTPStatus.BAD_REQUEST
    try:
        sagemaker.decide(arn, status, words or _SILENT)
    except ClientError as error:
        told = error.response["Error"]
        refusal = f"Nothing was changed: AWS answered {told['Code']} to {error.operation_name}. {told['Message']}"
        return _shown(arn, refusal, words), HTTPStatus.CONFLICT
    return redirect(url_for(".show", arn=arn), HTTPStatus.SEE_OTHER)


def _shown(arn: str, trouble: str = "", words: str = "") -> str:
    if _IS_VERSION not in arn:
        abort(HTTPStatus.NOT_FOUND, "A version is named by its ARN.")
    version = Version.of(sagemaker.version(arn))
    cards = card_links.cards_of(version)
    parts = card_parts.of(version.card)
    return render_template("version.html", version=version, cards=cards, card=parts, trouble=trouble, words=words)


def _further(following: str, **chosen: str) -> str:
    """Return the address of the next page; empty after the last."""
    return f"{request.path}?{urlencode({**chosen, 'next': following})}" if following else ""
