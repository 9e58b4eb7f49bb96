# SPDX-License-Identifier: Apache-2.0
"""Endpoints of this account."""

from __future__ import annotations

from typing import Final

from orchestrator.aws.calls import calling, client
from orchestrator.errors import ServiceRefusedError

# The first is what people have met; the second is how SageMaker says so of other things.
_NOT_THERE: Final = frozenset({"ValidationException", "ResourceNotFound"})


def real_name(name: str) -> str:
    """The name of an endpoint as SageMaker spells it, for one that differs in case at most; empty where there is none.

    SageMaker keeps the case of a name and makes no two that differ in case alone. AWS does not say whether
    DescribeEndpoint heeds it: where it does, the name in lower case is tried, too.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html
    """
    for spelling in dict.fromkeys((name, name.lower())):
        try:
            with calling(f"describe the endpoint {spelling}"):
                return str(client("sagemaker").describe_endpoint(EndpointName=spelling)["EndpointName"])
        except ServiceRefusedError as refused:
            if refused.code not in _NOT_THERE:
                raise
    return ""
