# SPDX-License-Identifier: Apache-2.0
"""Sections of a card in a request, and their form in the card's content (compatibility 5.1).

Keys and limits are those of SageMaker's published content schema
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-cards-json-schema.html). Where the request has another form,
`content()` converts it to the published one.
"""

from typing import Annotated, Any

from pydantic import ConfigDict, Field
from typing_extensions import override

from orchestrator.model_cards.fields import (
    Detail,
    EntityName,
    Facet,
    Goal,
    HyperParameterValue,
    Images,
    KmsKeyId,
    Locations,
    LongText,
    MetricName,
    ModelVersion,
    RiskRating,
    ShortText,
    Statement,
)
from orchestrator.values.common import NUMBER, Expect
from orchestrator.values.objects import TakesUnknownKeys

Content = dict[str, Any]


class Section(TakesUnknownKeys):
    """A part of a card."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def content(self) -> Content:
        """Return the part in the form of SageMaker's schema, with only the given members."""
        return self.model_dump(exclude_none=True)


def environment(images: list[str]) -> Content:
    """Return images in the form of the schema."""
    return {"container_image": images}


class ModelOverview(Section):
    """What the model is; with `model_name`, SageMaker tells its ARN, artifacts and images."""

    model_name: Annotated[
        EntityName | None, Field(description="name of a SageMaker model, from which the rest is found")
    ] = None
    model_id: Annotated[LongText | None, Field(description="ARN of the model, or its id elsewhere")] = None
    model_description: Annotated[LongText | None, Field(description="what the model does")] = None
    model_version: Annotated[ModelVersion | None, Field(description="version of the model")] = None
    problem_type: Annotated[LongText | None, Field(description="problem that it solves")] = None
    algorithm_type: Annotated[LongText | None, Field(description="algorithm that solves it")] = None
    model_creator: Annotated[LongText | None, Field(description="who made it")] = None
    model_owner: Annotated[LongText | None, Field(description="who answers for it")] = None
    model_artifact: Annotated[Locations | None, Field(description="S3 URIs of its artifacts, 15 at most")] = None
    inference_environment: Annotated[
        Images | None, Field(description="URIs of the images that serve it, 15 at most")
    ] = None

    @override
    def content(self) -> Content:
        found = super().content()
        if self.inference_environment is not None:
            found["inference_environment"] = environment(self.inference_environment)
        return found


class IntendedUses(Section):
    """What the model is for, and the risk of using it."""

    purpose_of_model: Annotated[Statement | None, Field(description="why it was made")] = None
    intended_uses: Annotated[Statement | None, Field(description="what it is to be used for, and what not")] = None
    factors_affecting_model_efficiency: Annotated[
        Statement | None, Field(description="what makes its answers better or worse")
    ] = None
    risk_rating: Annotated[RiskRating, Field(description="how much harm a wrong answer can do")] = "Unknown"
    explanations_for_risk_rating: Annotated[Statement | None, Field(description="why it has that rating")] = None


class BusinessDetails(Section):
    """What the model is worth to whom."""

    business_problem: Annotated[Statement | None, Field(description="problem of the business that it solves")] = None
    business_stakeholders: Annotated[Statement | None, Field(description="who has an interest in it")] = None
    line_of_business: Annotated[Statement | None, Field(description="part of the business that uses it")] = None


class ObjectiveFunction(Section):
    """What training optimised."""

    function: Annotated[Goal | None, Field(description="direction of the optimisation")] = None
    facet: Annotated[Facet | None, Field(description="metric that was optimised")] = None
    condition: Annotated[ShortText | None, Field(description="condition of the optimisation")] = None
    notes: Annotated[LongText | None, Field(description="anything else about it")] = None

    def content(self) -> Content:
        """Return function, facet and condition one level deeper than the notes."""
        given = super().content()
        notes = {"notes": given.pop("notes")} if "notes" in given else {}
        return ({"function": given} if given else {}) | notes


class TrainingMetric(Section):
    """A number that training ended with."""

    name: Annotated[MetricName, Field(description="name of the metric")]
    value: Annotated[float, NUMBER, Field(description="its value, a number", allow_inf_nan=False), Expect("a number")]
    notes: Annotated[LongText | None, Field(description="anything else about it")] = None


class HyperParameter(Section):
    """A setting of the algorithm."""

    name: Annotated[MetricName, Field(description="name of the hyperparameter")]
    value: Annotated[HyperParameterValue, Field(description="its value")]


_Metrics = Annotated[list[TrainingMetric], Field(max_length=50)]
_HyperParameters = Annotated[list[HyperParameter], Field(max_length=100)]


class TrainingJobDetails(Section):
    """How the model was trained."""

    training_arn: Annotated[LongText | None, Field(description="ARN of the training job")] = None
    training_datasets: Annotated[Locations | None, Field(description="S3 URIs of its data, 15 at most")] = None
    training_environment: Annotated[
        Images | None, Field(description="URIs of the images that trained it, 15 at most")
    ] = None
    training_metrics: Annotated[_Metrics | None, Field(description="metrics of the job, 50 at most")] = None
    user_provided_training_metrics: Annotated[
        _Metrics | None, Field(description="metrics that you add, 50 at most")
    ] = None
    hyper_parameters: Annotated[
        _HyperParameters | None, Field(description="hyperparameters of the job, 100 at most")
    ] = None
    user_provided_hyper_parameters: Annotated[
        _HyperParameters | None, Field(description="hyperparameters that you add, 100 at most")
    ] = None

    @override
    def content(self) -> Content:
        found = super().content()
        if self.training_environment is not None:
            found["training_environment"] = environment(self.training_environment)
        return found


class TrainingDetails(Section):
    """How the model was trained: found from the model or the training job, or in your words."""

    model_name: Annotated[
        EntityName | None, Field(description="name of a SageMaker model, whose one training job is looked for")
    ] = None
    training_job_name: Annotated[EntityName | None, Field(description="name of the training job")] = None
    objective_function: Annotated[ObjectiveFunction | None, Field(description="what training optimised")] = None
    training_observations: Annotated[LongText | None, Field(description="what was seen in training")] = None
    training_job_details: Annotated[TrainingJobDetails | None, Field(description="the job")] = None

    def content(self) -> Content:
        """Return the members given in words, without those that are looked up."""
        parts = {
            "objective_function": self.objective_function and self.objective_function.content(),
            "training_observations": self.training_observations,
            "training_job_details": self.training_job_details and self.training_job_details.content(),
        }
        return {key: value for key, value in parts.items() if value is not None}


class AdditionalInformation(Section):
    """Whatever else belongs into the card."""

    ethical_considerations: Annotated[Statement | None, Field(description="what to mind when using it")] = None
    caveats_and_recommendations: Annotated[Statement | None, Field(description="what to know before using it")] = None
    custom_details: Annotated[dict[str, Detail] | None, Field(description="texts by names of your own")] = None


class SecurityConfig(Section):
    """How SageMaker encrypts the card."""

    kms_key_id: Annotated[KmsKeyId, Field(description="id, ARN or alias of a KMS key")]
