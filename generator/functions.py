# SPDX-License-Identifier: Apache-2.0
"""Lambda functions as every template makes them: a log group that expires, traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from awacs.aws import Statement
from troposphere import GetAtt, Ref, awslambda, iam, logs

from generator import permissions, runtime

_LOG_RETENTION_DAYS: Final = 365


def log_group(function: str, **attributes: Any) -> logs.LogGroup:
    """The function's log group. CloudFormation names it, so that a retained group of the past is never in the way."""
    return logs.LogGroup(f"{function}Logs", RetentionInDays=_LOG_RETENTION_DAYS, **attributes)


def role(function: str, statements: Sequence[Statement], *policies: Any, **attributes: Any) -> iam.Role:
    """The function's role: its own log, its traces, and what it is for; `policies` may depend on conditions."""
    own_log = permissions.write_own_log(GetAtt(f"{function}Logs", "Arn"))
    return iam.Role(
        f"{function}Role",
        AssumeRolePolicyDocument=permissions.trusted_by("lambda.amazonaws.com"),
        Policies=[permissions.policy("Function", own_log, permissions.send_traces(), *statements), *policies],
        **attributes,
    )


def function(name: str, **properties: Any) -> awslambda.Function:
    """The function itself; `properties` give code, handler, description and whatever differs from the defaults."""
    return awslambda.Function(
        name,
        Runtime=f"python{runtime.PYTHON}",
        Architectures=[runtime.ARCHITECTURE],
        Role=GetAtt(f"{name}Role", "Arn"),
        LoggingConfig=awslambda.LoggingConfig(LogGroup=Ref(f"{name}Logs")),
        TracingConfig=awslambda.TracingConfig(Mode="Active"),
        **properties,
    )
