# SPDX-License-Identifier: Apache-2.0
"""Minutes with calls, and the number of instances after each."""

from __future__ import annotations

from typing import Any, Final

from scripts.local_aws.cloudwatch import endpoint_metrics
from scripts.local_aws.cloudwatch.endpoint_metrics import Call, Source
from scripts.local_aws.server import LocalAws

PLACE: Final = ("123456789012", "us-east-1")
TARGET: Final = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}


def count_of(sm: Any, name: str) -> int:
    (variant,) = sm.describe_endpoint(EndpointName=name)["ProductionVariants"]
    return int(variant["CurrentInstanceCount"])


def minutes(aws: LocalAws, sm: Any, name: str, number: int, calls: int) -> list[int]:
    """Let minutes pass with so many calls in each; the numbers of instances after each."""
    found = []
    for _ in range(number):
        source = Source(PLACE, name, "AllTraffic", name, count_of(sm, name))
        for _ in range(calls):
            endpoint_metrics.record(source, Call(200, 1000, 500))
        aws.advance(60)
        found.append(count_of(sm, name))
    return found
