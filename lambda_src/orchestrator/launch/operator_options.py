# SPDX-License-Identifier: Apache-2.0
"""Launch options of the operator for everything that pipelines make, in the form that blueprints get.

A blueprint that makes roles, logs, functions or APIs has these parameters too. The orchestrator fills in those that a
blueprint declares; no pipeline type knows of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from orchestrator import reach
from orchestrator.launch.options import BlueprintOptions, FunctionOptions, LogOptions, NetworkOptions, RoleOptions
from orchestrator.values import operator
from orchestrator.values.common import YesOrNo
from orchestrator.values.per_stage import Stage
from orchestrator.values.tags import Tags
from orchestrator.values.template_parameters import TemplateParameters


class RoleParameters(RoleOptions):
    """Parameters of a template that makes roles."""

    AllowedArns: Annotated[
        operator.AllowedArns,
        Field(description="What roles that run code of a request may reach, if another policy allows it."),
    ] = reach.ANY
    AllowedAccounts: Annotated[operator.AllowedAccountIds, Field(description="Accounts that may own it.")] = reach.ANY


class LogParameters(LogOptions):
    """Parameters of a template that makes log groups."""

    LogKmsKeyArn: Annotated[
        operator.OptionalKeyArn,
        Field(description="KMS key of logs and of functions' environments. Empty uses the keys of AWS."),
    ] = ""


class FunctionParameters(FunctionOptions, LogParameters):
    """Parameters of a template that makes functions, each with a log group."""


class ApiParameters(TemplateParameters):
    """Parameters of a template that makes an API."""

    ApiAccessLogs: Annotated[
        YesOrNo,
        Field(description="Yes gives the API an access log; the account must let API Gateway write logs."),
    ] = "No"


@dataclass(frozen=True)
class OperatorOptions:
    """The operator's decisions, and what follows from them for blueprints."""

    chosen: BlueprintOptions = field(default_factory=BlueprintOptions.model_construct)
    """What goes for this account; all but the network goes for the stages, too."""
    networks: Mapping[Stage, NetworkOptions] = field(default_factory=dict)
    log_kms_key_arn: str = ""
    """The solution's key. It is for this account: the policy of a key lets in no log of another one."""
    allowed_arns: str = reach.ANY
    allowed_accounts: str = reach.ANY
    tags: Tags = ()
    """Of everything that pipelines make, beside those by which the orchestrator knows it."""

    def values(self, stage: Stage | None) -> dict[str, str]:
        """Values of the options by the names of the parameters that take them; `None` is this account."""
        is_here = stage is None
        network = self.chosen if stage is None else self.networks.get(stage) or NetworkOptions.model_construct()
        return {
            **self.chosen.values_as_text(),
            **{name: getattr(network, name) for name in NetworkOptions.model_fields},
            "AllowedArns": self.allowed_arns,
            "AllowedAccounts": self.allowed_accounts,
            "LogKmsKeyArn": self.log_kms_key_arn if is_here else "",
            # The root stack lets API Gateway write logs, which is a setting of the whole account (lesson 70).
            "ApiAccessLogs": "Yes" if is_here else "No",
        }

    def fill(self, parameters: TemplateParameters, stage: Stage | None) -> TemplateParameters:
        """The same parameters with the values of the options that they declare."""
        declared = type(parameters).model_fields
        update = {name: value for name, value in self.values(stage).items() if name in declared}
        return parameters.model_copy(update=update)
