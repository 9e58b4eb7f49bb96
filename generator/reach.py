# SPDX-License-Identifier: Apache-2.0
"""Refusals that keep roles within what requests may name (`orchestrator/reach.py`), whatever else allows them.

A role in which code of a request runs is allowed the places, image, key and secret of that one request. The
orchestrator has checked them, and hands the operator's decision on as two parameters: it holds in every account.
`generator/root/reach.py` is about the roles that act for all requests.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from awacs.aws import Action, Condition, Deny, Null, Statement, StringNotLike
from awacs.s3 import PutObject
from troposphere import Ref, Split, Sub, Template, encode_to_dict, iam

from generator import permissions
from orchestrator.events.uploads.names import CONFIG_NAME

_ARNS: Final = "AllowedArns"
_ACCOUNTS: Final = "AllowedAccounts"
# What is done to things that requests name; a refusal may name more actions than anybody is allowed.
_ON_WHAT_IS_NAMED: Final = (
    Action("ecr", "*Image*"),
    Action("ecr", "*Layer*"),
    Action("kms", "*"),
    Action("s3", "*"),
    Action("sagemaker", "DescribeModelPackage"),
    Action("secretsmanager", "*"),
)
_RUN_FOREIGN_CODE: Final = ("codebuild.amazonaws.com", "sagemaker.amazonaws.com")


def keep_within(template: Template) -> None:
    """Give the refusals to the roles, in a template that pipelines deploy, in which code of a request runs."""
    for resource in template.resources.values() if _ARNS in template.parameters else ():
        if isinstance(resource, iam.Role) and _runs_foreign_code(resource):
            resource.Policies.append(
                permissions.policy(
                    "Reach",
                    refuse_others(_ON_WHAT_IS_NAMED, Split(",", Ref(_ARNS))),
                    refuse_accounts(_ON_WHAT_IS_NAMED, Split(",", Ref(_ACCOUNTS))),
                    refuse_configurations(),
                )
            )


def _runs_foreign_code(role: iam.Role) -> bool:
    trust = json.dumps(encode_to_dict(role.AssumeRolePolicyDocument))
    return any(service in trust for service in _RUN_FOREIGN_CODE)


def refuse_others(actions: Sequence[Action], resources: Any, condition: Condition | None = None) -> Statement:
    """Refuse actions on everything but these resources."""
    extra = {} if condition is None else {"Condition": condition}
    return Statement(Effect=Deny, Action=list(actions), NotResource=resources, **extra)


def refuse_accounts(actions: Sequence[Action], allowed: Any) -> Statement:
    """Refuse actions on resources of other accounts. AWS reports the account of nearly every resource.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
    """
    key = "aws:ResourceAccount"
    others = Condition([StringNotLike(key, allowed), Null(key, "false")])
    return Statement(Effect=Deny, Action=list(actions), Resource=["*"], Condition=others)


def refuse_configurations() -> Statement:
    """Refuse to write configurations, which provision pipelines: their bucket may be the one of models and data."""
    anywhere = Sub(f"arn:${{AWS::Partition}}:s3:::*/{CONFIG_NAME}")
    return Statement(Effect=Deny, Action=[PutObject], Resource=[anywhere])
