# SPDX-License-Identifier: Apache-2.0
"""What `GET /pipelines/{id}` tells of an endpoint and its models.

CloudWatch is asked only where there are models to compare: one model has all calls.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestrator.aws.calls import Clients, client
from orchestrator.aws.cloudwatch import endpoint_metrics
from orchestrator.aws.cloudwatch.endpoint_metrics import Answered
from orchestrator.errors import ServiceRefusedError
from orchestrator.provisioned.state import Endpoint, Variant

if TYPE_CHECKING:
    from orchestrator.answers import work as told


def of(endpoint: Endpoint | None) -> told.EndpointState | None:
    """Return an endpoint with its models; a look that AWS refuses hides nothing else."""
    return None if endpoint is None else of_one(endpoint, client)


def of_one(endpoint: Endpoint, clients: Clients) -> told.EndpointState:
    """Return the same of an endpoint in the account where the clients act."""
    answering = sum(one.weight for one in endpoint.variants if not one.is_shadow)
    found, reason = _last_hour(endpoint, clients)
    variants = [_variant(one, answering, found.get(one.name)) for one in endpoint.variants]
    return {
        "name": endpoint.name,
        "status": endpoint.status,
        "reason": endpoint.reason,
        "variants": variants,
        "last_hour_reason": reason,
    }


def _last_hour(endpoint: Endpoint, clients: Clients) -> tuple[dict[str, Answered], str]:
    """Return what each model has answered, or why that is not known; nothing of an endpoint with one model."""
    names = [one.name for one in endpoint.variants]
    if len(names) < 2:
        return {}, ""
    try:
        answered = endpoint_metrics.last_hour(endpoint.name, names, datetime.now(UTC), clients)
    except ServiceRefusedError as refused:
        # Throttling, too: the rest is worth telling.
        return {}, f"AWS did not {refused.doing}: {refused.detail}"
    return dict(zip(names, answered, strict=True)), ""


def _variant(one: Variant, answering: float, answered: Answered | None) -> told.EndpointVariant:
    """Return a variant; the share of a shadow is of copies, and follows from the weight of what answers."""
    return {
        "name": one.name,
        "is_shadow": one.is_shadow,
        "weight": one.weight,
        "desired_weight": one.desired_weight,
        "share": round(one.weight / answering, 4) if answering else 0.0,
        "instance_count": one.instances,
        "desired_instance_count": one.desired_instances,
        "last_hour": _figures(answered) if answered else None,
    }


def _figures(answered: Answered) -> told.VariantFigures:
    return {
        "calls": answered.calls,
        "errors_4xx": answered.client_errors,
        "errors_5xx": answered.server_errors,
        "latency_p50_ms": answered.p50_ms,
        "latency_p95_ms": answered.p95_ms,
    }
