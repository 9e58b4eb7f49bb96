# SPDX-License-Identifier: Apache-2.0
"""What an organization may decide at launch beyond what the earlier solution asked; every answer is optional."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from orchestrator.launch.operator_options import DEFAULT_LOG_RETENTION_DAYS
from orchestrator.values import operator
from orchestrator.values.common import Expect
from orchestrator.values.template_parameters import TemplateParameters

GROUP_LABEL: Final = "Options for your organization (all optional)"
REACH_LABEL: Final = "What requests may name (all optional)"

_SUBNETS: Final = "Subnets with commas between; give security groups with them. Empty runs the functions in no VPC."
_GROUPS: Final = "Security groups with commas between, for the subnets."
_BLUEPRINTS: Final = "of the functions that pipelines make in"


class OrganizationOptions(TemplateParameters):
    """Options of both root templates."""

    RolePath: Annotated[
        operator.RolePath,
        Field(
            title="Path of all roles",
            description=(
                "Path of every role that the solution and its pipelines make. Choose it at the first launch: "
                "another one later replaces all roles."
            ),
        ),
    ] = "/"
    PermissionsBoundaryName: Annotated[
        operator.OptionalPolicyName,
        Field(
            title="Permissions boundary of all roles",
            description=(
                "Managed policy that bounds every role that the solution and its pipelines make; it must exist under "
                "this name in every account that they are made in."
            ),
        ),
    ] = ""
    ResourceTags: Annotated[
        operator.OptionalTags,
        Field(
            title="Tags of what pipelines make",
            description=(
                "Tags of everything that pipelines make. Give the same ones as tags of this stack, for its own "
                "resources; mlops deploy does so itself."
            ),
        ),
    ] = ""
    ExistingKmsKeyArn: Annotated[
        operator.OptionalKeyArn,
        Field(
            title="ARN of an existing KMS key",
            description=(
                "Key of yours in this Region for what the solution itself keeps; empty makes a new one. Its policy "
                "must let the solution use it. Choose it at the first launch: another one later replaces the new "
                "image repository by an empty one."
            ),
        ),
        Expect(
            "the ARN of a KMS key, or empty",
            example="arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            but="not of an alias",
        ),
    ] = ""
    LogRetentionDays: Annotated[
        operator.LogRetentionDays,
        Field(
            title="Days that logs are kept",
            description="Days after which entries are deleted from the logs of the solution and its pipelines.",
        ),
    ] = DEFAULT_LOG_RETENTION_DAYS
    LogLevel: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        Field(title="Log level", description="What the solution's own functions write to their logs."),
        Expect("DEBUG, INFO, WARNING or ERROR"),
    ] = "INFO"
    FunctionSubnetIds: Annotated[
        operator.OptionalSubnetIds,
        Field(title="Subnets of functions in this account", description=_SUBNETS),
    ] = ""
    FunctionSecurityGroupIds: Annotated[
        operator.OptionalSecurityGroupIds,
        Field(title="Security groups of functions in this account", description=_GROUPS),
    ] = ""
    FunctionConcurrency: Annotated[
        operator.OptionalConcurrency,
        Field(
            title="Reserved concurrency of each function",
            description=(
                "So many concurrent executions are reserved for each function of the solution and its pipelines, and "
                "it can have no more; empty reserves none."
            ),
        ),
    ] = ""
    CustomBlueprintPolicyArn: Annotated[
        str,
        Field(
            title="ARN of a policy for pipeline types of your own",
            description=(
                "Managed policy of this account with what the blueprints of pipeline types that you add may do in it; "
                "empty leaves them what the built-in blueprints need."
            ),
            max_length=2048,
            pattern=r"^(arn:[a-z0-9-]+:iam::[0-9]{12}:policy/[a-zA-Z0-9+=,.@_/-]+)?$",
        ),
        Expect(
            "the ARN of a managed policy of this account, or empty",
            example="arn:aws:iam::111122223333:policy/mlops-blueprints",
        ),
    ] = ""


class StageOptions(TemplateParameters):
    """Options that only the multi-account root template has."""

    DevFunctionSubnetIds: Annotated[
        operator.OptionalSubnetIds,
        Field(title=f"Subnets {_BLUEPRINTS} dev", description=_SUBNETS),
    ] = ""
    DevFunctionSecurityGroupIds: Annotated[
        operator.OptionalSecurityGroupIds,
        Field(title=f"Security groups {_BLUEPRINTS} dev", description=_GROUPS),
    ] = ""
    StagingFunctionSubnetIds: Annotated[
        operator.OptionalSubnetIds,
        Field(title=f"Subnets {_BLUEPRINTS} staging", description=_SUBNETS),
    ] = ""
    StagingFunctionSecurityGroupIds: Annotated[
        operator.OptionalSecurityGroupIds,
        Field(title=f"Security groups {_BLUEPRINTS} staging", description=_GROUPS),
    ] = ""
    ProdFunctionSubnetIds: Annotated[
        operator.OptionalSubnetIds,
        Field(title=f"Subnets {_BLUEPRINTS} prod", description=_SUBNETS),
    ] = ""
    ProdFunctionSecurityGroupIds: Annotated[
        operator.OptionalSecurityGroupIds,
        Field(title=f"Security groups {_BLUEPRINTS} prod", description=_GROUPS),
    ] = ""
    ApprovalTimeoutMinutes: Annotated[
        str,
        Field(
            title="Minutes that an approval may take",
            description="Minutes after which an approval that nobody has decided fails.",
            max_length=5,
            pattern=r"^([5-9]|[1-9][0-9]{1,3}|[1-7][0-9]{4}|8[0-5][0-9]{3}|86[0-3][0-9]{2}|86400)$",
        ),
        Expect("a whole number from 5 to 86400"),
    ] = "10080"


NAMES: Final = frozenset({*OrganizationOptions.model_fields, *StageOptions.model_fields})
"""The options of both classes: a group of their own on the console."""
