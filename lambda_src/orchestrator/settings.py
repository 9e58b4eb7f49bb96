# SPDX-License-Identifier: Apache-2.0
"""What the operator chose at launch, read once from the function's environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from orchestrator.per_stage import STAGES, Stage


@dataclass(frozen=True)
class Launch:
    """The part of the settings that decides what a request means, and the values of its blueprint's parameters."""

    region: str
    multi_account: bool
    use_model_registry: bool
    assets_bucket: str
    pipelines_bucket: str
    ecr_repository_arn: str
    application: str
    """Name of the root stack, by which all that it makes is tagged."""


@dataclass(frozen=True)
class StageTarget:
    """Where a stage deploys; each text is one id, or several with commas between."""

    account_ids: str
    organizational_units: str


@dataclass(frozen=True)
class MultiAccount:
    """What only a multi-account root stack knows."""

    targets: Mapping[Stage, StageTarget]
    stage_function: str
    """Name of the function that deploys a stage."""
    call_as: Literal["SELF", "DELEGATED_ADMIN"] = "SELF"
    """In which capacity this account speaks to StackSets."""


@dataclass(frozen=True)
class Settings:
    """Everything the functions need to know of the root stack that made them."""

    launch: Launch
    artifact_bucket: str
    artifact_prefix: str
    url_suffix: str
    pipeline_stack_role_arn: str
    pipeline_role_arn: str
    pipeline_start_role_arn: str
    """Role under which EventBridge starts a pipeline whose source has changed."""
    deploy_role_arn: str
    notifications_topic_arn: str
    allow_detailed_error_message: bool
    multi_account: MultiAccount | None = None

    @property
    def account(self) -> str:
        """The account of the orchestrator."""
        return self.deploy_role_arn.split(":")[4]

    @property
    def call_as(self) -> Literal["SELF", "DELEGATED_ADMIN"]:
        """In which capacity this account speaks to StackSets."""
        return self.multi_account.call_as if self.multi_account else "SELF"

    def template_key(self, path: str) -> str:
        """The key of a published template, e.g. `blueprints/realtime_inference.yaml`, in the artifact bucket."""
        return f"{self.artifact_prefix}/{path}"

    def template_url(self, path: str) -> str:
        """The address under which CloudFormation reads a published template."""
        host = f"{self.artifact_bucket}.s3.{self.launch.region}.{self.url_suffix}"
        return f"https://{host}/{self.template_key(path)}"


class _Environment:
    """Reads variables and remembers which were missing, so that one error names them all."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.missing: list[str] = []

    def text(self, name: str) -> str:
        value = self._variables.get(name, "")
        if not value:
            self.missing.append(name)
        return value

    def is_yes(self, name: str) -> bool:
        return self.text(name) == "Yes"


def read(variables: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; raises `RuntimeError` naming every variable that is missing or empty."""
    env = _Environment(variables)
    is_multi_account = env.is_yes("MULTI_ACCOUNT")
    settings = Settings(
        launch=Launch(
            region=env.text("AWS_REGION"),
            multi_account=is_multi_account,
            use_model_registry=env.is_yes("USE_MODEL_REGISTRY"),
            assets_bucket=env.text("ASSETS_BUCKET"),
            pipelines_bucket=env.text("PIPELINES_BUCKET"),
            ecr_repository_arn=env.text("ECR_REPOSITORY_ARN"),
            application=env.text("APPLICATION"),
        ),
        artifact_bucket=env.text("ARTIFACT_BUCKET"),
        artifact_prefix=env.text("ARTIFACT_PREFIX"),
        url_suffix=env.text("URL_SUFFIX"),
        pipeline_stack_role_arn=env.text("PIPELINE_STACK_ROLE_ARN"),
        pipeline_role_arn=env.text("PIPELINE_ROLE_ARN"),
        pipeline_start_role_arn=env.text("PIPELINE_START_ROLE_ARN"),
        deploy_role_arn=env.text("DEPLOY_ROLE_ARN"),
        notifications_topic_arn=env.text("NOTIFICATIONS_TOPIC_ARN"),
        allow_detailed_error_message=env.is_yes("ALLOW_DETAILED_ERROR_MESSAGE"),
        multi_account=_multi_account(env) if is_multi_account else None,
    )
    if env.missing:
        raise RuntimeError(f"these environment variables are missing or empty: {', '.join(env.missing)}")
    return settings


def _multi_account(env: _Environment) -> MultiAccount:
    targets = {
        stage: StageTarget(env.text(f"{stage.upper()}_ACCOUNT_ID"), env.text(f"{stage.upper()}_ORG_ID"))
        for stage in STAGES
    }
    stage_function, call_as = env.text("STAGE_FUNCTION"), env.text("CALL_AS")
    return MultiAccount(targets, stage_function, "SELF" if call_as == "SELF" else "DELEGATED_ADMIN")
