# SPDX-License-Identifier: Apache-2.0
"""Built-in pipeline types that deploy a blueprint of the release for a model."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import STACK_PREFIX, rule
from orchestrator.pipeline_types.packaged import PIPELINE_STACK_SUFFIX, BlueprintSource, PackagedPipeline
from orchestrator.values.common import ModelName
from orchestrator.values.per_stage import Stage, at
from orchestrator.values.template_parameters import TemplateParameters, parameter_name, with_marked

__all__ = ["PIPELINE_STACK_SUFFIX", "BlueprintPipeline"]


class BlueprintPipeline(PackagedPipeline):
    """Base of the built-in types that deploy a blueprint; it adds the model's name, which names the stacks."""

    blueprint: ClassVar[str]
    """File name of the blueprint template, without its extension."""
    parameters_type: ClassVar[type[TemplateParameters]] = TemplateParameters
    """The declaration of the template's parameters, beside those of marked keys."""

    model_name: Annotated[ModelName, Field(description="the name of your model; it names the pipeline")]

    @rule("model_name")
    def _stack_name_fits(self, launch: Launch) -> Iterator[Problem]:
        excess = self.excess(launch)
        if excess > 0:
            fitting = len(self.model_name) - excess
            yield Problem("model_name", f"must have {fitting} characters at most: it becomes part of a stack name")

    @property
    @override
    def plain_name(self) -> str:
        return f"{STACK_PREFIX}-{self.model_name}-{self.postfix}".lower()

    @property
    def label(self) -> str:
        """The model's name."""
        return self.model_name

    @classmethod
    @cache
    def template_parameters(cls) -> type[TemplateParameters]:
        """Return the declaration of all parameters of the blueprint."""
        return with_marked(cls.parameters_type, cls.model_fields)

    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        """Return the blueprint's parameter values for a stage; `None` is the one stage of a single-account deployment.

        A parameter named like a key of the request gets the key's value: `EndpointName` that of `endpoint_name`. A type
        adds parameters with other names, and values that are lists or objects in the request. Call `super()` first.
        """
        given = {name: at(getattr(self, key), stage) for name, key in _namesakes(type(self)).items()}
        return {name: _plain(value) for name, value in given.items() if isinstance(value, str | int | float)}

    def parameters(self, launch: Launch, stage: Stage | None) -> TemplateParameters:
        """Return all parameters of the blueprint except the operator's options."""
        return self.template_parameters()(**self.values(launch, stage))

    @override
    def parameter_values(self, launch: Launch, stage: Stage | None) -> Mapping[str, str]:
        """Return the parameter values, including the operator's options."""
        return launch.options.fill(self.parameters(launch, stage), stage).values_as_text()

    @override
    def blueprint_source(self, launch: Launch) -> BlueprintSource:
        """Return the blueprint of the release."""
        return BlueprintSource(f"blueprints/{self.blueprint}.yaml")


@cache
def _namesakes(type_: type[BlueprintPipeline]) -> dict[str, str]:
    """Return parameter of the blueprint -> key of the request with the same name."""
    names = {parameter_name(key): key for key in type_.model_fields}
    return {name: names[name] for name in type_.template_parameters().model_fields if name in names}


def _plain(value: Any) -> Any:
    """Convert a boolean to its text: CloudFormation has no boolean parameters."""
    return str(value) if isinstance(value, bool) else value
