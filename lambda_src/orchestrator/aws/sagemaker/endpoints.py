# SPDX-License-Identifier: Apache-2.0
"""Endpoints of this account."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.aws.calls import calling, client
from orchestrator.errors import ServiceRefusedError

# The first is what people have met; the second is how SageMaker says so of other things.
_NOT_THERE: Final = frozenset({"ValidationException", "ResourceNotFound"})


def describe(name: str) -> dict[str, Any]:
    """Return the response of DescribeEndpoint."""
    with calling(f"describe the endpoint {name}"):
        answer: dict[str, Any] = client("sagemaker").describe_endpoint(EndpointName=name)
    return answer


def real_name(name: str) -> str:
    """Return an endpoint's name as SageMaker spells it, ignoring case; empty if there is no such endpoint.

    SageMaker keeps the case of a name, and allows no two names that differ only in case. AWS does not document whether
    DescribeEndpoint distinguishes case, so the name in lower case is tried, too.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html
    """
    for spelling in dict.fromkeys((name, name.lower())):
        try:
            return str(describe(spelling)["EndpointName"])
        except ServiceRefusedError as refused:
            if refused.code not in _NOT_THERE:
                raise
    return ""
