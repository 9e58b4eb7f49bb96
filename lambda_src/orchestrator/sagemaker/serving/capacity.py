# SPDX-License-Identifier: Apache-2.0
"""Facts about the capacity of endpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_BURSTABLE: Final = re.compile(r"ml\.t[0-9]")

NOT_SERVERLESS: Final[Mapping[str, str]] = {
    "async_inference": "SageMaker queues requests for instances only",
    "autoscaling": "it scales by itself, between none and max_concurrency",
    "variants": "SageMaker has one variant for such an endpoint",
    "shadow_variant": "SageMaker has one variant for such an endpoint",
    "containers": "SageMaker runs one container for such an endpoint",
    "vpc": "SageMaker runs it outside of VPCs",
    "network_isolation": "SageMaker cannot isolate it",
    "volume_size": "there are no instances with volumes",
    "model_data_prefix": "SageMaker takes model.tar.gz for such an endpoint",
    "model_id": "SageMaker takes model.tar.gz for such an endpoint, and has no GPUs for it",
}
"""Key of a request -> why it cannot be with a serverless endpoint.

https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html#serverless-endpoints-how-it-works-exclusions
"""

NOT_ASYNC: Final[Mapping[str, str]] = {
    "variants": "a request that waits cannot name a variant, and the queue is one for all",
    "shadow_variant": "SageMaker has no shadows of such an endpoint",
    "model_id": "its route for chat answers at once",
    "smoke_test": "it compares an answer, and such an endpoint answers later",
}
"""Key of a request -> why it cannot be with an asynchronous endpoint.

https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointAsync.html (no TargetVariant)
Updates in steps are there: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
"""


def is_burstable(instance_type: str) -> bool:
    """True for instance types whose number SageMaker refuses to scale.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-policy.html
    """
    return _BURSTABLE.match(instance_type) is not None
