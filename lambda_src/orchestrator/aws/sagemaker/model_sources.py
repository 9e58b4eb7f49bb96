# SPDX-License-Identifier: Apache-2.0
"""SageMaker's descriptions of a model's origin: models, model packages, training jobs; and searches for them."""

from __future__ import annotations

from itertools import islice
from typing import Any

from orchestrator.aws.calls import calling, client

Answer = dict[str, Any]


def describe_model(name: str) -> Answer:
    """Return the response of DescribeModel."""
    with calling(f"describe the model {name}"):
        answer: Answer = client("sagemaker").describe_model(ModelName=name)
    return answer


def describe_model_package(name_or_arn: str) -> Answer:
    """Return the response of DescribeModelPackage."""
    with calling(f"describe the model package {name_or_arn}"):
        answer: Answer = client("sagemaker").describe_model_package(ModelPackageName=name_or_arn)
    return answer


def describe_training_job(name: str) -> Answer:
    """Return the response of DescribeTrainingJob."""
    with calling(f"describe the training job {name}"):
        answer: Answer = client("sagemaker").describe_training_job(TrainingJobName=name)
    return answer


def search(resource: str, name: str, value: str, most: int) -> list[Answer]:
    """Return the first resources of a kind that have a property with this value, `most` at most.

    `resource` and `name` are those of Search, e.g. `TrainingJob` and `ModelArtifacts.S3ModelArtifacts`.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Search.html
    """
    expression = {"Filters": [{"Name": name, "Operator": "Equals", "Value": value}]}
    with calling(f"search for {resource} with {name}"):
        pages = client("sagemaker").get_paginator("search").paginate(Resource=resource, SearchExpression=expression)
        return list(islice((result[resource] for found in pages for result in found["Results"]), most))
