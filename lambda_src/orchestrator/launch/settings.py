# SPDX-License-Identifier: Apache-2.0
"""Settings that the operator chose at launch, read once from the function's environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from orchestrator import reach
from orchestrator.launch.operator_options import OperatorOptions
from orchestrator.launch.options import BlueprintOptions, NetworkOptions, ReachOptions, variable
from orchestrator.reach import Reach
from orchestrator.values import tags
from orchestrator.values.per_stage import STAGES, Stage
from orchestrator.values.template_parameters import TemplateParameters

if TYPE_CHECKING:
    from orchestrator.values.monitors import EngineName

DEFAULT_APPROVAL_TIMEOUT_MINUTES: Final = 7 * 24 * 60
"""CodePipeline's own."""
PARAMETERS: Final = (
    *BlueprintOptions.model_fields,
    *ReachOptions.model_fields,
    *("AllowDetailedErrorMessage", "ArtifactPrefix", "AutomaticRetraining", "MonitorEngine", "ResourceTags"),
    "UseModelRegistry",
)
"""Launch parameters that are read here, each from the variable of its name."""
_OF_EACH_STAGE: Final = ("AccountId", "OrgId", *NetworkOptions.model_fields)
MULTI_ACCOUNT_PARAMETERS: Final = (
    "ApprovalTimeoutMinutes",
    *(f"{stage.capitalize()}{name}" for stage in STAGES for name in _OF_EACH_STAGE),
)
"""What a multi-account orchestrator reads besides."""


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
    options: OperatorOptions = field(default_factory=OperatorOptions)
    """What goes for everything that pipelines make."""
    reach: Reach = field(default_factory=Reach)
    """What requests may name."""
    monitor_engine: EngineName = "open"
    """What does the work of monitors whose requests do not say it."""
    automatic_retraining: bool = False
    """Whether runs of monitors may have models trained again."""
    function_role_arn: str = ""
    """Role of the orchestrator's function, which the accounts of stages trust; empty with the option single-account."""
    notifications_topic_arn: str = ""
    """Topic by which the orchestrator tells people, and nothing else may; empty where requests are only looked at."""

    @property
    def partition(self) -> str:
        """Partition of the orchestrator's account."""
        return self.ecr_repository_arn.split(":")[1]

    @property
    def account(self) -> str:
        """Account of the orchestrator."""
        return self.ecr_repository_arn.split(":")[4]

    @property
    def stack_arns(self) -> str:
        """Beginning of the ARNs of all stacks of the orchestrator's account and Region."""
        return f"arn:{self.partition}:cloudformation:{self.region}:{self.account}:stack/"


@dataclass(frozen=True)
class StageTarget:
    """Accounts and organizational units of a stage; each text is one id, or several with commas between."""

    account_ids: str
    organizational_units: str


@dataclass(frozen=True)
class MultiAccount:
    """Settings of a multi-account root stack only."""

    targets: Mapping[Stage, StageTarget]
    stage_function: str
    """Name of the function that deploys a stage."""
    call_as: Literal["SELF", "DELEGATED_ADMIN"] = "SELF"
    """`CallAs` value for StackSets calls."""
    approval_timeout_minutes: int = DEFAULT_APPROVAL_TIMEOUT_MINUTES
    """After so long an approval that nobody has decided fails."""


@dataclass(frozen=True)
class Settings:
    """Everything the functions need to know of the root stack that made them."""

    launch: Launch
    artifact_prefix: str
    """The published version, e.g. `mlops-workload-orchestrator/0.3.0-0f1e2d3c4b5a`: tags of stacks name it."""
    url_suffix: str
    pipeline_stack_role_arn: str
    pipeline_role_arn: str
    pipeline_start_role_arn: str
    """Role under which EventBridge starts a pipeline whose source has changed."""
    deploy_role_arn: str
    config_bucket: str
    allow_detailed_error_message: bool
    multi_account: MultiAccount | None = None

    @property
    def notifications_topic_arn(self) -> str:
        """Topic by which people are told."""
        return self.launch.notifications_topic_arn

    @property
    def account(self) -> str:
        """The account of the orchestrator."""
        return self.deploy_role_arn.split(":")[4]

    @property
    def stack_arns(self) -> str:
        """Beginning of the ARNs of all stacks of the orchestrator's account and Region."""
        partition = self.deploy_role_arn.split(":")[1]
        return f"arn:{partition}:cloudformation:{self.launch.region}:{self.account}:stack/"

    @property
    def stage_accounts(self) -> frozenset[str]:
        """The accounts of dev, staging and prod; none with the option single-account."""
        targets = self.multi_account.targets.values() if self.multi_account else ()
        return frozenset(account for target in targets for account in target.account_ids.split(","))

    def stage_of(self, account: str) -> str:
        """Return the stage to which an account belongs; empty if none."""
        targets = self.multi_account.targets if self.multi_account else {}
        return next((stage for stage, target in targets.items() if account in target.account_ids.split(",")), "")

    @property
    def call_as(self) -> Literal["SELF", "DELEGATED_ADMIN"]:
        """`CallAs` value for StackSets calls."""
        return self.multi_account.call_as if self.multi_account else "SELF"

    @property
    def approval_timeout(self) -> timedelta:
        """After so long an approval that nobody has decided fails."""
        multi = self.multi_account
        return timedelta(minutes=multi.approval_timeout_minutes if multi else DEFAULT_APPROVAL_TIMEOUT_MINUTES)

    def object_url(self, bucket: str, key: str) -> str:
        """The address under which CloudFormation reads an object."""
        return f"https://{bucket}.s3.{self.launch.region}.{self.url_suffix}/{key}"


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

    def optional(self, name: str) -> str:
        return self._variables.get(name, "")

    def options(self, declared: type[TemplateParameters], prefix: str = "") -> dict[str, Any]:
        """Values of options by name, as CloudFormation has checked them; only those empty by default may be empty."""
        return {
            name: (self.text if option.default else self.optional)(variable(f"{prefix}{name}"))
            for name, option in declared.model_fields.items()
        }


