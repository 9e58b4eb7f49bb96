# SPDX-License-Identifier: Apache-2.0
"""The declaration of a CloudFormation template's parameters: the generator emits it, the orchestrator fills it."""

from pydantic import BaseModel, ConfigDict


class TemplateParameters(BaseModel):
    """Parameters of one template; attribute names are the template's parameter names, letter for letter.

    Optional values are strings that may be empty, with `""` as default: CloudFormation knows no absent parameter, a
    condition in the template tests for the empty string.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def values_as_text(self) -> dict[str, str]:
        """Name -> value, all text: the one form that both CloudFormation and CodePipeline accept."""
        return {name: str(value) for name, value in self}
