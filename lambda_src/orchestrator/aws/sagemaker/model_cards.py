# SPDX-License-Identifier: Apache-2.0
"""SageMaker's model cards and their exports, in the form of the API.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelCard.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.aws.calls import calling, client, content_of

Answer = dict[str, Any]


def create(request: Mapping[str, Any]) -> None:
    """Call CreateModelCard."""
    with calling(f"create the model card {request['ModelCardName']}"):
        client("sagemaker").create_model_card(**request)


def describe(name: str, version: int | None = None) -> Answer:
    """Return the response of DescribeModelCard for a version, or for the latest."""
    chosen = {} if version is None else {"ModelCardVersion": version}
    with calling(f"describe the model card {name}"):
        answer = client("sagemaker").describe_model_card(ModelCardName=name, **chosen)
    return content_of(answer)


def arn(name: str) -> str:
    """Return the ARN of a card without reading its content."""
    with calling(f"describe the model card {name}"):
        found = client("sagemaker").describe_model_card(ModelCardName=name, IncludedData="MetadataOnly")
    return str(found["ModelCardArn"])


def update(name: str, change: Mapping[str, str]) -> None:
    """Call UpdateModelCard with either `Content` or `ModelCardStatus`: a call takes only one of them.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateModelCard.html
    """
    with calling(f"update the model card {name}"):
        client("sagemaker").update_model_card(ModelCardName=name, **change)


def delete(name: str) -> None:
    """Call DeleteModelCard."""
    with calling(f"delete the model card {name}"):
        client("sagemaker").delete_model_card(ModelCardName=name)


def page(filters: Mapping[str, Any]) -> Answer:
    """Return one response of ListModelCards."""
    with calling("list the model cards"):
        answer = client("sagemaker").list_model_cards(**filters)
    return content_of(answer)


def start_export(request: Mapping[str, Any]) -> str:
    """Call CreateModelCardExportJob; return the job's ARN."""
    with calling(f"export the model card {request['ModelCardName']}"):
        created = client("sagemaker").create_model_card_export_job(**request)
    return str(created["ModelCardExportJobArn"])


def describe_export(job_arn: str) -> Answer:
    """Return the response of DescribeModelCardExportJob."""
    with calling(f"describe the export job {job_arn}"):
        answer = client("sagemaker").describe_model_card_export_job(ModelCardExportJobArn=job_arn)
    return content_of(answer)
