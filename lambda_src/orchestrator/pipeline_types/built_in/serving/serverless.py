# SPDX-License-Identifier: Apache-2.0
"""`serverless`: an endpoint without instances, which runs while it is asked.

https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
"""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.errors import Problem
from orchestrator.values.common import NUMBER, Expect

NOT_SERVERLESS: Final = "0,0,0"
"""The template parameter of an endpoint on instances."""
_STEP: Final = 1024

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantServerlessConfig.html
Memory = Annotated[
    int,
    Field(ge=_STEP, le=6 * _STEP, multiple_of=_STEP),
    NUMBER,
    Expect("1024, 2048, 3072, 4096, 5120 or 6144"),
]
Concurrency = Annotated[int, Field(ge=1, le=200), NUMBER, Expect("a whole number, 1 to 200")]
Provisioned = Annotated[int, Field(ge=0, le=200), NUMBER, Expect("a whole number, 0 to 200")]


class ServerlessCapacity(BaseModel):
    """Memory of a call's process, and how many calls run at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    memory_mb: Annotated[Memory, Field(description="memory in MB; CPU comes with it", examples=[2048])]
    max_concurrency: Annotated[Concurrency, Field(description="most calls at once; more are refused", examples=[20])]
    provisioned_concurrency: Annotated[
        Provisioned, Field(description="calls at once that find a process which is ready; each costs, used or not")
    ] = 0

    def as_parameter(self) -> str:
        """Return the value of the template parameter."""
        return f"{self.memory_mb},{self.max_concurrency},{self.provisioned_concurrency}"

    def impossible(self, key: str) -> Iterator[Problem]:
        """Yield a problem if more is to be ready than may run."""
        if self.provisioned_concurrency > self.max_concurrency:
            yield Problem(
                f"{key}.provisioned_concurrency", f"must be {self.max_concurrency} at most, which is max_concurrency"
            )
