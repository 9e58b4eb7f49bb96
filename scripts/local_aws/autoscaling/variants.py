# SPDX-License-Identifier: Apache-2.0
"""Variants of endpoints as what is scaled: their number of instances, and what there is of their load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from moto.sagemaker.models import sagemaker_backends

from scripts.local_aws.cloudwatch.endpoint_metrics import INVOCATIONS
from scripts.local_aws.cloudwatch.metric_store import Metric, Place
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint
from scripts.local_aws.sagemaker.endpoints.variants import Variant


@dataclass(frozen=True)
class ScaledVariant:
    """A variant by its endpoint's name and its own, in an account and Region."""

    place: Place
    endpoint_name: str
    name: str

    @classmethod
    def of(cls, place: Place, resource_id: str) -> ScaledVariant | None:
        """Return the variant of `endpoint/<name>/variant/<name>`, or None for another form."""
        parts = resource_id.split("/")
        return cls(place, parts[1], parts[3]) if parts[::2] == ["endpoint", "variant"] else None

    @property
    def exists(self) -> bool:
        """Whether its endpoint serves, and has it."""
        return self._variant is not None

    @property
    def count(self) -> int:
        """Number of instances now."""
        return (self._variant.count or 0) if self._variant else 0

    def refusal(self, minimum: int | None) -> str:
        """Return why it cannot be scaled; empty if it can."""
        variant, endpoint = self._variant, self._endpoint
        instance_type = str(variant.declared.get("InstanceType", "")) if variant else ""
        if instance_type.startswith("ml.t"):
            return f"SageMaker does not scale burstable instances such as {instance_type}."
        if variant is not None and variant.count is None:
            return "The variant is serverless: it has no instances to scale."
        if minimum == 0 and (endpoint is None or endpoint.async_config is None):
            return "The minimum capacity of a variant of an endpoint that answers at once must be 1 or more."
        return ""

    def keep_within(self, minimum: int, maximum: int) -> None:
        """Change the number of instances if it is outside of the limits."""
        self.set_count(min(max(self.count, minimum), maximum))

    def set_count(self, count: int) -> None:
        """Change the number of instances."""
        if self._variant is not None and self._endpoint is not None and self._variant.count != count:
            self._variant.count = count
            self._endpoint.touch()

    @property
    def load_metric(self) -> tuple[Metric, str]:
        """The metric of SageMakerVariantInvocationsPerInstance, and its statistic."""
        dimensions = {"EndpointName": self.endpoint_name, "VariantName": self.name}
        return Metric.of(INVOCATIONS, "InvocationsPerInstance", dimensions), "Sum"

    @property
    def _endpoint(self) -> LocalEndpoint | None:
        account, region = self.place
        return cast("LocalEndpoint | None", sagemaker_backends[account][region].endpoints.get(self.endpoint_name))

    @property
    def _variant(self) -> Variant | None:
        endpoint = self._endpoint
        return endpoint.fleet.variant(self.name) if endpoint is not None and endpoint.fleet is not None else None
