# SPDX-License-Identifier: Apache-2.0
"""Model cards on the page: the list, and a card with its charts, to read, to print and to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import urlencode

from botocore.exceptions import ClientError
from flask import Blueprint, Response, abort, render_template, request, url_for

from mlops_orchestrator.client.answers import accepted
from scripts.console import asked, looks
from scripts.console.models import card_content, card_links, card_parts, sagemaker

part: Final = Blueprint("cards", __name__)
_STATUSES: Final = ("Draft", "PendingReview", "Approved", "Archived")


@dataclass(frozen=True)
class Card:
    """A version of a card."""

    told: Mapping[str, Any]
    """The answer of DescribeModelCard."""
    content: Mapping[str, Any]

    @classmethod
    def named(cls, name: str, version: str) -> Self:
        """Ask for a card, the newest version if none is named. Raise the client's errors."""
        if version and not version.isdecimal():
            abort(HTTPStatus.NOT_FOUND, "A version of a card is a number.")
        told = _asked("describe_model_card", name=name, version=int(version or 0))
        return cls(told, card_content.read(told.get("Content")))


@part.get("/cards")
def table() -> str:
    """Show a page of the cards, those made last first."""
    chosen = {name: request.args.get(name, "").strip() for name in ("name_contains", "status")}
    following = request.args.get("next", "")
    order = {"sort_by": "CreationTime", "sort_order": "Descending", "max_results": sagemaker.PAGE}
    page = _asked("list_model_cards", next_token=following, **chosen, **order)
    further = {**chosen, "next": page["NextToken"]} if page.get("NextToken") else {}
    return render_template(
        "cards.html",
        cards=page["ModelCardSummaries"],
        chosen=chosen,
        statuses=_STATUSES,
        further=f"{url_for('.table')}?{urlencode(further)}" if further else "",
    )


@part.get("/cards/<name>")
def show(name: str) -> str:
    """Show a card, or the version of the query, with its charts."""
    card = Card.named(name, request.args.get("version", ""))
    versions, hidden = _versions(name)
    return render_template(
        "card.html",
        card=card.told,
        parts=card_parts.of(card.content),
        package=card_links.version_of(card.content),
        versions=versions,
        hidden=hidden,
    )


@part.get("/cards/<name>/json")
def keep(name: str) -> Response:
    """Give a card as JSON, as a file to keep."""
    card = Card.named(name, request.args.get("version", ""))
    file = f'attachment; filename="{card.told["ModelCardName"]}-{card.told["ModelCardVersion"]}.json"'
    text = looks.pretty({**card.told, "Content": card.content})
    return Response(f"{text}\n", content_type="application/json", headers={"Content-Disposition": file})


def _asked(operation: str, **keys: Any) -> dict[str, Any]:
    """Return what the orchestrator tells of cards. Raise the client's errors."""
    given = {key: value for key, value in keys.items() if value}
    message: dict[str, Any] = accepted(asked.api().provision({"pipeline_type": operation, **given}))["message"]
    return message


def _versions(name: str) -> tuple[list[Mapping[str, Any]], str]:
    """Return the newest versions of a card, or why the person does not see them.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModelCardVersions.html
    """
    wanted = {"ModelCardName": name, "SortBy": "Version", "SortOrder": "Descending", "MaxResults": sagemaker.PAGE}
    try:
        return list(sagemaker.client().list_model_card_versions(**wanted)["ModelCardVersionSummaryList"]), ""
    except ClientError as error:
        return [], str(error)
