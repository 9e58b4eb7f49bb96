# SPDX-License-Identifier: Apache-2.0
"""Names in CloudWatch's events for the alarms of monitors.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

from typing import Final

SOURCE: Final = "aws.cloudwatch"
DETAIL_TYPE: Final = "CloudWatch Alarm State Change"
MISSING: Final = "RunsMissingAlarm"
"""Logical id of the alarm on missing runs; CloudFormation names it `<stack>-RunsMissingAlarm-<its own suffix>`."""
VIOLATED: Final = "ViolationsAlarm"
"""Logical id of the alarm on violations of a monitor on the open engine; CloudFormation names it alike."""
ALARM: Final = "ALARM"
OK: Final = "OK"
