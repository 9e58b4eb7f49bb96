# SPDX-License-Identifier: Apache-2.0
"""SageMaker's model cards and their exports, as SageMaker describes them.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelCard.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.aws.calls import calling, client

Answer = dict[str, Any]


def create(request: Mapping[str, Any]) -> None:
    """CreateModelCard."""
    with calling(f"create the model card {request['ModelCardName']}"):
        client("sagemaker").create_model_card(**request)


def describe(name: str, version: int | None = None) -> Answer:
    """DescribeModelCard's answer as it is: of one version, or of the latest."""
    chosen = {} if version is None else {"ModelCardVersion": version}
    with calling(f"describe the model card {name}"):
        answer: Answer = client("sagemaker").describe_model_card(ModelCardName=name, **chosen)
    return answer


def arn(name: str) -> str:
    """The ARN of a card; its content is not read."""
    with calling(f"describe the model card {name}"):
        found = client("sagemaker").describe_model_card(ModelCardName=name, IncludedData="MetadataOnly")
    return str(found["ModelCardArn"])


def update(name: str, change: Mapping[str, str]) -> None:
    """UpdateModelCard with either `Content` or `ModelCardStatus`: SageMaker takes one of them in a call.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateModelCard.html
    """
    with calling(f"update the model card {name}"):
        client("sagemaker").update_model_card(ModelCardName=name, **change)


def delete(name: str) -> None:
    """DeleteModelCard."""
    with calling(f"delete the model card {name}"):
        client("sagemaker").delete_model_card(ModelCardName=name)


def page(filters: Mapping[str, Any]) -> Answer:
    """One answer of ListModelCards as it is."""
    with calling("list the model cards"):
        answer: Answer = client("sagemaker").list_model_cards(**filters)
    return answer


def start_export(request: Mapping[str, Any]) -> str:
    """CreateModelCardExportJob; gives the job's ARN."""
    with calling(f"export the model card {request['ModelCardName']}"):
        created = client("sagemaker").create_model_card_export_job(**request)
    return str(created["ModelCardExportJobArn"])


def describe_export(job_arn: str) -> Answer:
    """DescribeModelCardExportJob's answer as it is."""
    with calling(f"describe the export job {job_arn}"):
        answer: Answer = client("sagemaker").describe_model_card_export_job(ModelCardExportJobArn=job_arn)
    return answer
