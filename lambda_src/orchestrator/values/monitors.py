# SPDX-License-Identifier: Apache-2.0
"""Kinds of values that only monitors have: schedules, limits of runs, columns and places in a model's answer.

`common.py` says what a field type is. The limits are those of CreateDataQualityJobDefinition and its like
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateDataQualityJobDefinition.html); numbers may come as
texts, which they were in requests of the earlier solution, and the other way round.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictFloat, StrictInt, StrictStr, StringConstraints

from orchestrator.values import common, things
from orchestrator.values.common import NUMBER, Expect

LONGEST_NAME: Final = 63
"""Characters of the name of a monitoring schedule."""


def _as_text(value: Any) -> Any:
    """A number of JSON as text."""
    return str(common.no_boolean(value)) if isinstance(value, int | float) else value


_NUMBER_OR_TEXT: Final = BeforeValidator(_as_text)

# As it is spelt: paths of captures and calls of the endpoint have its case (lesson 106).
MonitoredEndpoint = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=LONGEST_NAME, pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$"),
    Expect("the name of an endpoint", example="my-endpoint"),
]

InstanceCount = Annotated[int, Field(ge=1, le=100), NUMBER, Expect("a whole number of instances, 1 to 100")]

VolumeSize = Annotated[
    int, Field(ge=1, le=16_384, examples=[20]), NUMBER, Expect("a whole number of gigabytes, 1 to 16384")
]

RunTime = Annotated[
    int, Field(ge=1, le=86_400, examples=[1800]), NUMBER, Expect("a whole number of seconds, 1 to 86400")
]

_LONGEST_BASELINE: Final = 777_600
"""Seconds; nine days, SageMaker's limit of a processing job's run."""


def _baseline_run_time(value: str) -> str:
    if value and int(value) > _LONGEST_BASELINE:
        raise ValueError(value)
    return value


BaselineRunTime = Annotated[
    str,
    Field(max_length=6, pattern=r"^([1-9][0-9]*)?$"),
    AfterValidator(_baseline_run_time),
    _NUMBER_OR_TEXT,
    Expect(f"a whole number of seconds, 1 to {_LONGEST_BASELINE}"),
]

_HOUR: Final = "([01]?[0-9]|2[0-3])"
_HOURS: Final = "(0?[1-9]|1[0-9]|2[0-4])"
# https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-schedule-expression.html
_MODEL_MONITOR_CRON: Final = rf"^cron\(0 (\*|{_HOUR}(/{_HOURS})?) \? \* \* \*\)$"
MODEL_MONITOR_SCHEDULES: Final = (
    "one of Model Monitor's schedules: every hour, every day at an hour as in cron(0 6 ? * * *), or every so many "
    "hours (1 to 24) from an hour on as in cron(0 6/12 ? * * *), in UTC"
)

ScheduleExpression = Annotated[
    str,
    Field(min_length=17, max_length=24, pattern=_MODEL_MONITOR_CRON),
    Expect(MODEL_MONITOR_SCHEDULES, example="cron(0 * ? * * *)"),
]
"""A parameter of the blueprints on SageMaker's engine."""


def is_model_monitors(expression: str) -> bool:
    """True if Model Monitor takes a schedule expression."""
    return re.match(_MODEL_MONITOR_CRON, expression) is not None


def seconds_between_runs(expression: str) -> int:
    """Return the seconds between two runs of a schedule of Model Monitor."""
    hours = expression.split()[1]
    _, every, count = hours.partition("/")
    if every:
        return int(count) * 3600
    return 3600 if hours == "*" else 24 * 3600


EngineName = Literal["open", "sagemaker"]


