# SPDX-License-Identifier: Apache-2.0
"""Permissions that only the daily digest needs; not made unless the launch names an hour for it.

A managed policy, because the orchestrator's inline policies nearly fill what IAM allows a role.
"""

from __future__ import annotations

from typing import Final

from awacs import ce, s3
from awacs.aws import Condition, StringLike
from troposphere import GetAtt, If, Ref, Template, iam

from generator import conditions, permissions
from generator.root.data import storage
from orchestrator.plan import layout

HOUR: Final = "DailyDigestHour"
_POLICY: Final = "DigestPolicy"


def add_to(template: Template) -> None:
    """Add the policy: costs of the account, and markers of monitors whose runs are missing.

    AWS's guide to policies for billing takes no resource but a star: https://docs.aws.amazon.com/cost-management/latest/userguide/billing-example-policies.html
    """
    markers = Condition(StringLike("s3:prefix", [f"{layout.RUNS_MISSING}*"]))
    template.add_resource(
        iam.ManagedPolicy(
            _POLICY,
            Condition=conditions.provided(template, HOUR),
            Description="Reads what only the daily digest tells",
            PolicyDocument=permissions.document(
                permissions.allow([ce.GetCostAndUsage], "*"),
                permissions.allow([s3.ListBucket], GetAtt(storage.PIPELINES, "Arn"), markers),
            ),
        )
    )


def attached_policy(template: Template) -> If:
    """The policy, for a role's list of managed policies."""
    return conditions.if_provided(template, HOUR, Ref(_POLICY))
