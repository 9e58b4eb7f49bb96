# SPDX-License-Identifier: Apache-2.0
"""Events of EventBridge for runs of monitoring schedules that ended with violations or failed (lesson 81).

The patterns match by the role of the job, which is in every such event. `orchestrator/events/monitor_reports.py` finds
the schedule.
https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from troposphere import Equals, GetAtt, Not, Ref, Sub, Template, events

from orchestrator.sagemaker.job_kinds import ENDED
from orchestrator.sagemaker.monitor_runs import DETAIL_TYPE, VIOLATIONS

RULE: Final = "RunEndedRule"
ROLE: Final = "SageMakerRole"
BUS: Final = "arn:${AWS::Partition}:events:${AWS::Region}:${OrchestratorAccount}:event-bus/default"
"""The bus of the orchestrator's account, on which its own rule listens."""


# AWS's examples of the event lack the exit message, the only sign of violations: report these too (lesson 109).
_WORTH_A_LOOK: Final = ([{"prefix": VIOLATIONS}], [{"exists": False}], [None, ""])


def forwards(built: Template) -> str:
    """Name of the condition that holds in another account than the orchestrator's; added on first use."""
    name = "IsInAnotherAccount"
    built.conditions.setdefault(name, Not(Equals(Ref("OrchestratorAccount"), Ref("AWS::AccountId"))))
    return name


def ended(*role_arns: Any) -> dict[str, Any]:
    """The event pattern for jobs to report; `role_arns` are values or patterns that match them."""
    return {
        "source": ["aws.sagemaker"],
        "detail-type": [DETAIL_TYPE],
        "detail": {
            "RoleArn": list(role_arns),
            "$or": [
                {"ProcessingJobStatus": ["Failed", "Stopped"]},
                *({"ProcessingJobStatus": ["Completed"], "ExitMessage": said} for said in _WORTH_A_LOOK),
            ],
        },
    }


def every_end(*role_arns: Any) -> dict[str, Any]:
    """The event pattern for all ends of jobs; `role_arns` are values or patterns that match them."""
    return {
        "source": ["aws.sagemaker"],
        "detail-type": [DETAIL_TYPE],
        "detail": {"RoleArn": list(role_arns), "ProcessingJobStatus": list(ENDED)},
    }


def forwarding_rule(built: Template, pattern: Mapping[str, Any]) -> events.Rule:
    """Rule that forwards the ends of this monitor's jobs to the orchestrator's account."""
    return events.Rule(
        RULE,
        Condition=forwards(built),
        Description=Sub("Tells the orchestrator how runs of ${MonitoringScheduleName} end"),
        EventPattern=dict(pattern),
        Targets=[orchestrators_bus()],
    )


def orchestrators_bus() -> events.Target:
    """The bus of the orchestrator's account as a target.

    In another account it needs a role; the policy of the bus lets in the accounts of the stages only.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
    """
    return events.Target(Id="Orchestrator", Arn=Sub(BUS), RoleArn=GetAtt(ROLE, "Arn"))
