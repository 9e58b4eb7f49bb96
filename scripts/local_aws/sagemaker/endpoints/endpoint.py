# SPDX-License-Identifier: Apache-2.0
"""An endpoint: its status, the fleets that serve it, and how DescribeEndpoint shows them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

from moto.core.utils import utcnow
from moto.sagemaker.models import FakeEndpoint

from scripts.local_aws.cloudwatch.endpoint_metrics import Source
from scripts.local_aws.sagemaker.data_capture import CaptureSettings, CaptureTarget
from scripts.local_aws.sagemaker.endpoints.backlog import Backlog
from scripts.local_aws.sagemaker.endpoints.configs import LocalEndpointConfig
from scripts.local_aws.sagemaker.endpoints.traffic import Traffic
from scripts.local_aws.sagemaker.endpoints.variants import Fleet, Variant
from scripts.local_aws.sagemaker.model_hosting import Served
from scripts.local_aws.sagemaker.model_packages import in_lower_case

Tags = list[dict[str, str]]
_IN_PROGRESS: Final = frozenset({"Creating", "Updating", "RollingBack"})
_LOOK_SECONDS: Final = 0.5
_changed: Final = threading.Condition()


class UnderWay(Protocol):
    """Deployment that is not over."""

    def pending(self) -> dict[str, Any]:
        """Return the PendingDeploymentSummary of DescribeEndpoint."""


class LocalEndpoint(FakeEndpoint):
    """Endpoint with the fleet that it serves (`fleet` is None before the first, and after a failure)."""

    def __init__(self, place: tuple[str, str], name: str, config: LocalEndpointConfig, tags: Tags) -> None:
        super().__init__(
            account_id=place[0],
            region_name=place[1],
            endpoint_name=name,
            endpoint_config_name=config.endpoint_config_name,
            production_variants=config.production_variants,
            data_capture_config=config.data_capture_config,
            tags=tags,
        )
        self.place = self.account_id, self.region_name = place
        self.arn = in_lower_case(self.arn)
        self.endpoint_status = "Creating"
        self.failure_reason: str | None = None  # type: ignore[assignment]  # moto knows no failure
        self.traffic = Traffic()
        self.backlog = Backlog()
        self.fleet: Fleet | None = None
        self.component: Callable[[Fleet, str], Variant] | None = None
        """Finds, by an inference component's name, what answers: a variant with its model."""
        self.deployment: UnderWay | None = None
        self.last_deployment_config: dict[str, Any] | None = None

    def is_created(self) -> bool:
        """Whether the endpoint answers."""
        return self.fleet is not None

    @property
    def capture(self) -> CaptureSettings | None:
        """What is captured of its calls."""
        return self.fleet.capture if self.fleet else None

    @property
    def capture_target(self) -> CaptureTarget | None:
        """Where the calls of its first variant are captured."""
        return self.fleet.variants[0].capture_target if self.fleet else None

    @property
    def served(self) -> Served | None:
        """What answers as its first variant."""
        return self.fleet.variants[0].served if self.fleet else None

    @property
    def async_config(self) -> dict[str, Any] | None:
        """AsyncInferenceConfig of what it serves; None if it answers at once, or does not serve."""
        return self.fleet.config.given.get("AsyncInferenceConfig") if self.fleet else None

    @property
    def in_progress(self) -> bool:
        """Whether it is being made or changed."""
        return self.endpoint_status in _IN_PROGRESS

    def claim(self) -> bool:
        """Begin an update, which `release` or `go_live` ends, unless a change is under way already."""
        with _changed:
            if self.in_progress:
                return False
            self.change("Updating", self.failure_reason)
            return True

    def go_live(self, fleet: Fleet, reason: str | None = None) -> None:
        """Serve this fleet alone from now on; the reason is why no other one does."""
        self.fleet = fleet
        self.endpoint_config_name = fleet.config.endpoint_config_name
        self.production_variants = self._process_production_variants(fleet.config.production_variants)
        self.data_capture_config = fleet.config.data_capture_config
        self.traffic.route({fleet: 1.0})
        self.change("InService", reason)

    def release(self, reason: str | None) -> None:
        """End a creation or update without effect, and store why it failed; an endpoint that served before goes on."""
        self.change("InService" if self.fleet else "Failed", reason)

    def stop(self) -> None:
        """Stop the processes that serve the models, each after its last call."""
        self.traffic.route({})

    def source(self, fleet: Fleet, variant: Variant) -> Source:
        """Return where the metrics of a variant's calls come from."""
        config = fleet.config.endpoint_config_name
        return Source(self.place, self.endpoint_name, variant.name, config, variant.count)

    def touch(self) -> None:
        """Record a change now."""
        self.last_modified_time = utcnow()

    def change(self, status: str, reason: str | None, deployment: UnderWay | None = None) -> None:
        """Set the status, the reason of a failure, and what is under way."""
        with _changed:
            self.endpoint_status, self.failure_reason, self.deployment = status, reason, deployment
            self.touch()
            _changed.notify_all()

    @property
    def response_object(self) -> dict[str, Any]:
        """Answer of DescribeEndpoint."""
        answer = {
            "EndpointName": self.endpoint_name,
            "EndpointArn": self.arn,
            "EndpointConfigName": self.endpoint_config_name,
            "ProductionVariants": self._summaries(self.fleet.variants) if self.fleet else None,
            "ShadowProductionVariants": self._summaries(self.fleet.shadows) if self.fleet else None,
            "EndpointStatus": self.endpoint_status,
            "FailureReason": self.failure_reason,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "DataCaptureConfig": self._capture_summary(),
            "LastDeploymentConfig": self.last_deployment_config,
            "PendingDeploymentSummary": self.deployment.pending() if self.deployment else None,
            "AsyncInferenceConfig": self.async_config,
        }
        return {name: value for name, value in answer.items() if value is not None}

    def _summaries(self, variants: list[Variant]) -> list[dict[str, Any]] | None:
        return [summary(variant, self.last_modified_time) for variant in variants] or None

    def _capture_summary(self) -> dict[str, Any] | None:
        if not self.capture:
            return None
        return {
            "EnableCapture": True,
            "CaptureStatus": "Started",
            "CurrentSamplingPercentage": self.capture.percentage,
            "DestinationS3Uri": self.capture.destination,
            "KmsKeyId": self.capture.kms_key_id,
        }


