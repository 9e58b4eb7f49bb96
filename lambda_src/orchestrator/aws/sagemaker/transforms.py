# SPDX-License-Identifier: Apache-2.0
"""SageMaker's models and transform jobs that the orchestrator makes itself. Each call can be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.aws.calls import calling, client
from orchestrator.errors import ServiceRefusedError

# SageMaker has no code of its own for a model's name that is taken.
_MODEL_IS_THERE: Final = "already existing"
_JOB_IS_THERE: Final = "ResourceInUse"
_NO_MODEL: Final = "Could not find"


def create_model(request: Mapping[str, Any]) -> None:
    """Call CreateModel; a model of this name that is there stays.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html
    """
    try:
        with calling(f"make the model {request['ModelName']}"):
            client("sagemaker").create_model(**request)
    except ServiceRefusedError as error:
        if _MODEL_IS_THERE not in error.detail:
            raise


def delete_model(name: str) -> None:
    """Call DeleteModel, whether there is one or not.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteModel.html
    """
    try:
        with calling(f"delete the model {name}"):
            client("sagemaker").delete_model(ModelName=name)
    except ServiceRefusedError as error:
        if _NO_MODEL not in error.detail:
            raise


def start(request: Mapping[str, Any]) -> None:
    """Call CreateTransformJob; a job of this name that is there goes on.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
    """
    try:
        with calling(f"start the transform job {request['TransformJobName']}"):
            client("sagemaker").create_transform_job(**request)
    except ServiceRefusedError as error:
        if error.code != _JOB_IS_THERE:
            raise
