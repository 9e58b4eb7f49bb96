# SPDX-License-Identifier: Apache-2.0
"""Limits of the time that a training job may wait for spot instances, including the run.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from moto.sagemaker.exceptions import ValidationError

_DEFAULT_RUN: Final = 86_400
_LONGEST_WAIT: Final = 3_600
# Repositories of SageMaker's algorithms whose images write no checkpoints, in accounts of SageMaker's own; XGBoost's
# first version is one of them. https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
_WITHOUT_CHECKPOINTS: Final = re.compile(
    r"[0-9]{12}\.dkr\.ecr\.[a-z0-9.-]+/("
    r"(blazingtext|factorization-machines|forecasting-deepar|ipinsights|kmeans|knn|lda|linear-learner|ntm|object2vec"
    r"|pca|randomcutforest|seq2seq):.+"
    r"|xgboost:(1|latest))"
)


def check(request: Mapping[str, Any]) -> None:
    """Refuse contradictory times of a training job, or of a tuning job's definition. Raise ValidationError."""
    condition = request.get("StoppingCondition") or {}
    longest_wait = condition.get("MaxWaitTimeInSeconds", 0)
    if not request.get("EnableManagedSpotTraining"):
        if longest_wait:
            raise ValidationError("MaxWaitTimeInSeconds above 0, but EnableManagedSpotTraining is not set to true")
        return
    if longest_wait < condition.get("MaxRuntimeInSeconds", _DEFAULT_RUN):
        raise ValidationError(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
        )
    image = request["AlgorithmSpecification"].get("TrainingImage", "")
    if longest_wait > _LONGEST_WAIT and _WITHOUT_CHECKPOINTS.fullmatch(image):
        # AWS documents the limit, but not the message.
        raise ValidationError(
            "Invalid MaxWaitTimeInSeconds. SageMaker built-in algorithms that do not checkpoint are limited to a "
            f"MaxWaitTimeInSeconds of {_LONGEST_WAIT} seconds"
        )