def _in_lower_case(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


MonitorEngine = Annotated[
    Literal["open", "sagemaker", ""],
    BeforeValidator(_in_lower_case),
    Field(examples=["open"]),
    Expect("open or sagemaker"),
]
"""In a request; empty follows the launch."""

LaunchedEngine = Annotated[Literal["Open", "SageMaker"], Expect("Open or SageMaker")]
"""At launch."""


TimeOffset = Annotated[
    str,
    Field(max_length=15, pattern=r"^(-?P([0-9]{1,3}D)?(T([0-9]{1,4}H)?([0-9]{1,5}M)?)?)?$"),
    Expect("an ISO 8601 duration, mostly a negative one", example="-PT1H"),
]

ProblemType = Annotated[
    Literal["Regression", "BinaryClassification", "MulticlassClassification"],
    Expect("Regression, BinaryClassification or MulticlassClassification"),
]

# CloudFormation would replace `{{resolve:...}}`, so no two braces meet.
_LINE: Final = r"(\{?[^\x00-\x1f\x7f{])*\{?"
_NO_REFERENCE: Final = "without two opening braces in a row"

# What it may hold goes into environment variables, which have 256 characters.
Attribute = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(max_length=256, pattern=rf"^{_LINE}$"),
    _NUMBER_OR_TEXT,
    Expect("a name, a path or an index, 256 characters at most", but=_NO_REFERENCE),
]

RequiredAttribute = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=256, pattern=rf"^{_LINE}$"),
    _NUMBER_OR_TEXT,
    Expect("the name of a column, 256 characters at most", but=_NO_REFERENCE),
]


def _probability(value: str) -> str:
    if value and not 0 <= float(value) <= 1:
        raise ValueError(value)
    return value


Probability = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(max_length=24, pattern=r"^([0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?)?$"),
    AfterValidator(_probability),
    _NUMBER_OR_TEXT,
    Expect("a number from 0 to 1"),
]

Column = StrictStr | StrictInt
"""A column by its name or its index."""

Scalar = StrictStr | StrictInt | StrictFloat

_ResourceId = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[-0-9a-zA-Z]+$")]

Subnets = Annotated[
    list[_ResourceId],
    Field(max_length=16, examples=[["subnet-0a1b2c3d"]]),
    Expect("a list of 16 ids of subnets at most"),
    things.SUBNETS,
]

SecurityGroups = Annotated[
    list[_ResourceId],
    Field(max_length=5, examples=[["sg-0a1b2c3d"]]),
    Expect("a list of 5 ids of security groups at most"),
    things.SECURITY_GROUPS,
]

JoinedIds = Annotated[
    str,
    Field(max_length=530, pattern=r"^([-0-9a-zA-Z]+(,[-0-9a-zA-Z]+)*)?$"),
    Expect("ids with commas between, or empty"),
]

NameInArns = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_NAME, pattern=r"^[a-z0-9](-*[a-z0-9]){0,62}$"),
    Expect("the name of an endpoint in lower case"),
]

AccountId = Annotated[str, Field(pattern=r"^[0-9]{12}$"), Expect("an account id of 12 digits")]

ScheduleName = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_NAME, pattern=r"^[a-z0-9](-*[a-z0-9])*$"),
    Expect(f"{LONGEST_NAME} letters in lower case, digits and inner hyphens at most"),
]

LONGEST_EXCLUSION: Final = 100
"""Characters; SageMaker's limit of ExcludeFeaturesAttribute."""

ExcludedFeatures = Annotated[
    str,
    Field(max_length=LONGEST_EXCLUSION, pattern=rf"^{_LINE}$"),
    Expect(f"names or indexes with commas between, {LONGEST_EXCLUSION} characters at most", but=_NO_REFERENCE),
]

LONGEST_VARIABLE: Final = 256
"""Characters of an environment variable's value in a processing job.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
"""

ManyExcludedFeatures = Annotated[
    str,
    Field(max_length=LONGEST_VARIABLE, pattern=rf"^{_LINE}$"),
    Expect(f"names or indexes with commas between, {LONGEST_VARIABLE} characters at most", but=_NO_REFERENCE),
]
"""Those of the open engine."""

LONGEST_ALARM_PERIOD: Final = 302_400
"""Seconds; two of them are seven days, CloudWatch's limit of what an alarm looks at.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

AlarmPeriod = Annotated[
    str,
    Field(max_length=6, pattern=r"^([1-9][0-9]{1,5})?$"),
    Expect(f"a multiple of 60, {LONGEST_ALARM_PERIOD} at most, or empty"),
]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$"), Expect("64 hexadecimal digits in lower case")]
