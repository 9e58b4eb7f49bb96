# SPDX-License-Identifier: Apache-2.0
"""`managed_instance_scaling` of an endpoint: limits of its instances, and what a copy of the model takes of one.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantManagedInstanceScaling.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InferenceComponentComputeResourceRequirements.html
"""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.errors import Problem
from orchestrator.pipeline_types.built_in.serving.autoscaling import Instances, InstancesOrNone
from orchestrator.sagemaker.serving import gpus
from orchestrator.values.common import NUMBER, Expect

NO_COMPONENT: Final = ",,,,,"
"""The template parameter of an endpoint whose variant has the model itself."""

Megabytes = Annotated[int, Field(ge=128), NUMBER, Expect("a whole number of MB, 128 or more")]
Cores = Annotated[
    float, Field(ge=0.25, allow_inf_nan=False), NUMBER, Expect("a number of cores, 0.25 or more", example="0.5")
]
Accelerators = Annotated[int, Field(ge=1), NUMBER, Expect("a whole number of accelerators, 1 or more")]
Copies = Annotated[int, Field(ge=0), NUMBER, Expect("a whole number of copies, 0 or more")]


class ManagedInstances(BaseModel):
    """Limits of an endpoint's instances, and its model as an inference component."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    minimum: Annotated[InstancesOrNone, Field(description="fewest instances; 0 keeps none while there is no copy")]
    maximum: Annotated[Instances, Field(description="most instances")]
    memory_mb: Annotated[Megabytes, Field(description="memory in MB that a copy of the model takes", examples=[1024])]
    cpu_cores: Annotated[
        Cores | None, Field(description="CPU cores that a copy takes; SageMaker decides when left out")
    ] = None
    accelerators: Annotated[
        Accelerators | None, Field(description="GPUs that a copy takes; needed on instances with GPUs")
    ] = None
    copies: Annotated[Copies, Field(description="copies of the model at first")] = 1

    @property
    def first_instances(self) -> int:
        """Instances at first: SageMaker begins with one at least."""
        return max(self.minimum, 1)

    def as_parameter(self) -> str:
        """Return the value of the template parameter."""
        cores = "" if self.cpu_cores is None else f"{self.cpu_cores:g}"
        parts = (self.minimum, self.maximum, self.memory_mb, self.copies, cores, self.accelerators or "")
        return ",".join(map(str, parts))

    def impossible(self, key: str, instance_type: str) -> Iterator[Problem]:
        """Yield a problem for limits that leave no number of instances, and for GPUs that an instance lacks."""
        if self.minimum > self.maximum:
            yield Problem(f"{key}.minimum", f"must be {self.maximum} at most, which is maximum")
        if not instance_type:
            return
        place, there = f"{key}.accelerators", gpus.count(instance_type)
        if gpus.has_gpus(instance_type) and self.accelerators is None:
            yield Problem(place, f"is required with {instance_type}: a copy gets no GPU without it")
        elif self.accelerators and not gpus.may_have_accelerators(instance_type):
            yield Problem(place, f"must be left out: {instance_type} has no accelerators")
        elif self.accelerators and there is not None and self.accelerators > there:
            yield Problem(place, f"must be {there} at most, the GPUs of {instance_type}")
