# SPDX-License-Identifier: Apache-2.0
"""A model beside the request's own on its endpoint: one that shares the traffic, or a shadow that gets copies of it."""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.values.common import NUMBER, AssetsKey, Expect, InstanceType, ModelPackageArn

MAIN: Final = "AllTraffic"
"""The variant of the request's own model."""
MOST: Final = 2
SEPARATOR: Final = "|"
"""In parameters of the blueprint; no member of a variant can have it."""
NO_VARIANT: Final = SEPARATOR * 7

VariantName = Annotated[
    str,
    Field(min_length=1, max_length=63, pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$"),
    Expect("63 letters, digits and inner hyphens at most", example="challenger"),
]
Weight = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False), NUMBER, Expect("a number, 0 or more")]
Count = Annotated[int, Field(ge=1, le=1000), NUMBER, Expect("a whole number of instances, 1 or more")]
Sampling = Annotated[float, Field(gt=0, le=100), NUMBER, Expect("a number of percent, more than 0, 100 at most")]


class _Beside(BaseModel):
    """A model beside the request's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: Annotated[VariantName, Field(description="name of the variant; AllTraffic is the request's own model")]
    model_artifact_location: Annotated[
        AssetsKey,
        Field(
            description="key of its model.tar.gz in the assets bucket, served by the image of the request's own model"
        ),
    ] = ""
    model_package_name: Annotated[
        ModelPackageArn, Field(description="ARN of the model package version, in place of an artifact")
    ] = ""
    inference_instance: Annotated[
        InstanceType | None, Field(description="instance type that serves it; that of the request when left out")
    ] = None
    instance_count: Annotated[Count, Field(description="how many instances serve it")] = 1

    @property
    def role(self) -> str:
        """What it is on the endpoint."""
        raise NotImplementedError

    @property
    def relative_weight(self) -> float:
        """Its weight beside that of the request's own model, which is 1."""
        raise NotImplementedError

    def packed(self, instance_type: str, image: str, bucket: str) -> str:
        """Return the blueprint's parameter."""
        artifact = f"s3://{bucket}/{self.model_artifact_location}"
        parts = (
            *(self.role, self.name, f"{self.relative_weight:g}", self.inference_instance or instance_type),
            *(self.instance_count, self.model_package_name, "" if self.model_package_name else image),
            "" if self.model_package_name else artifact,
        )
        return SEPARATOR.join(map(str, parts))

    def missing(self, from_package: bool) -> Iterator[tuple[str, str]]:
        """Yield members that are missing or too many, with words; `from_package` is of the request's own model."""
        if self.name == MAIN:
            yield "name", f"must not be {MAIN}: that is the variant of the request's own model"
        if from_package and not self.model_package_name:
            yield "model_package_name", "is required: the request's own model is a package, too, and names no image"
        elif not (self.model_package_name or self.model_artifact_location):
            yield "model_artifact_location", "is required without model_package_name"
        elif self.model_package_name and self.model_artifact_location:
            yield "model_artifact_location", "must not be given beside model_package_name: give one of the two"


class Variant(_Beside):
    """A model that gets a share of the traffic."""

    weight: Annotated[
        Weight, Field(description="its share of the calls, relative to 1 of the request's own model; 0 gets none")
    ] = 1.0

    @property
    def role(self) -> str:
        """It answers."""
        return "production"

    @property
    def relative_weight(self) -> float:
        """Its weight."""
        return self.weight


class Shadow(_Beside):
    """A model that gets copies of calls, and whose answers nobody gets."""

    sampling_percent: Annotated[Sampling, Field(description="how many of the calls are copied to it, in percent")] = (
        100.0
    )

    @property
    def role(self) -> str:
        """It answers nobody."""
        return "shadow"

    @property
    def relative_weight(self) -> float:
        """The share as a weight beside 1 of the production variant; assumed, as SageMaker documents no sampling."""
        return self.sampling_percent / 100
