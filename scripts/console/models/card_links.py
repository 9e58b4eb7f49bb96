# SPDX-License-Identifier: Apache-2.0
"""Which card tells of which version: by the version's ARN, by a model that was made of it, or by its artifact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from scripts.console.models import card_content, sagemaker
from scripts.console.models.versions import Version

_MOST: Final = 100
"""Cards that are looked at: SageMaker's longest page of a search."""
_OF_VERSION: Final = ":model-package/"
_OF_MODEL: Final = ":model/"


@dataclass(frozen=True)
class Cards:
    """Names of the cards of a version, and what is not known of that."""

    names: tuple[str, ...] = ()
    doubt: str = ""


def cards_of(version: Version) -> Cards:
    """Return the cards that name a version by its ARN, and those of the newest that have its artifact."""
    try:
        named = _search(Filters=[{"Name": "ModelId", "Operator": "Equals", "Value": version.arn}])
        newest = _search()
    except ClientError as error:
        return Cards(doubt=str(error))
    same = (card for card in newest["Results"] if _is_of(version, card["ModelCard"]))
    names = tuple(dict.fromkeys(card["ModelCard"]["ModelCardName"] for card in (*named["Results"], *same)))
    left_out = newest.get("NextToken") and not names
    return Cards(names, f"Only the {_MOST} cards that were changed last were looked at." if left_out else "")


def version_of(content: Mapping[str, Any]) -> str:
    """Return the ARN of the version that a card tells of; empty if it does not name one."""
    model = str(card_content.overview(content).get("model_id", ""))
    if _OF_VERSION in model:
        return model
    return next(_packages(model.rpartition("/")[2]), "") if _OF_MODEL in model else ""


def _packages(model: str) -> Iterator[str]:
    """Yield the versions of which a model was made. A card may tell of a model that is not there any more."""
    try:
        found = sagemaker.client().describe_model(ModelName=model)
    except ClientError:
        return
    for container in (found.get("PrimaryContainer") or {}, *(found.get("Containers") or ())):
        if _OF_VERSION in container.get("ModelPackageName", ""):
            yield container["ModelPackageName"]


def _search(**expression: Any) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Search.html."""
    wanted = {"SearchExpression": expression} if expression else {}
    order = {"SortBy": "LastModifiedTime", "SortOrder": "Descending"}
    found: Mapping[str, Any] = sagemaker.client().search(Resource="ModelCard", MaxResults=_MOST, **order, **wanted)
    return found


def _is_of(version: Version, card: Mapping[str, Any]) -> bool:
    """Whether a card has the version's artifact, and names no other version."""
    overview = card_content.overview(card_content.read(card.get("Content")))
    model = str(overview.get("model_id", ""))
    names_another = _OF_VERSION in model and model != version.arn
    return not names_another and not version.artifacts.isdisjoint(overview.get("model_artifact") or ())
