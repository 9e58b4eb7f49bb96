# SPDX-License-Identifier: Apache-2.0
"""What the operator decided at launch for everything that pipelines make, whatever its type.

A blueprint that makes roles or functions has these parameters too. The orchestrator fills in those that a blueprint
declares; no pipeline type knows of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import Field

from orchestrator import reach
from orchestrator.values import operator
from orchestrator.values.common import YesOrNo
from orchestrator.values.per_stage import Stage
from orchestrator.values.tags import Tags
from orchestrator.values.template_parameters import TemplateParameters

DEFAULT_LOG_RETENTION_DAYS: Final = "365"


class ReachOptions(TemplateParameters):
    """Launch parameters that say what requests may name of others; in the names of things `*` stands for anything.

    Each reaches the validation of requests, and the roles by which the orchestrator and its pipelines act.
    """

    AllowedBuckets: Annotated[
        operator.BucketPatterns,
        Field(
            title="Buckets that requests may name",
            description=(
                "Buckets that the locations in requests may name, beside the assets bucket. Anybody can make a bucket "
                "whose name fits a pattern: also set AllowedAccounts, or give names in full."
            ),
        ),
    ] = reach.ANY
    AllowedRepositories: Annotated[
        operator.RepositoryPatterns,
        Field(
            title="Image repositories that requests may name",
            description=(
                "Amazon ECR repositories from which requests may take images, and to which they may push the images "
                "that they build, beside the solution's own repository."
            ),
        ),
    ] = reach.ANY
    AllowedPackageGroups: Annotated[
        operator.PackageGroupPatterns,
        Field(
            title="Model package groups that requests may name",
            description="Groups in which requests may register models, and from which they may deploy them.",
        ),
    ] = reach.ANY
    AllowedSecrets: Annotated[
        operator.SecretPatterns,
        Field(
            title="Secrets that requests may name",
            description="Secrets Manager secrets that requests may name, such as the registry credentials of a build.",
        ),
    ] = "mlops/*"
    AllowedKeys: Annotated[
        operator.KeyPatterns,
        Field(
            title="KMS keys that requests may name",
            description="KMS keys, and aliases of keys, with which requests may encrypt their data.",
        ),
    ] = reach.ANY
    AllowedAccounts: Annotated[
        operator.AccountPatterns,
        Field(
            title="Other accounts whose buckets, images, models and keys requests may name",
            description=(
                "Accounts that may own what requests name, beside this account and those of the stages. Empty allows "
                "no other account, * allows every account."
            ),
        ),
    ] = reach.ANY


class RoleOptions(TemplateParameters):
    """Parameters of a template that makes roles."""

    RolePath: Annotated[
        operator.RolePath,
        Field(
            description=(
                "Path of every role that the solution and its pipelines make. Choose it at the first launch: a later "
                "change replaces all roles."
            ),
        ),
    ] = "/"
    PermissionsBoundaryName: Annotated[
        operator.OptionalPolicyName,
        Field(
            description=(
                "Managed policy that bounds every role that the solution and its pipelines make. It must exist under "
                "this name in every account that has such roles. Empty bounds none."
            ),
        ),
    ] = ""
    AllowedArns: Annotated[
        operator.AllowedArns,
        Field(description="What roles that run code of a request may reach, if another policy allows it."),
    ] = reach.ANY
    AllowedAccounts: Annotated[operator.AllowedAccountIds, Field(description="Accounts that may own it.")] = reach.ANY


class LogOptions(TemplateParameters):
    """Parameters of a template that makes log groups."""

    LogRetentionDays: Annotated[
        operator.LogRetentionDays,
        Field(description="Days after which log entries of the solution and its pipelines are deleted."),
    ] = DEFAULT_LOG_RETENTION_DAYS
    LogKmsKeyArn: Annotated[
        operator.OptionalKeyArn,
        Field(description="KMS key of logs and of functions' environments. Empty uses the keys of AWS."),
    ] = ""


class ApiOptions(TemplateParameters):
    """Parameters of a template that makes an API."""

    ApiAccessLogs: Annotated[
        YesOrNo,
        Field(description="Yes gives the API an access log; the account must let API Gateway write logs."),
    ] = "No"


class FunctionOptions(LogOptions):
    """Parameters of a template that makes functions, each with a log group."""

    FunctionSubnetIds: Annotated[
        operator.OptionalSubnetIds,
        Field(
            description="Subnets with commas between; also give security groups. Empty runs the functions in no VPC."
        ),
    ] = ""
    FunctionSecurityGroupIds: Annotated[
        operator.OptionalSecurityGroupIds,
        Field(description="Security groups with commas between, for the subnets."),
    ] = ""
    FunctionConcurrency: Annotated[
        operator.OptionalConcurrency,
        Field(
            description=(
                "Concurrent executions reserved for each function of the solution and its pipelines, which are also "
                "the most that it gets. Empty reserves none."
            ),
        ),
    ] = ""


@dataclass(frozen=True)
class Network:
    """Where functions run; both texts are ids with commas between, and empty outside of a VPC."""

    subnet_ids: str = ""
    security_group_ids: str = ""


@dataclass(frozen=True)
class OperatorOptions:
    """The operator's decisions."""

    role_path: str = "/"
    permissions_boundary_name: str = ""
    log_retention_days: str = DEFAULT_LOG_RETENTION_DAYS
    log_kms_key_arn: str = ""
    """The solution's key. It is for this account: the policy of a key lets in no log of another one."""
    function_concurrency: str = ""
    networks: Mapping[Stage | None, Network] = field(default_factory=dict)
    """By stage, because each has a VPC of its own; `None` is this account."""
    allowed_arns: str = reach.ANY
    allowed_accounts: str = reach.ANY
    tags: Tags = ()
    """Of everything that pipelines make, beside those by which the orchestrator knows it."""

    def values(self, stage: Stage | None) -> dict[str, str]:
        """The options' values by the names of the parameters that take them."""
        network = self.networks.get(stage, Network())
        is_here = stage is None
        return {
            "RolePath": self.role_path,
            "PermissionsBoundaryName": self.permissions_boundary_name,
            "AllowedArns": self.allowed_arns,
            "AllowedAccounts": self.allowed_accounts,
            "LogRetentionDays": self.log_retention_days,
            "LogKmsKeyArn": self.log_kms_key_arn if is_here else "",
            # The root stack lets API Gateway write logs, which is a setting of the whole account (lesson 70).
            "ApiAccessLogs": "Yes" if is_here else "No",
            "FunctionSubnetIds": network.subnet_ids,
            "FunctionSecurityGroupIds": network.security_group_ids,
            "FunctionConcurrency": self.function_concurrency,
        }

    def fill(self, parameters: TemplateParameters, stage: Stage | None) -> TemplateParameters:
        """The same parameters with the values of the options that they declare."""
        declared = type(parameters).model_fields
        update = {name: value for name, value in self.values(stage).items() if name in declared}
        return parameters.model_copy(update=update)
