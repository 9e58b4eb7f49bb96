# SPDX-License-Identifier: Apache-2.0
"""Parameters of the boundary that describe the orchestrator whose roles it bounds."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from orchestrator.launch.options import ReachOptions, RoleOptions
from orchestrator.values import operator
from orchestrator.values.common import Expect
from orchestrator.values.template_parameters import TemplateParameters

_ACTION: Final = "(?!iam:|sts:)[a-z0-9-]+:[a-zA-Z*]+"
# A managed policy has 6,144 characters in all.
_MOST_ACTIONS: Final = 15
_LONGEST_ACTIONS: Final = 200
_BUCKET: Final = "[a-z0-9.*-]{3,63}"
_LONGEST_BUCKETS: Final = 150
LONGEST_NAME: Final = 24
"""How much of a stack's name CloudFormation keeps in the names that it makes, also where these get too long."""


class BoundaryParameters(TemplateParameters):
    """Parameters of the template; their defaults fit an orchestrator that was launched with the defaults."""

    # Of Python, which like CloudFormation can look ahead in a pattern.
    model_config = ConfigDict(regex_engine="python-re")

    PolicyName: Annotated[
        str,
        Field(
            description="Name of the policy, the same in all accounts of an orchestrator.",
            min_length=1,
            max_length=48,
            pattern=r"^[a-zA-Z0-9._@=,+-]+$",
        ),
        Expect("the name of a managed policy, without its path"),
    ] = "mlops-orchestrator-boundary"
    RolePath: Annotated[
        operator.RolePath,
        Field(description="RolePath of the orchestrator; the policy has the same path."),
    ] = RoleOptions.model_fields["RolePath"].default
    OrchestratorName: Annotated[
        str,
        Field(
            description=f"Name of the orchestrator's stack; of a longer one, its first {LONGEST_NAME} characters.",
            min_length=1,
            max_length=LONGEST_NAME,
            pattern=r"^[a-zA-Z][a-zA-Z0-9-]*$",
        ),
        Expect("how the name of a stack begins"),
    ] = "mlops-orchestrator"
    ReservedBuckets: Annotated[
        str,
        Field(
            max_length=_LONGEST_BUCKETS,
            pattern=rf"^{_BUCKET}(,{_BUCKET}){{0,2}}$",
            description=(
                "Buckets that no pipeline may write to, beside those that the orchestrator makes: the one that it is "
                "launched from, and ConfigS3Bucket."
            ),
        ),
        Expect("three names of buckets at most with commas between, in which * stands for anything"),
    ] = "mlops-artifacts-*"
    AllowedSecrets: Annotated[
        operator.SecretPatterns,
        Field(description="AllowedSecrets of the orchestrator: no pipeline reads another secret."),
    ] = ReachOptions.model_fields["AllowedSecrets"].default
    AdditionalActions: Annotated[
        str,
        Field(
            description="Actions that pipeline types of your own need beyond those of the built-in ones.",
            max_length=_LONGEST_ACTIONS,
            pattern=rf"^({_ACTION}(,{_ACTION}){{0,{_MOST_ACTIONS - 1}}})?$",
        ),
        Expect(
            f"{_MOST_ACTIONS} actions at most with commas between, or empty",
            example="ecs:*,dynamodb:Put*",
            but="none of IAM and STS",
        ),
    ] = ""
