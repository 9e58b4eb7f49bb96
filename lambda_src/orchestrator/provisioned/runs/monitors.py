# SPDX-License-Identifier: Apache-2.0
"""Monitors in this account, as the stacks say that have deployed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.sagemaker import deployed_outputs, run_periods

if TYPE_CHECKING:
    from orchestrator.values.monitors import EngineName

_EXPRESSION: Final = "ScheduleExpression"
"""Parameter of the stack."""


@dataclass(frozen=True)
class DeployedMonitor:
    """A monitor in this account, as described by the stack that deployed it."""

    stack: Stack

    @property
    def schedule(self) -> str:
        """Name of its schedule."""
        return self.stack.outputs[deployed_outputs.SCHEDULE]

    @property
    def engine(self) -> EngineName:
        """What does its runs, as requests name it."""
        return "open" if self.is_open else "sagemaker"

    @property
    def is_open(self) -> bool:
        """True if its runs are jobs of the open engine, started by EventBridge Scheduler."""
        return self.stack.outputs.get(deployed_outputs.MONITOR_ENGINE) == deployed_outputs.OPEN

    @property
    def period(self) -> timedelta | None:
        """Time between two runs; `None` if it is not always the same."""
        return run_periods.always(self.stack.parameters.get(_EXPRESSION, ""))

    @property
    def reports(self) -> str:
        """Where the reports on its endpoint are, `s3://.../`; those of its earlier schedules, too."""
        own = self.stack.outputs.get(deployed_outputs.REPORTS, "").rstrip("/")
        return f"{own.rpartition('/')[0]}/" if own else ""


def in_stack(stack: Stack) -> DeployedMonitor | None:
    """Return the monitor of a deployed stack; `None` if it has none."""
    return DeployedMonitor(stack) if deployed_outputs.SCHEDULE in stack.outputs else None
