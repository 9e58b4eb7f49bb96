# SPDX-License-Identifier: Apache-2.0
"""What an organization may decide at launch beyond what the earlier solution asked; every answer is optional."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from orchestrator.launch.operator_options import DEFAULT_LOG_RETENTION_DAYS
from orchestrator.values import operator
from orchestrator.values.common import Expect
from orchestrator.values.template_parameters import TemplateParameters

GROUP_LABEL: Final = "Options for your organization (all optional)"
REACH_LABEL: Final = "What requests may name (all optional)"

# What tags can have everywhere, less the comma and the first `=`, which divide them here. Upper case counts too.
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
_KEY: Final = "(?!aws:|mlops:)[a-z0-9_ ./+@:-]+"
_LONGEST_VALUE: Final = 256
_MOST_TAGS: Final = 20
# A function's environment holds 4 KB in all: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LONGEST_TAGS: Final = 1000
_TAG: Final = f"{_KEY}=[a-z0-9_ ./+@:=-]{{0,{_LONGEST_VALUE}}}"

_SUBNETS: Final = "Subnets with commas between; also give security groups. Empty runs the functions in no VPC."
_GROUPS: Final = "Security groups with commas between, for the subnets."
_BLUEPRINTS: Final = "of functions in"


class OrganizationOptions(TemplateParameters):
    """Options of both root templates."""

    # CloudFormation's patterns are Java's and may look ahead, as Python's may; those of pydantic's own engine may not.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-regexes.html
    model_config = ConfigDict(regex_engine="python-re")

    RolePath: Annotated[
        operator.RolePath,
        Field(
            title="Path of all roles",
            description=(
                "Path of every role that the solution and its pipelines make. Choose it at the first launch: a later "
                "change replaces all roles."
            ),
        ),
    ] = "/"
    PermissionsBoundaryName: Annotated[
        operator.OptionalPolicyName,
        Field(
            title="Permissions boundary of all roles",
            description=(
                "Managed policy that bounds every role that the solution and its pipelines make. It must exist under "
                "this name in every account that has such roles. Empty bounds none."
            ),
        ),
    ] = ""
    ResourceTags: Annotated[
        str,
        Field(
            title="Tags of what pipelines make",
            description=(
                "Tags of everything that pipelines make. For the solution's own resources, give the same tags to this "
                "stack; mlops deploy does both."
            ),
            max_length=_LONGEST_TAGS,
            pattern=f"^(?i:{_TAG}(,{_TAG}){{0,{_MOST_TAGS - 1}}})?$",
        ),
        Expect(
            f"tags as key=value with commas between, {_MOST_TAGS} at most in {_LONGEST_TAGS:,} characters, or empty",
            example="cost-centre=4711,team=harbour",
            but="without keys that begin with aws: or mlops:",
        ),
    ] = ""
    ExistingKmsKeyArn: Annotated[
        operator.OptionalKeyArn,
        Field(
            title="ARN of an existing KMS key",
            description=(
                "Your own key in this Region for what the solution itself keeps. Its policy must let the solution use "
                "it. Empty makes a new key. Choose it at the first launch: a later change replaces the image "
                "repository that the solution made by an empty one."
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
            description="Days after which log entries of the solution and its pipelines are deleted.",
        ),
    ] = DEFAULT_LOG_RETENTION_DAYS
    LogLevel: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        Field(title="Log level", description="Lowest level of the messages that the solution's own functions log."),
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
                "Concurrent executions reserved for each function of the solution and its pipelines, which are also "
                "the most that it gets. Empty reserves none."
            ),
        ),
    ] = ""
    CustomBlueprintPolicyArn: Annotated[
        str,
        Field(
            title="ARN of a policy for your own pipeline types",
            description=(
                "Managed policy of this account that allows what the blueprints of your own pipeline types need beyond "
                "the built-in ones. Empty allows no more."
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
            description="Minutes after which an undecided approval fails.",
            max_length=5,
            pattern=r"^([5-9]|[1-9][0-9]{1,3}|[1-7][0-9]{4}|8[0-5][0-9]{3}|86[0-3][0-9]{2}|86400)$",
        ),
        Expect("a whole number from 5 to 86400"),
    ] = "10080"


NAMES: Final = frozenset({*OrganizationOptions.model_fields, *StageOptions.model_fields})
"""The options of both classes: a group of their own on the console."""
