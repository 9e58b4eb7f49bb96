# SPDX-License-Identifier: Apache-2.0
"""Instructions for registering a job's model: one declaration for the request, the stored file and its reader.

A request has them under the key `register`. They are stored as JSON in the pipelines bucket, and read when the job has
ended and its model is registered. The limits are those of CreateModelPackage
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html).
"""

import json
from typing import Annotated, Final, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from orchestrator import reach
from orchestrator.values import common, things
from orchestrator.values.common import Expect, Names
from orchestrator.values.jobs import MediaType

_MOST_METRICS: Final = 40
"""Final metrics that SageMaker keeps for a job."""
_COMPARISON: Final = {"better_than", "comparison_metric", "margin", "comparison_instance_type"}
"""Keys that say something only together."""

PackageGroup = Annotated[
    str,
    Field(
        min_length=1,
        max_length=170,
        pattern=rf"^(arn:aws[a-z0-9-]*:sagemaker:[a-z0-9-]+:[0-9]{{12}}:model-package-group/)?{common.PACKAGE_GROUP_NAME}$",
    ),
    Expect("the name of a model package group, 63 letters, digits and inner hyphens at most, or the ARN of one"),
    Names(reach.PACKAGE_GROUP),
    things.A_PACKAGE_GROUP,
]

ApprovalStatus = Annotated[
    Literal["Approved", "Rejected", "PendingManualApproval"], Expect("Approved, Rejected or PendingManualApproval")
]

MetricName = Annotated[
    str,
    Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Expect("the name of a metric of the job", example="validation:auc"),
]

ComparisonMetric = Literal["rmse", "mae", "accuracy", "auc"]

Bound = Annotated[float, Field(strict=True, allow_inf_nan=False), Expect("a number")]

Description = Annotated[
    str,
    Field(max_length=1024, pattern=r"^[^\x00-\x1f\x7f]*$"),
    Expect("a text of 1024 characters at most, on one line"),
]


class Instructions(BaseModel):
    """Where the model of a job is registered, under which conditions, and what the version says of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    model_package_group_name: Annotated[
        PackageGroup, Field(description="name or ARN of the model package group that gets the version")
    ]
    approval_status: Annotated[ApprovalStatus, Field(description="approval status of the version")] = (
        "PendingManualApproval"
    )
    metrics: Annotated[
        list[MetricName],
        Field(max_length=_MOST_METRICS, description="metrics that the version tells of; all of the job when left out"),
    ] = []
    min_metric: Annotated[
        dict[MetricName, Bound],
        Field(max_length=_MOST_METRICS, description="metric and its least value; below it the version is Rejected"),
    ] = {}
    max_metric: Annotated[
        dict[MetricName, Bound],
        Field(max_length=_MOST_METRICS, description="metric and its greatest value; above it the version is Rejected"),
    ] = {}
    better_than: Annotated[
        Literal["", "deployed"],
        Expect("deployed"),
        Field(
            description="deployed: the version is Rejected unless it is better than the version of the group that is "
            "deployed, on the rows of validation_data"
        ),
    ] = ""
    comparison_metric: Annotated[
        ComparisonMetric | Literal[""],
        Expect("rmse, mae, accuracy or auc"),
        Field(description="what is compared (needed with better_than); of rmse and mae, less is better"),
    ] = ""
    margin: Annotated[
        float,
        Field(strict=True, ge=0, allow_inf_nan=False, description="by how much the version must be better at least"),
        Expect("a number, 0 at least"),
    ] = 0.0
    comparison_instance_type: Annotated[
        common.InstanceType, Field(description="instance type that asks both models for their predictions")
    ] = "ml.m5.large"
    inference_image_uri: Annotated[
        common.ImageUri, Field(description="image that serves the model, when it is not the one of the framework")
    ] = ""
    supported_content_types: Annotated[
        list[MediaType], Field(min_length=1, max_length=50, description="MIME types that the model takes")
    ] = ["text/csv"]
    supported_response_types: Annotated[
        list[MediaType], Field(min_length=1, max_length=50, description="MIME types that the model answers with")
    ] = ["text/csv"]
    description: Annotated[Description, Field(description="what the version says of itself")] = ""

    @property
    def compared_by(self) -> ComparisonMetric:
        """The metric of the comparison, which every request for one names."""
        return cast(ComparisonMetric, self.comparison_metric)

    def as_json(self) -> bytes:
        """Return the file's content; equal instructions have equal content, also of releases without comparisons."""
        content = self.model_dump(mode="json", exclude=None if self.better_than else _COMPARISON)
        return json.dumps(content, indent=4, sort_keys=True).encode()
