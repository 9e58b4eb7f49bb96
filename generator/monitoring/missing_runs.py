# SPDX-License-Identifier: Apache-2.0
"""Events of CloudWatch for the alarms on missing runs (`orchestrator/events/missing_runs.py` tells people).

An alarm that has just been made goes from INSUFFICIENT_DATA to ALARM. That is no news, and matches nothing.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

from typing import Any, Final

from troposphere import And, Condition, Ref, Sub, Template, events

from generator.conditions import provided
from generator.monitoring import monitor_runs
from orchestrator.sagemaker.monitor_alarms import ALARM, DETAIL_TYPE, MISSING, OK, SOURCE

_RULE: Final = "RunsMissingRule"
_CONDITION: Final = "TellsOfMissingRuns"
_CHANGES: Final = ((OK, ALARM), (ALARM, OK))


def changed(*alarms: Any) -> dict[str, Any]:
    """The event pattern for runs that stop coming, and that come again; `alarms` are names or patterns of names."""
    return {
        "source": [SOURCE],
        "detail-type": [DETAIL_TYPE],
        "detail": {
            "alarmName": list(alarms),
            "$or": [{"previousState": {"value": [old]}, "state": {"value": [new]}} for old, new in _CHANGES],
        },
    }


def forwarding_rule(built: Template, period: str) -> events.Rule:
    """Rule that forwards the changes of the alarm to the orchestrator's account; without `period` there is no alarm."""
    parts = (monitor_runs.forwards(built), provided(built, period))
    built.conditions.setdefault(_CONDITION, And(*(Condition(part) for part in parts)))
    return events.Rule(
        _RULE,
        Condition=_CONDITION,
        Description=Sub("Tells the orchestrator that runs of ${MonitoringScheduleName} are missing, or come again"),
        EventPattern=changed(Ref(MISSING)),
        Targets=[monitor_runs.orchestrators_bus()],
    )
