# SPDX-License-Identifier: Apache-2.0
"""EventBridge Scheduler's checks of a new schedule: expressions, targets and inputs that could never work.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html and .../managing-targets-universal.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel

from scripts.local_aws import identity

_RATE = re.compile(r"rate\([1-9]\d* (minutes?|hours?|days?)\)")
_CRON = re.compile(r"cron\(([0-9A-Z*?,/#-]+) ([0-9*,/-]+) (\S+) ([0-9A-Z*,/-]+) (\S+) ([0-9*,/-]+)\)")
_DAY = re.compile(r"[0-9A-Z*?,/#-]+")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_UNIVERSAL = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:(?P<service>[a-z0-9]+):(?P<action>[a-z][A-Za-z0-9]+)")


@dataclass(frozen=True)
class UniversalTarget:
    """Target that is an API operation: `arn:aws:scheduler:::aws-sdk:sagemaker:createTransformJob`."""

    service: str
    operation: OperationModel


def problem_with(request: Mapping[str, Any]) -> str | None:
    """Return why CreateSchedule and UpdateSchedule would refuse a request; None if they would not."""
    expression = request["ScheduleExpression"]
    if not _is_expression(expression):
        return f"Invalid Schedule Expression {expression}."
    target = request["Target"]
    found = universal_target(target["Arn"])
    if found is None:
        return f"The local AWS fires schedules whose target is an API operation of the SDK, not {target['Arn']}."
    return _problem_with_input(found, target.get("Input", "{}"))


def universal_target(arn: str) -> UniversalTarget | None:
    """Return the service and operation that an ARN names; None if the SDK knows no such operation."""
    named = _UNIVERSAL.fullmatch(arn)
    if named is None:
        return None
    operation = named["action"][0].upper() + named["action"][1:]
    try:
        model = identity.service_model(named["service"])
    except UnknownServiceError:
        return None
    if operation not in model.operation_names:
        return None
    return UniversalTarget(named["service"], model.operation_model(operation))


def _is_expression(text: str) -> bool:
    if at := _AT.fullmatch(text):
        try:
            datetime.fromisoformat(at[1])
        except ValueError:
            return False
        return True
    if cron := _CRON.fullmatch(text):
        days = cron[3], cron[5]
        # A day is given by month or by week; the other field is `?`.
        return all(_DAY.fullmatch(day) for day in days) and days.count("?") == 1
    return _RATE.fullmatch(text) is not None


def _problem_with_input(target: UniversalTarget, text: str) -> str | None:
    try:
        given = json.loads(text)
    except ValueError as error:
        return f"Invalid RequestJson provided. Reason {error}."
    shape = target.operation.input_shape
    missing = [pascal for name in shape.required_members if (pascal := name[0].upper() + name[1:]) not in given]
    if missing:
        names = ", ".join(missing)
        return f"Invalid RequestJson provided. Reason Request payload is missing the following field(s): {names}."
    return None
