# SPDX-License-Identifier: Apache-2.0
"""Inference components as what Application Auto Scaling scales: their number of copies, and their load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from moto.sagemaker.models import sagemaker_backends

from scripts.local_aws.cloudwatch.metric_store import Metric, Place
from scripts.local_aws.sagemaker.components import calls

if TYPE_CHECKING:
    from scripts.local_aws.sagemaker.components.operations import Components

DIMENSION: Final = "sagemaker:inference-component:DesiredCopyCount"


@dataclass(frozen=True)
class ScaledComponent:
    """An inference component by its name, in an account and Region."""

    place: Place
    name: str

    @classmethod
    def of(cls, place: Place, resource_id: str) -> ScaledComponent | None:
        """Return the component of `inference-component/<name>`, or None for another form."""
        kind, _, name = resource_id.partition("/")
        return cls(place, name) if kind == "inference-component" and name and "/" not in name else None

    @property
    def exists(self) -> bool:
        """Whether it is there."""
        return self.name in self._backend.inference_components

    @property
    def count(self) -> int:
        """Number of copies now."""
        return self._backend.inference_components[self.name].copies if self.exists else 0

    @property
    def load_metric(self) -> tuple[Metric, str]:
        """The metric of SageMakerInferenceComponentInvocationsPerCopy, and its statistic."""
        return calls.load_metric(self.name)

    def refusal(self, minimum: int | None) -> str:
        """Return why it cannot be scaled: nothing is refused, a minimum of 0 neither."""
        return ""

    def keep_within(self, minimum: int, maximum: int) -> None:
        """Change the number of copies if it is outside of the limits."""
        self.set_count(min(max(self.count, minimum), maximum))

    def set_count(self, count: int) -> None:
        """Change the number of copies, as far as there is room for them."""
        if self.exists and count != self.count:
            self._backend.set_copies(self.name, count)

    @property
    def _backend(self) -> Components:
        account, region = self.place
        return cast("Components", sagemaker_backends[account][region])
