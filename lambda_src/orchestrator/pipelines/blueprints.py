# SPDX-License-Identifier: Apache-2.0
"""The pipelines that deploy a blueprint for a model: into this account, or through dev, staging and prod."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from pydantic import Field

from orchestrator.codepipeline_parameters import MultiAccountPipelineParameters, SingleAccountPipelineParameters
from orchestrator.errors import Problem
from orchestrator.fields import ModelName
from orchestrator.per_stage import STAGES, Stage
from orchestrator.pipelines.base import LONGEST_STACK_NAME, STACK_PREFIX, PipelineRequest, rule
from orchestrator.provisioning import (
    Deployment,
    PackagedBlueprint,
    ParameterFile,
    PlannedObject,
    StackSetParameterFile,
)
from orchestrator.settings import Launch, MultiAccount, Settings
from orchestrator.template_parameters import TemplateParameters

PIPELINE_STACK_SUFFIX: Final = "codepipeline"
_SINGLE_ACCOUNT_PIPELINE: Final = "pipelines/single_account_codepipeline.yaml"
_MULTI_ACCOUNT_PIPELINE: Final = "pipelines/multi_account_codepipeline.yaml"
_PARAMETERS_FILE: Final = "template_params.json"


@dataclass(frozen=True)
class _Pipeline:
    template: str
    parameters: TemplateParameters
    files: tuple[ParameterFile, ...]


class BlueprintPipeline(PipelineRequest):
    """Base of the types that deploy a blueprint; it adds the model's name, which names the stacks."""

    pipeline_stacks: ClassVar = f"{STACK_PREFIX}-*-{PIPELINE_STACK_SUFFIX}"

    blueprint: ClassVar[str]
    """File name of the blueprint template, without its ending."""

    model_name: Annotated[ModelName, Field(description="the name of your model; it names the pipeline")]

    @rule("model_name")
    def _stack_name_fits(self, launch: Launch) -> Iterator[Problem]:
        # Longest of what follows the name: `-codepipeline`, or `-staging-<8 characters>` of a stack set.
        in_stages = None not in self.stages(launch)
        longest = LONGEST_STACK_NAME - (len("-staging-12345678") if in_stages else len(f"-{PIPELINE_STACK_SUFFIX}"))
        excess = len(self.plain_name) - longest
        if excess > 0:
            fitting = len(self.model_name) - excess
            yield Problem("model_name", f"must have {fitting} characters at most: it becomes part of a stack name")

    @property
    def plain_name(self) -> str:
        """The name that follows from the model's, e.g. `mlops-pipeline-churn-byompipelinerealtimebuiltin`."""
        return f"{STACK_PREFIX}-{self.model_name}-{self.postfix}".lower()

    @property
    def stack_names(self) -> tuple[str, ...]:
        """See `PipelineRequest.stack_names`: one name is enough for most types."""
        return (self.plain_name,)

    @property
    def label(self) -> str:
        """The model's name."""
        return self.model_name

    @property
    def pipeline_stack_name(self) -> str:
        """Name of the stack that holds the CodePipeline."""
        return f"{self.stack_name}-{PIPELINE_STACK_SUFFIX}"

    def parameters(self, launch: Launch, stage: Stage | None) -> TemplateParameters:
        """The blueprint's parameter values for a stage; `None` is the one stage of a single-account deployment."""
        raise NotImplementedError

    def objects(self, launch: Launch) -> tuple[PlannedObject, ...]:
        """What the parameter values of all stages refer to and the orchestrator has to store."""
        return ()

    def deployment(self, settings: Settings) -> Deployment:
        """See `PipelineRequest.deployment`."""
        multi = settings.multi_account if self.runs_in_stages else None
        pipeline = self._in_this_account(settings) if multi is None else self._in_stages(settings, multi)
        return Deployment(
            stack_name=self.stack_name,
            pipeline_stack_name=self.pipeline_stack_name,
            pipeline_template=pipeline.template,
            pipeline_parameters=tuple(pipeline.parameters.values_as_text().items()),
            tags=self.pipeline_tags(settings.launch),
            blueprint=PackagedBlueprint(
                template=f"blueprints/{self.blueprint}.yaml",
                package_key=self._package_key,
                parameter_files=pipeline.files,
                objects=self.objects(settings.launch),
            ),
        )

    @property
    def _package_key(self) -> str:
        return f"provisioned/{self.stack_name}/template.zip"

    def _in_this_account(self, settings: Settings) -> _Pipeline:
        values = self.parameters(settings.launch, stage=None).values_as_text()
        parameters = SingleAccountPipelineParameters(
            **self._common_parameters(settings),
            TemplateParamsName=_PARAMETERS_FILE,
            DeployRoleArn=settings.deploy_role_arn,
        )
        file = ParameterFile(_PARAMETERS_FILE, tuple(values.items()), self.tags(settings.launch, stage=None))
        return _Pipeline(_SINGLE_ACCOUNT_PIPELINE, parameters, (file,))

    def _in_stages(self, settings: Settings, multi: MultiAccount) -> _Pipeline:
        by_stage: dict[str, str] = {}
        files: list[ParameterFile] = []
        for stage in STAGES:
            file = f"{stage}_{_PARAMETERS_FILE}"
            values = self.parameters(settings.launch, stage).values_as_text()
            files.append(StackSetParameterFile(file, tuple(values.items()), self.tags(settings.launch, stage)))
            name = stage.capitalize()
            by_stage[f"{name}ParamsName"] = file
            by_stage[f"{name}AccountId"] = multi.targets[stage].account_ids
            by_stage[f"{name}OrgId"] = multi.targets[stage].organizational_units
        parameters = MultiAccountPipelineParameters(
            **self._common_parameters(settings),
            **by_stage,
            StageFunctionName=multi.stage_function,
            NotificationsTopicArn=settings.notifications_topic_arn,
        )
        return _Pipeline(_MULTI_ACCOUNT_PIPELINE, parameters, tuple(files))

    def _common_parameters(self, settings: Settings) -> dict[str, str]:
        return {
            "StackName": self.stack_name,
            "PipelinesBucket": settings.launch.pipelines_bucket,
            "TemplateZipFileName": self._package_key,
            "TemplateFileName": f"{self.blueprint}.yaml",
            "PipelineRoleArn": settings.pipeline_role_arn,
        }
