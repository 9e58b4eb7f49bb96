# SPDX-License-Identifier: Apache-2.0
"""Members that many of the API's response bodies have, with their descriptions for OpenAPI."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Message = Annotated[str, Field(description="what happened, in a sentence")]
Warnings = Annotated[list[str], Field(description="what to know although it succeeded")]
ModelPackage = Annotated[
    str | None,
    Field(description="version of the registry that is deployed, empty without one; null if that is not known"),
]
PipelineId = Annotated[str, Field(description="ARN of the pipeline's stack; other operations take it")]
Next = Annotated[str, Field(description="where the next page begins; left out on the last")]
