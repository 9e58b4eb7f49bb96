# SPDX-License-Identifier: Apache-2.0
"""Endpoints of this account, or of another one by clients that act there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.aws.calls import Clients, calling, client
from orchestrator.errors import ServiceRefusedError

NOT_THERE: Final = frozenset({"ValidationException", "ResourceNotFound"})
"""How SageMaker refuses: the first is what people have met; the second is how SageMaker says so of other things."""
IN_SERVICE: Final = "InService"
CHANGING: Final = frozenset({"Creating", "Updating", "RollingBack", "SystemUpdating"})
"""Statuses of an endpoint that takes no other change until that one has ended."""


def describe(name: str, clients: Clients = client) -> dict[str, Any]:
    """Return the response of DescribeEndpoint."""
    with calling(f"describe the endpoint {name}"):
        answer: dict[str, Any] = clients("sagemaker").describe_endpoint(EndpointName=name)
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
            if refused.code not in NOT_THERE:
                raise
    return ""


def change_weights(name: str, weights: Mapping[str, float], clients: Clients = client) -> None:
    """Begin to give variants of an endpoint these weights; the others keep theirs, and all keep their instances."""
    wanted = [{"VariantName": variant, "DesiredWeight": weight} for variant, weight in weights.items()]
    with calling(f"change the weights of the endpoint {name}"):
        clients("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=wanted
        )
