# SPDX-License-Identifier: Apache-2.0
"""Field types of model cards only; see `orchestrator/values/common.py` for field types in general.

The limits of texts and lists are those of SageMaker's published schema for a card's content
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-cards-json-schema.html). The limits of names are the API's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from orchestrator import reach
from orchestrator.values.common import NUMBER, Expect, Names

_ENTITY: Final = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
_BUCKET: Final = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"


def _scalar_as_text(value: Any) -> Any:
    """Return a JSON number or boolean as its JSON text; any other value unchanged."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _images(value: Any) -> Any:
    """Return the list inside the published form of an environment, as in responses of DescribeModelCard."""
    return value["container_image"] if isinstance(value, dict) and list(value) == ["container_image"] else value


def _in_utc(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def is_number(value: Any) -> bool:
    """True if a value is a JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


EntityName = Annotated[
    str,
    Field(min_length=1, max_length=63, pattern=rf"^{_ENTITY}$"),
    Expect("63 letters, digits and inner hyphens at most", example="harbour-delay-card"),
]

Status = Annotated[
    Literal["Draft", "PendingReview", "Approved", "Archived"],
    Expect("Draft, PendingReview, Approved or Archived"),
]

Version = Annotated[int, Field(ge=1), NUMBER, Expect("a whole number, 1 at least")]

ModelVersion = Annotated[int | float, Field(ge=1), NUMBER, Expect("a number, 1 at least")]

ExportJobArn = Annotated[
    str,
    Field(
        max_length=256,
        pattern=rf"^arn:aws[a-z-]*:sagemaker:[a-z0-9-]{{9,16}}:[0-9]{{12}}:model-card/{_ENTITY}/export-job/{_ENTITY}$",
    ),
    Expect(
        "the ARN of an export job, as export_model_card answered it",
        example="arn:aws:sagemaker:eu-west-1:111122223333:model-card/harbour-delay-card/export-job/first",
    ),
]

KmsKeyId = Annotated[
    str,
    Field(min_length=1, max_length=2048, pattern=r"^[a-zA-Z0-9:/_-]+$"),
    Expect("the id, ARN or alias of a KMS key"),
    Names(reach.KEY),
]

PageSize = Annotated[int, Field(ge=1, le=100), NUMBER, Expect("a whole number, 1 to 100")]

NextToken = Annotated[str, Field(min_length=1, max_length=8192), Expect("the NextToken of an earlier answer")]

Moment = Annotated[
    datetime,
    AfterValidator(_in_utc),
    Expect("a time in ISO 8601, in UTC when it has no offset", example="2026-11-22T09:30:00Z"),
]

SortBy = Annotated[Literal["Name", "CreationTime"], Expect("Name or CreationTime")]

SortOrder = Annotated[Literal["Ascending", "Descending"], Expect("Ascending or Descending")]

RiskRating = Annotated[Literal["High", "Medium", "Low", "Unknown"], Expect("High, Medium, Low or Unknown")]

Goal = Annotated[Literal["Maximize", "Minimize"], Expect("Maximize or Minimize")]

Facet = Annotated[Literal["Accuracy", "AUC", "Loss", "MAE", "RMSE"], Expect("Accuracy, AUC, Loss, MAE or RMSE")]

ShortText = Annotated[str, Field(max_length=63), Expect("a text of 63 characters at most")]

LongText = Annotated[str, Field(max_length=1024), Expect("a text of 1024 characters at most")]

Statement = Annotated[str, Field(max_length=2048), Expect("a text of 2048 characters at most")]

Observation = Annotated[str, Field(max_length=2096), Expect("a text of 2096 characters at most")]

JobArn = Annotated[str, Field(max_length=256), Expect("an ARN, 256 characters at most")]

Title = Annotated[
    str,
    Field(min_length=1, max_length=63, pattern=r"^.+$"),
    Expect("one line of 1 to 63 characters", example="holdout"),
]

MetricName = Annotated[
    str, Field(min_length=1, max_length=255, pattern=r"^.+$"), Expect("one line of 1 to 255 characters", example="auc")
]

HyperParameterValue = Annotated[
    str,
    Field(min_length=1, max_length=255, pattern=r"^.+$"),
    BeforeValidator(_scalar_as_text),
    Expect("one line of 1 to 255 characters"),
]

Detail = Annotated[
    str, Field(max_length=1024), BeforeValidator(_scalar_as_text), Expect("a text of 1024 characters at most")
]

Locations = Annotated[list[LongText], Field(max_length=15)]
"""Addresses of artifacts or data sets."""

Datasets = Annotated[list[LongText], Field(max_length=10)]

Images = Annotated[list[LongText], Field(max_length=15), BeforeValidator(_images)]
"""URIs of container images; also accepted in the published form."""

MetricFile = Annotated[
    str,
    Field(max_length=1100, pattern=rf"^s3://{_BUCKET}/.+$"),
    Expect("the S3 URI of a JSON file", example="s3://my-bucket/evaluation/statistics.json"),
    Names(reach.BUCKET),
]
