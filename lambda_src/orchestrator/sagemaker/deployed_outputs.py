# SPDX-License-Identifier: Apache-2.0
"""Outputs of deployed stacks that name what runs; those that name jobs stand with the kinds of jobs."""

from __future__ import annotations

from typing import Final

ENDPOINT: Final = "SageMakerEndpointName"
"""The endpoint that the stack has made."""
COMPONENT: Final = "InferenceComponentName"
"""The inference component that has the endpoint's model; an endpoint with a model of its own is without this output."""
SCHEDULE: Final = "MonitoringScheduleJobName"
"""The monitoring schedule that the stack has made."""
REPORTS: Final = "MonitoringScheduleOutput"
"""Where the reports of the schedule's runs are."""
MONITOR_ENGINE: Final = "MonitorEngine"
"""The engine of the monitor that the stack has made; one without this output runs on SageMaker's."""
OPEN: Final = "Open"
"""Its value for the open engine."""
