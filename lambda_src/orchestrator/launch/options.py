# SPDX-License-Identifier: Apache-2.0
"""Launch options of the orchestrator and of everything that its pipelines make, each declared once.

From a field here follow the launch parameter of the root templates, the environment variable of the functions, its
value at run time, and, for `BlueprintOptions`, the parameter of the blueprints that need it and its value. What only a
root template uses is declared in `generator/root/options.py`.
"""

import re
from typing import Annotated, Final

from pydantic import Field

from orchestrator import reach
from orchestrator.values import operator
from orchestrator.values.template_parameters import TemplateParameters

HERE: Final = "this account"
"""Part of the labels of a `NetworkOptions`; the name of a stage takes its place in the labels of that stage."""


def variable(parameter: str) -> str:
    """The environment variable that has a launch parameter's value, e.g. `ALLOWED_BUCKETS` for `AllowedBuckets`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", parameter).upper()


class RoleOptions(TemplateParameters):
    """Options of every template that makes roles."""

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


class LogOptions(TemplateParameters):
    """Options of every template that makes log groups."""

    LogRetentionDays: Annotated[
        operator.LogRetentionDays,
        Field(
            title="Days that logs are kept",
            description="Days after which log entries of the solution and its pipelines are deleted.",
        ),
    ] = "365"


class NetworkOptions(TemplateParameters):
    """Options of every template that makes functions; each stage has its own, because it has a VPC of its own."""

    FunctionSubnetIds: Annotated[
        operator.OptionalSubnetIds,
        Field(
            title=f"Subnets of functions in {HERE}",
            description="Subnets with commas between; also give security groups. Empty runs the functions in no VPC.",
        ),
    ] = ""
    FunctionSecurityGroupIds: Annotated[
        operator.OptionalSecurityGroupIds,
        Field(
            title=f"Security groups of functions in {HERE}",
            description="Security groups with commas between, for the subnets.",
        ),
    ] = ""


class FunctionOptions(NetworkOptions, LogOptions):
    """Options of every template that makes functions, each with a log group."""

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


class BlueprintOptions(FunctionOptions, RoleOptions):
    """All options that reach blueprints as the operator gives them."""


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
