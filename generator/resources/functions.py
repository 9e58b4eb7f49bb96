# SPDX-License-Identifier: Apache-2.0
"""Lambda functions as every template makes them: an encrypted log that expires, traces, and perhaps a VPC.

A template with functions has the parameters of `FunctionParameters`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from awacs.aws import Statement
from troposphere import GetAtt, If, Ref, Split, Template, awslambda, iam, logs

from generator import checkov, permissions
from generator.conditions import if_provided
from generator.resources import runtime

SUBNETS: Final = "FunctionSubnetIds"
SECURITY_GROUPS: Final = "FunctionSecurityGroupIds"
_RETENTION: Final = "LogRetentionDays"
_KEY: Final = "LogKmsKeyArn"
_CONCURRENCY: Final = "FunctionConcurrency"


def operator_key(built: Template) -> If:
    """The key of logs and environments in a template that pipelines deploy; in other accounts there is none."""
    return if_provided(built, _KEY, Ref(_KEY))


def log_group(function: str, key: If, **attributes: Any) -> logs.LogGroup:
    """The function's log group. CloudFormation names it, so that a retained group of the past is never in the way."""
    return expiring_log_group(f"{function}Logs", key, **attributes)


def expiring_log_group(title: str, key: If, **attributes: Any) -> logs.LogGroup:
    """A log group that keeps its entries as long as the operator wants, encrypted with a key."""
    return logs.LogGroup(title, KmsKeyId=key, RetentionInDays=Ref(_RETENTION), **attributes)


def role(function: str, statements: Sequence[Statement | If], *policies: Any, **attributes: Any) -> iam.Role:
    """The function's role: its own log, its traces, and what it is for; `policies` may depend on conditions."""
    own_log = permissions.write_own_log(GetAtt(f"{function}Logs", "Arn"))
    return iam.Role(
        f"{function}Role",
        AssumeRolePolicyDocument=permissions.trusted_by("lambda.amazonaws.com"),
        Policies=[permissions.policy("Function", own_log, permissions.send_traces(), *statements), *policies],
        **attributes,
    )


def network_policy(built: Template) -> If:
    """Policy that the function's role needs when the function runs in a VPC."""
    return if_provided(built, SUBNETS, permissions.policy("Network", *permissions.interfaces_of_functions()))


def function(built: Template, name: str, **properties: Any) -> awslambda.Function:
    """The function itself; `properties` give code, handler, description and whatever differs from the defaults.

    An asynchronous function has a `DeadLetterConfig`. One with an environment has a `KmsKeyArn`. One whose work is that
    of another function may name its role and log.
    """
    answering = {} if "DeadLetterConfig" in properties else {"Metadata": checkov.skipped(checkov.DEAD_LETTERS)}
    defaults = {
        "Runtime": f"python{runtime.PYTHON}",
        "Architectures": [runtime.ARCHITECTURE],
        "Role": GetAtt(f"{name}Role", "Arn"),
        "LoggingConfig": awslambda.LoggingConfig(LogGroup=Ref(f"{name}Logs")),
        "TracingConfig": awslambda.TracingConfig(Mode="Active"),
        "VpcConfig": if_provided(built, SUBNETS, _vpc(built)),
        "ReservedConcurrentExecutions": if_provided(built, _CONCURRENCY, Ref(_CONCURRENCY)),
    }
    return awslambda.Function(name, **{**defaults, **answering, **properties})


def _vpc(built: Template) -> awslambda.VPCConfig:
    groups = if_provided(built, SECURITY_GROUPS, Split(",", Ref(SECURITY_GROUPS)))
    return awslambda.VPCConfig(SubnetIds=Split(",", Ref(SUBNETS)), SecurityGroupIds=groups)
