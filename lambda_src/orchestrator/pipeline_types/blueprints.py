# SPDX-License-Identifier: Apache-2.0
"""The built-in pipelines that deploy a blueprint of the release for a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import STACK_PREFIX, rule
from orchestrator.pipeline_types.packaged import PIPELINE_STACK_SUFFIX, BlueprintSource, PackagedPipeline
from orchestrator.values.common import ModelName
from orchestrator.values.per_stage import Stage
from orchestrator.values.template_parameters import TemplateParameters

__all__ = ["PIPELINE_STACK_SUFFIX", "BlueprintPipeline"]


class BlueprintPipeline(PackagedPipeline):
    """Base of the built-in types that deploy a blueprint; it adds the model's name, which names the stacks."""

    blueprint: ClassVar[str]
    """File name of the blueprint template, without its ending."""

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

    def parameters(self, launch: Launch, stage: Stage | None) -> TemplateParameters:
        """The blueprint's parameter values for a stage; `None` is the one stage of a single-account deployment."""
        raise NotImplementedError

    @override
    def parameter_values(self, launch: Launch, stage: Stage | None) -> Mapping[str, str]:
        """With those of the options that the operator chose."""
        return launch.options.fill(self.parameters(launch, stage), stage).values_as_text()

    @override
    def blueprint_source(self, launch: Launch) -> BlueprintSource:
        """Published with the release."""
        return BlueprintSource(f"blueprints/{self.blueprint}.yaml")
