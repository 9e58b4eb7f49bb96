# SPDX-License-Identifier: Apache-2.0
"""An entry of `evaluation_details`: an evaluation in words, or a file with its metrics (compatibility 5.1)."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from orchestrator.model_cards.fields import Datasets, Detail, JobArn, MetricFile, Observation, Title
from orchestrator.model_cards.metrics.metrics import MetricGroup
from orchestrator.model_cards.sections import Section
from orchestrator.values.common import Expect

_TYPES = (
    "model_card_metric_schema, clarify_bias, clarify_explainability, regression, binary_classification or "
    "multiclass_classification"
)
MetricFileType = Annotated[
    Literal[
        "model_card_metric_schema",
        "clarify_bias",
        "clarify_explainability",
        "regression",
        "binary_classification",
        "multiclass_classification",
    ],
    Expect(_TYPES),
]


class EvaluationDetail(Section):
    """One evaluation of the model."""

    name: Annotated[Title, Field(description="name of the evaluation")]
    metric_file_s3_url: Annotated[MetricFile | None, Field(description="file whose metrics are taken")] = None
    metric_type: Annotated[
        MetricFileType | None, Field(description=f"what wrote that file: {_TYPES}", validate_default=True)
    ] = None
    evaluation_observation: Annotated[Observation | None, Field(description="what was seen")] = None
    evaluation_job_arn: Annotated[JobArn | None, Field(description="ARN of the job that evaluated it")] = None
    datasets: Annotated[Datasets | None, Field(description="S3 URIs of the data, 10 at most")] = None
    metadata: Annotated[dict[str, Detail] | None, Field(description="texts by names of your own")] = None
    metric_groups: Annotated[list[MetricGroup] | None, Field(description="the metrics in groups")] = None

    @field_validator("metric_type")
    @classmethod
    def _goes_with_a_file(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "metric_file_s3_url" not in info.data:
            return value
        has_file = info.data["metric_file_s3_url"] is not None
        if has_file and value is None:
            raise PydanticCustomError("missing_type", f"is required with metric_file_s3_url and must be {_TYPES}")
        if value is not None and not has_file:
            raise PydanticCustomError("missing_file", "has no meaning without metric_file_s3_url: give the file, too")
        return value
