# SPDX-License-Identifier: Apache-2.0
"""Pipelines that deploy a packaged blueprint: into this account, or through dev, staging and prod."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from typing_extensions import override

from orchestrator.launch.settings import Launch, MultiAccount, Settings
from orchestrator.pipeline_types.base import LONGEST_STACK_NAME, STACK_PREFIX, PipelineRequest
from orchestrator.plan import layout
from orchestrator.plan.additions import NO_ADDITIONS, Additions
from orchestrator.plan.automation import NOTHING, PlannedAutomation
from orchestrator.plan.codepipeline_parameters import MultiAccountPipelineParameters, SingleAccountPipelineParameters
from orchestrator.plan.plan import Deployment, PackagedBlueprint, ParameterFile, PlannedObject, StackSetParameterFile
from orchestrator.plan.stack_tags import SMOKE_TEST_TAG
from orchestrator.values.per_stage import STAGES, Stage
from orchestrator.values.template_parameters import TemplateParameters

PIPELINE_STACK_SUFFIX: Final = "codepipeline"
_SINGLE_ACCOUNT_PIPELINE: Final = "pipelines/single_account_codepipeline.yaml"
_MULTI_ACCOUNT_PIPELINE: Final = "pipelines/multi_account_codepipeline.yaml"
_PARAMETERS_FILE: Final = "template_params.json"


@dataclass(frozen=True)
class BlueprintSource:
    """Place of a blueprint's template: a key in a bucket; without a bucket, a path in the release."""

    path: str
    bucket: str = ""
    digest: str = ""
    """SHA-256 of its text; empty for a blueprint of the release."""

    @property
    def file_name(self) -> str:
        """Its file name in a package."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class _Pipeline:
    template: str
    parameters: TemplateParameters
    files: tuple[ParameterFile, ...]


class PackagedPipeline(PipelineRequest):
    """Base of the types that deploy a blueprint: a subclass says which, and what its parameters are."""

    pipeline_stacks: ClassVar = f"{STACK_PREFIX}-*-{PIPELINE_STACK_SUFFIX}"
    follows_tags: ClassVar[bool] = True
    """Whether other tags alone have the pipeline deploy again."""

    @property
    def plain_name(self) -> str:
        """Name derived from the request, e.g. `mlops-pipeline-churn-byompipelinerealtimebuiltin`."""
        raise NotImplementedError

    @property
    @override
    def stack_names(self) -> tuple[str, ...]:
        """The plain name, which is enough for most types."""
        return (self.plain_name,)

    @property
    def pipeline_stack_name(self) -> str:
        """Name of the stack that holds the CodePipeline."""
        return f"{self.stack_name}-{PIPELINE_STACK_SUFFIX}"

    def excess(self, launch: Launch) -> int:
        """Return by how many characters the names of its stacks are too long; negative when they are shorter."""
        # Longest suffix of the name: `-codepipeline`, or `-staging-<8 characters>` of a StackSet.
        ending = len("-staging-12345678") if self._in_stages(launch) else len(f"-{PIPELINE_STACK_SUFFIX}")
        return len(self.plain_name) + ending - LONGEST_STACK_NAME

    def blueprint_source(self, launch: Launch) -> BlueprintSource:
        """Return the blueprint to deploy."""
        raise NotImplementedError

    def parameter_values(self, launch: Launch, stage: Stage | None) -> Mapping[str, str]:
        """Return the parameter values for a stage; `None` is the one stage of a single-account deployment."""
        raise NotImplementedError

    def masked_parameters(self) -> frozenset[str]:
        """Return the names of parameters whose values are not shown."""
        return frozenset()

    def objects(self, launch: Launch) -> tuple[PlannedObject, ...]:
        """Return the objects to store, to which the parameter values of all stages refer."""
        return ()

    def automation(self, launch: Launch) -> PlannedAutomation:
        """Return what the pipeline does by itself."""
        return NOTHING

    def marks(self) -> tuple[tuple[str, str], ...]:
        """Return further tags of the pipeline's stack, as names and values."""
        return ()

    def additions(self, launch: Launch) -> Additions:
        """Return what the blueprint's text gets beside the parameters that it declares."""
        return NO_ADDITIONS

    def members(self) -> tuple[tuple[str, bytes], ...]:
        """Return further files of the package, besides blueprint and parameters, as names and contents."""
        return ()

    @override
    def planned_deployment(self, settings: Settings) -> Deployment:
        multi = settings.multi_account if self._in_stages(settings.launch) else None
        pipeline = self._in_this_account(settings) if multi is None else self._through_stages(settings, multi)
        source = self.blueprint_source(settings.launch)
        return Deployment(
            stack_name=self.stack_name,
            pipeline_stack_name=self.pipeline_stack_name,
            pipeline_template=pipeline.template,
            pipeline_parameters=tuple(pipeline.parameters.values_as_text().items()),
            tags=self.pipeline_tags(settings.launch),
            blueprint=PackagedBlueprint(
                template=source.path,
                template_bucket=source.bucket,
                template_digest=source.digest,
                package_key=self._package_key,
                parameter_files=pipeline.files,
                objects=self.objects(settings.launch),
                members=self.members(),
                follows_tags=self.follows_tags,
                automation=self.automation(settings.launch),
                marks=self.marks(),
                masked_keys=self.secret_keys(),
                additions=self.additions(settings.launch),
            ),
        )

    def _in_stages(self, launch: Launch) -> bool:
        return None not in self.stages(launch)

    @property
    def _package_key(self) -> str:
        return layout.package(self.stack_name)

    def _file(self, kind: type[ParameterFile], name: str, launch: Launch, stage: Stage | None) -> ParameterFile:
        values = tuple(self.parameter_values(launch, stage).items())
        return kind(name, values, self.tags(launch, stage), self.masked_parameters())

    def _in_this_account(self, settings: Settings) -> _Pipeline:
        parameters = SingleAccountPipelineParameters(
            **self._common_parameters(settings),
            TemplateParamsName=_PARAMETERS_FILE,
            DeployRoleArn=settings.deploy_role_arn,
        )
        file = self._file(ParameterFile, _PARAMETERS_FILE, settings.launch, stage=None)
        return _Pipeline(_SINGLE_ACCOUNT_PIPELINE, parameters, (file,))

    def _through_stages(self, settings: Settings, multi: MultiAccount) -> _Pipeline:
        by_stage: dict[str, str] = {}
        files: list[ParameterFile] = []
        for stage in STAGES:
            file = f"{stage}_{_PARAMETERS_FILE}"
            files.append(self._file(StackSetParameterFile, file, settings.launch, stage))
            name = stage.capitalize()
            by_stage[f"{name}ParamsName"] = file
            by_stage[f"{name}AccountId"] = multi.targets[stage].account_ids
            by_stage[f"{name}OrgId"] = multi.targets[stage].organizational_units
        parameters = MultiAccountPipelineParameters(
            **self._common_parameters(settings),
            **by_stage,
            StageFunctionName=multi.stage_function,
            NotificationsTopicArn=settings.notifications_topic_arn,
            ApprovalTimeoutMinutes=multi.approval_timeout_minutes,
            SmokeTested=dict(self.marks()).get(SMOKE_TEST_TAG, ""),
        )
        return _Pipeline(_MULTI_ACCOUNT_PIPELINE, parameters, tuple(files))

    def _common_parameters(self, settings: Settings) -> dict[str, str]:
        return {
            "StackName": self.stack_name,
            "PipelinesBucket": settings.launch.pipelines_bucket,
            "TemplateZipFileName": self._package_key,
            "TemplateFileName": self.blueprint_source(settings.launch).file_name,
            "PipelineRoleArn": settings.pipeline_role_arn,
        }
