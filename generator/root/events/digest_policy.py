# SPDX-License-Identifier: Apache-2.0
"""Permissions that only the daily digest needs; not given unless the launch names an hour for it.

They are statements of the policy for runs of monitors: the rule on changed roles lists every managed policy and has no
room for another, and the inline policies nearly fill what IAM allows a role.
"""

from __future__ import annotations

from typing import Final

from awacs import ce, s3
from awacs.aws import Condition, StringLike
from troposphere import GetAtt, If, Template

from generator import conditions, permissions
from generator.root.data import storage
from orchestrator.plan import layout

HOUR: Final = "DailyDigestHour"


def statements(template: Template) -> list[If]:
    """Costs of the account, and markers of monitors whose runs are missing.

    AWS's guide to policies for billing takes no resource but a star: https://docs.aws.amazon.com/cost-management/latest/userguide/billing-example-policies.html
    """
    markers = Condition(StringLike("s3:prefix", [f"{layout.RUNS_MISSING}*"]))
    given = [
        permissions.allow([ce.GetCostAndUsage], "*"),
        permissions.allow([s3.ListBucket], GetAtt(storage.PIPELINES, "Arn"), markers),
    ]
    return [conditions.if_provided(template, HOUR, one) for one in given]
