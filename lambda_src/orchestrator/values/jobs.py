# SPDX-License-Identifier: Apache-2.0
"""Kinds of values that only jobs have: how data is read and handed on, how much is used, when it recurs.

`common.py` says what a field type is. The limits are those of CreateTransformJob
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html) and of EventBridge Scheduler
(https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from orchestrator.values.common import Expect


def _as_text(value: Any) -> Any:
    """A whole number of JSON as text, which is what template parameters are; `true` is a number only to Python."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


NUMBER_OR_TEXT: Final = BeforeValidator(_as_text)

InstanceCount = Annotated[
    str,
    Field(max_length=3, pattern=r"^[1-9][0-9]{0,2}$"),
    Expect("a whole number of instances, 1 to 999"),
    NUMBER_OR_TEXT,
]

MaxPayloadMb = Annotated[
    str,
    Field(max_length=3, pattern=r"^([0-9]|[1-9][0-9]|100)?$"),
    Expect("a whole number of megabytes, 0 to 100"),
    NUMBER_OR_TEXT,
]

MediaType = Annotated[
    str,
    Field(
        min_length=3,
        max_length=256,
        pattern=r"^[a-zA-Z0-9][a-zA-Z0-9.+_-]*/[a-zA-Z0-9][a-zA-Z0-9.+_-]*( ?; ?[a-zA-Z0-9_-]+=[a-zA-Z0-9.+_-]+)*$",
    ),
    Expect("a MIME type", example="text/csv"),
]

SplitType = Annotated[
    Literal["Line", "None", "RecordIO", "TFRecord"], Expect("Line, None, RecordIO or TFRecord (as a string)")
]

BatchStrategy = Annotated[Literal["MultiRecord", "SingleRecord", ""], Expect("MultiRecord or SingleRecord")]


def _cron_field(value: str, others: str = "") -> str:
    """Pattern of a field of a cron expression: values, ranges and steps, with commas between."""
    one = rf"((\*|{value}(-{value})?)(/[0-9]{{1,3}})?{others})"
    return rf"{one}(,{one})*"


MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTH_DAY: Final = "(0?[1-9]|[12][0-9]|3[01])"
_WEEKDAY: Final = f"([1-7]|{'|'.join(WEEKDAYS)})"
_MINUTES: Final = _cron_field("[0-5]?[0-9]")
_HOURS: Final = _cron_field("([01]?[0-9]|2[0-3])")
_MONTH_DAYS: Final = _cron_field(_MONTH_DAY, rf"|L|LW|{_MONTH_DAY}W")
_MONTHS: Final = _cron_field(f"(0?[1-9]|1[0-2]|{'|'.join(MONTHS)})")
_WEEKDAYS: Final = _cron_field(_WEEKDAY, rf"|L|{_WEEKDAY}L|{_WEEKDAY}#[1-5]")
_YEARS: Final = _cron_field("(19[7-9][0-9]|2[01][0-9][0-9])")
# Of the two days, exactly one is "?".
_CRON: Final = rf"{_MINUTES} {_HOURS} ({_MONTH_DAYS} {_MONTHS} \?|\? {_MONTHS} {_WEEKDAYS}) {_YEARS}"


def _possible(expression: str) -> str:
    """A schedule expression whose times exist; raises `ValueError` for one that no clock or calendar has.

    The pattern of the template parameter checks the form alone.
    """
    kind, _, content = expression.removesuffix(")").partition("(")
    if kind == "at":
        datetime.fromisoformat(content)
    if kind == "cron" and not re.fullmatch(_CRON, content):
        raise ValueError(expression)
    return expression


_FIELD: Final = r"[0-9A-Z*?,/#-]{1,100}"
_RATE: Final = r"rate\([1-9][0-9]{0,5} (minute|hour|day)s?\)"
_CRON_FORM: Final = rf"cron\({_FIELD}( {_FIELD}){{5}}\)"
_AT: Final = r"at\([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\)"

ScheduleExpression = Annotated[
    str,
    Field(max_length=256, pattern=rf"^({_RATE}|{_CRON_FORM}|{_AT})?$"),
    AfterValidator(_possible),
    Expect(
        "rate(value unit), cron(minutes hours day-of-month month day-of-week year) with ? for one of the two days, or "
        "at(yyyy-mm-ddThh:mm:ss), in UTC",
        example="cron(0 6 ? * MON-FRI *)",
    ),
]

RecurringSchedule = Annotated[
    str,
    Field(max_length=256, pattern=rf"^({_RATE}|{_CRON_FORM})$", examples=["cron(0 * ? * * *)"]),
    AfterValidator(_possible),
    Expect(
        "rate(value unit), or cron(minutes hours day-of-month month day-of-week year) with ? for one of the two days, "
        "in UTC",
        example="cron(0 * ? * * *)",
    ),
]

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_VpcConfig.html
Subnets = Annotated[
    list[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]],
    Field(min_length=1, max_length=16, examples=[["subnet-0a1b2c3d", "subnet-1a1b2c3d"]]),
    Expect("a list of 1 to 16 ids of subnets"),
]
SecurityGroups = Annotated[
    list[Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")]],
    Field(min_length=1, max_length=5, examples=[["sg-0a1b2c3d"]]),
    Expect("a list of 1 to 5 ids of security groups"),
]
