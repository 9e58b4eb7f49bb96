# SPDX-License-Identifier: Apache-2.0
"""What a valid request will make, decided before anything is made.

    request + settings -> ProvisioningPlan (this module: pure) -> effects (`provisioner.py`)

A plan is a frozen value: the same request under the same settings gives the same plan, which is what a dry run answers,
what makes a repeated request a no-op, and what tests compare.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.codepipeline_parameters import MultiAccountPipelineParameters, SingleAccountPipelineParameters
from orchestrator.per_stage import STAGES
from orchestrator.pipelines.base import PipelineRequest
from orchestrator.settings import Settings
from orchestrator.template_parameters import TemplateParameters

PACKAGE_FOLDER: Final = "provisioned"
PACKAGE_NAME: Final = "template.zip"
SINGLE_ACCOUNT_PIPELINE: Final = "pipelines/single_account_codepipeline.yaml"
MULTI_ACCOUNT_PIPELINE: Final = "pipelines/multi_account_codepipeline.yaml"
PARAMETERS_FILE: Final = "template_params.json"
# The oldest date a zip can hold: equal content makes equal bytes whenever it is packed.
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class ParameterFile:
    """A blueprint's parameter values as one file of the package, in the form of CodePipeline's template configuration.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
    """

    name: str
    parameters: tuple[tuple[str, str], ...]

    def text(self) -> str:
        """The file's content (contract 2.8)."""
        return json.dumps({"Parameters": dict(self.parameters)}, indent=4)


class StackSetParameterFile(ParameterFile):
    """The same in the form that a StackSet takes."""

    def text(self) -> str:
        """The file's content (contract 2.8)."""
        listed = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters]
        return json.dumps(listed, indent=4)


@dataclass(frozen=True)
class ProvisioningPlan:
    """Everything that provisioning one request needs to know."""

    pipeline_type: str
    stack_name: str
    pipeline_stack_name: str
    pipeline_template: str
    """Path below the published version, e.g. `pipelines/single_account_codepipeline.yaml`."""
    pipeline_parameters: tuple[tuple[str, str], ...]
    blueprint_template: str
    package_key: str
    parameter_files: tuple[ParameterFile, ...]

    @property
    def blueprint_file(self) -> str:
        """Name of the blueprint template inside the package."""
        return self.blueprint_template.rsplit("/", 1)[-1]

    def description(self) -> dict[str, Any]:
        """The plan as the answer to a dry run."""
        return {
            "pipeline_type": self.pipeline_type,
            "stack_name": self.stack_name,
            "pipeline_stack_name": self.pipeline_stack_name,
            "pipeline_template": self.pipeline_template,
            "pipeline_parameters": dict(self.pipeline_parameters),
            "blueprint_template": self.blueprint_template,
            "package_key": self.package_key,
            "parameters": {file.name: dict(file.parameters) for file in self.parameter_files},
        }


@dataclass(frozen=True)
class Package:
    """What a pipeline's source action reads: the blueprint template and its parameter files."""

    key: str
    files: tuple[tuple[str, bytes], ...]

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents, hexadecimal; how the zip is compressed does not count."""
        digest = hashlib.sha256()
        for name, content in self.files:
            digest.update(f"{name}:{len(content)}\n".encode())
            digest.update(content)
        return digest.hexdigest()

    def zipped(self) -> bytes:
        """The files as a zip archive."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files:
                archive.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()


def plan(request: PipelineRequest, settings: Settings) -> ProvisioningPlan:
    """Decide names, templates and parameter values."""
    runs_in_stages = settings.multi_account is not None and request.runs_in_stages
    pipeline = _in_stages(request, settings) if runs_in_stages else _in_this_account(request, settings)
    return ProvisioningPlan(
        pipeline_type=request.type_name(),
        stack_name=request.stack_name,
        pipeline_stack_name=request.pipeline_stack_name,
        pipeline_template=pipeline.template,
        pipeline_parameters=tuple(pipeline.parameters.values_as_text().items()),
        blueprint_template=f"blueprints/{request.blueprint}.yaml",
        package_key=_package_key(request),
        parameter_files=pipeline.files,
    )


@dataclass(frozen=True)
class _Pipeline:
    template: str
    parameters: TemplateParameters
    files: tuple[ParameterFile, ...]


def _in_this_account(request: PipelineRequest, settings: Settings) -> _Pipeline:
    values = request.parameters(settings.launch, stage=None).values_as_text()
    parameters = SingleAccountPipelineParameters(
        **_common_parameters(request, settings),
        TemplateParamsName=PARAMETERS_FILE,
        DeployRoleArn=settings.deploy_role_arn,
    )
    file = ParameterFile(PARAMETERS_FILE, tuple(values.items()))
    return _Pipeline(SINGLE_ACCOUNT_PIPELINE, parameters, (file,))


def _in_stages(request: PipelineRequest, settings: Settings) -> _Pipeline:
    multi = settings.multi_account
    if multi is None:
        raise ValueError("only a multi-account orchestrator has stages")
    by_stage: dict[str, str] = {}
    files: list[ParameterFile] = []
    for stage in STAGES:
        file = f"{stage}_{PARAMETERS_FILE}"
        values = request.parameters(settings.launch, stage).values_as_text()
        files.append(StackSetParameterFile(file, tuple(values.items())))
        name = stage.capitalize()
        by_stage[f"{name}ParamsName"] = file
        by_stage[f"{name}AccountId"] = multi.targets[stage].account_ids
        by_stage[f"{name}OrgId"] = multi.targets[stage].organizational_units
    parameters = MultiAccountPipelineParameters(
        **_common_parameters(request, settings),
        **by_stage,
        StageFunctionName=multi.stage_function,
        NotificationsTopicArn=settings.notifications_topic_arn,
    )
    return _Pipeline(MULTI_ACCOUNT_PIPELINE, parameters, tuple(files))


def _common_parameters(request: PipelineRequest, settings: Settings) -> dict[str, str]:
    return {
        "StackName": request.stack_name,
        "PipelinesBucket": settings.pipelines_bucket,
        "TemplateZipFileName": _package_key(request),
        "TemplateFileName": f"{request.blueprint}.yaml",
        "PipelineRoleArn": settings.pipeline_role_arn,
    }


def _package_key(request: PipelineRequest) -> str:
    return f"{PACKAGE_FOLDER}/{request.stack_name}/{PACKAGE_NAME}"


def package(plan: ProvisioningPlan, blueprint: bytes) -> Package:
    """Pack the blueprint template with the plan's parameter files."""
    parameters = ((file.name, file.text().encode()) for file in plan.parameter_files)
    return Package(plan.package_key, ((plan.blueprint_file, blueprint), *parameters))