def read(variables: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; raises `RuntimeError` naming every variable that is missing or empty."""
    env = _Environment(variables)
    is_multi_account = env.is_yes("MULTI_ACCOUNT")
    allowed = _reach(env)
    settings = Settings(
        launch=Launch(
            region=env.text("AWS_REGION"),
            multi_account=is_multi_account,
            use_model_registry=env.is_yes("USE_MODEL_REGISTRY"),
            assets_bucket=env.text("ASSETS_BUCKET"),
            pipelines_bucket=env.text("PIPELINES_BUCKET"),
            ecr_repository_arn=env.text("ECR_REPOSITORY_ARN"),
            application=env.text("APPLICATION"),
            options=_options(env, allowed),
            reach=allowed,
            monitor_engine="sagemaker" if env.text("MONITOR_ENGINE") == "SageMaker" else "open",
            # A missing variable lets nothing happen.
            automatic_retraining=env.optional("AUTOMATIC_RETRAINING") == "Yes",
            function_role_arn=env.text("FUNCTION_ROLE_ARN") if is_multi_account else "",
            notifications_topic_arn=env.text("NOTIFICATIONS_TOPIC_ARN"),
        ),
        artifact_prefix=env.text("ARTIFACT_PREFIX"),
        url_suffix=env.text("URL_SUFFIX"),
        pipeline_stack_role_arn=env.text("PIPELINE_STACK_ROLE_ARN"),
        pipeline_role_arn=env.text("PIPELINE_ROLE_ARN"),
        pipeline_start_role_arn=env.text("PIPELINE_START_ROLE_ARN"),
        deploy_role_arn=env.text("DEPLOY_ROLE_ARN"),
        config_bucket=env.text("CONFIG_BUCKET"),
        allow_detailed_error_message=env.is_yes("ALLOW_DETAILED_ERROR_MESSAGE"),
        multi_account=_multi_account(env) if is_multi_account else None,
    )
    if env.missing:
        raise RuntimeError(f"these environment variables are missing or empty: {', '.join(env.missing)}")
    return settings


def _reach(env: _Environment) -> Reach:
    """Return what requests may name. A missing variable allows nothing."""
    allowed = {name: tuple(env.optional(variable(name)).split(",")) for name in ReachOptions.model_fields}
    assets, repository = env.optional("ASSETS_BUCKET"), env.optional("ECR_REPOSITORY_ARN")
    account = "".join(repository.split(":")[4:5])
    of_stages = [one for stage in STAGES for one in env.optional(f"{stage.upper()}_ACCOUNT_ID").split(",")]
    accounts = {account, *of_stages, *allowed.pop(reach.ACCOUNTS)}
    return Reach(
        allowed=allowed,
        accounts=frozenset(accounts - {""}),
        account=account,
        own={reach.BUCKET.parameter: assets, reach.REPOSITORY.parameter: repository.partition("/")[2]},
        # One bucket may serve as two: then people have their models and data in it.
        reserved_buckets=frozenset(env.text("RESERVED_BUCKETS").split(",")) - {assets},
    )


def _options(env: _Environment, allowed: Reach) -> OperatorOptions:
    return OperatorOptions(
        allowed_arns=allowed.arns(env.optional("PIPELINES_BUCKET")),
        allowed_accounts=reach.ANY if reach.ANY in allowed.accounts else ",".join(sorted(allowed.accounts)),
        chosen=BlueprintOptions.model_construct(**env.options(BlueprintOptions)),
        networks={
            stage: NetworkOptions.model_construct(**env.options(NetworkOptions, stage.capitalize())) for stage in STAGES
        },
        log_kms_key_arn=env.text("LOG_KMS_KEY_ARN"),
        tags=tags.of_text(env.optional("RESOURCE_TAGS")),
    )


def _multi_account(env: _Environment) -> MultiAccount:
    targets = {
        stage: StageTarget(env.text(f"{stage.upper()}_ACCOUNT_ID"), env.text(f"{stage.upper()}_ORG_ID"))
        for stage in STAGES
    }
    stage_function, call_as = env.text("STAGE_FUNCTION"), env.text("CALL_AS")
    # What is missing is reported by its name, with everything else that is.
    minutes = int(env.text("APPROVAL_TIMEOUT_MINUTES") or DEFAULT_APPROVAL_TIMEOUT_MINUTES)
    return MultiAccount(targets, stage_function, "SELF" if call_as == "SELF" else "DELEGATED_ADMIN", minutes)