def wait_while_in_progress(endpoint: LocalEndpoint, stopped: Callable[[], bool]) -> None:
    """Wait until nothing is under way, or the caller is to stop."""
    with _changed:
        while endpoint.in_progress and not stopped():
            _changed.wait(_LOOK_SECONDS)


def summary(variant: Variant, resolved: Any) -> dict[str, Any]:
    """Return a ProductionVariantSummary; `resolved` is the time at which its image was looked up."""
    found: dict[str, Any] = {
        "VariantName": variant.name,
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
    }
    if variant.count is not None:
        found |= {"CurrentInstanceCount": variant.count, "DesiredInstanceCount": variant.count}
    else:
        serverless = variant.declared["ServerlessConfig"]
        found |= {"CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
    if variant.is_for_components:
        return found | _managed(variant)
    found["DeployedImages"] = [
        {"SpecifiedImage": one.image, "ResolvedImage": one.image, "ResolutionTime": resolved}
        for one in variant.served.container.series
    ]
    if reason := variant.served.unserved:
        # AWS would have answers, and there are none here: whoever looks is told before the first call.
        found["VariantStatus"] = [{"Status": "ActivatingTraffic", "StatusMessage": reason}]
    return found | _managed(variant)


def _managed(variant: Variant) -> dict[str, Any]:
    names = ("ManagedInstanceScaling", "RoutingConfig")
    return {name: variant.declared[name] for name in names if name in variant.declared}
