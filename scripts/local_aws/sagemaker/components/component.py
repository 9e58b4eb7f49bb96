# SPDX-License-Identifier: Apache-2.0
"""An inference component: what a copy of its model takes, how many copies there are, and how AWS describes it.

A change of the number takes no time here: what is desired is what is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from moto.core.utils import utcnow

from orchestrator.sagemaker.serving import gpus, guardrails
from scripts.local_aws.sagemaker.model_hosting import Served

IN_SERVICE: Final = "InService"
FAILED: Final = "Failed"
LACKS_ROOM: Final = (
    "There is not enough hardware resources on the instances for this endpoint to create a copy of the inference "
    "component."
)
"""SageMaker's words for copies that find no room, however few instances there are."""
_UNLIMITED: Final = 1_000_000


@dataclass
class LocalComponent:
    """Inference component; without `served` it has failed, and `failure_reason` says why."""

    name: str
    arn: str
    endpoint: str
    endpoint_arn: str
    variant: str
    specification: dict[str, Any]
    copies: int
    tags: list[dict[str, str]] = field(default_factory=list)
    served: Served | None = None
    failure_reason: str = ""
    creation_time: Any = field(default_factory=utcnow)
    last_modified_time: Any = field(default_factory=utcnow)

    @property
    def status(self) -> str:
        """Status as AWS has it."""
        return FAILED if self.failure_reason else IN_SERVICE

    @property
    def model(self) -> str:
        """Name of its model."""
        return str(self.specification["ModelName"])

    def stop(self) -> None:
        """End the processes that serve it."""
        if self.served:
            self.served.stop()

    def per_instance(self, instance_type: str) -> int:
        """Return how many copies an instance has room for, by the cores and GPUs that each takes.

        What memory of an instance SageMaker gives to copies is not documented: here it is never short.
        """
        takes = self.specification.get("ComputeResourceRequirements", {})
        has = {
            "NumberOfCpuCoresRequired": float(guardrails.cores(instance_type)),
            "NumberOfAcceleratorDevicesRequired": float(gpus.count(instance_type) or 0),
        }
        return min((int(has[name] // float(takes[name])) for name in has if takes.get(name)), default=_UNLIMITED)

    def instances(self, instance_type: str) -> int:
        """Return how many instances its copies take; those that find no room take none."""
        room = self.per_instance(instance_type)
        return -(-self.copies // room) if room else 0

    def described(self) -> dict[str, Any]:
        """Return the answer of DescribeInferenceComponent."""
        found = {
            "InferenceComponentName": self.name,
            "InferenceComponentArn": self.arn,
            "EndpointName": self.endpoint,
            "EndpointArn": self.endpoint_arn,
            "VariantName": self.variant,
            "FailureReason": self.failure_reason or None,
            "Specification": self.specification,
            "RuntimeConfig": {
                "DesiredCopyCount": self.copies,
                "CurrentCopyCount": self.copies if self.served else 0,
            },
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "InferenceComponentStatus": self.status,
        }
        return {name: value for name, value in found.items() if value is not None}

    def summary(self) -> dict[str, Any]:
        """Return its part of the answer of ListInferenceComponents."""
        left_out = ("FailureReason", "Specification", "RuntimeConfig")
        return {name: value for name, value in self.described().items() if name not in left_out}
