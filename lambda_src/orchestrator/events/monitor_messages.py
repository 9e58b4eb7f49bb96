# SPDX-License-Identifier: Apache-2.0
"""Messages about a monitor's job that has ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.aws.notifications import Message
from orchestrator.plan import layout
from orchestrator.provisioned import state
from orchestrator.provisioned.state import Job, Monitor, Run, State, Work
from orchestrator.sagemaker.monitor_runs import VIOLATIONS, findings

if TYPE_CHECKING:
    from orchestrator.events.retraining import runs

_COUNT: Final = re.compile(r"with (?P<count>[0-9]+) violation")
_BASELINE_FILES: Final = ("/analysis.json", "/constraints.json", "/statistics.json")
_NOT_FOUND: Final = "No S3 objects found"
_LOG: Final = (
    "Next: the job's log is in that account, in the CloudWatch log group /aws/sagemaker/ProcessingJobs under the job's "
    "name."
)


@dataclass(frozen=True)
class Ended:
    """A monitor's job that has ended in a way that people should hear of."""

    account: str
    region: str
    day: str
    """`2026-11-24`."""
    job: str
    status: str
    words: str
    """What SageMaker says: of a failure the reason, else the exit message; empty where it says nothing."""
    endpoint: str
    schedule: str
    """Also the name of the baseline."""
    kind: str
    report: str
    """Where its files are, or would be."""
    is_baseline: bool
    stack: str
    pipeline_type: str
    model_name: str
    """All three by the tags of the job; empty without."""
    run: runs.Run | None = None
    """It, if its model may be trained again because of it."""

    @property
    def marker(self) -> str:
        """Key of the marker in the pipelines bucket that says that people were told.

        Runs of which nothing is known are one message a day: there may be one every hour, and most found nothing.
        """
        if self._is_unknown:
            return f"{layout.REPORTED}MonitoringSchedule/{self.account}/{self.schedule}/{self.day}"
        return f"{layout.REPORTED}ProcessingJob/{self.account}/{self.job}/{self.status}"

    def message(self, stage: str) -> Message:
        """Return the message to publish."""
        text = self._text(self.overall(stage))
        return Message(self._subject, text, self.pipeline_type, self.model_name, stage, self.status)

    def overall(self, stage: str) -> str:
        """Return the state of the pipeline by this end, as everybody tells it who asks; empty if it is not known.

        Nobody sees from the orchestrator's account what runs in that of a stage.
        """
        return "" if stage or self._is_unknown else self._state.name

    @property
    def _state(self) -> State:
        if self.is_baseline:
            return state.of_done(Work(Job("processing job", self.job, self.status, self.words)))
        found = VIOLATIONS if self.status == "Completed" else self.status
        return state.of_done(Work(monitor=Monitor(self.schedule, "Scheduled", last_run=Run(found, None, self.words))))

    @property
    def _is_unknown(self) -> bool:
        return self.status == "Completed" and not self.words

    @property
    def _lacks_baseline(self) -> bool:
        return _NOT_FOUND in self.words and any(name in self.words for name in _BASELINE_FILES)

    @property
    def _subject(self) -> str:
        if self._is_unknown:
            return f"MLOps {self.kind} monitor has run: {self.endpoint}"
        what = {"Failed": "failed", "Stopped": "was stopped"}.get(self.status, "found violations")
        return f"MLOps {self.kind} {'baseline' if self.is_baseline else 'monitor'} {what}: {self.endpoint}"

    def _text(self, overall: str) -> str:
        place = {
            "Endpoint": self.endpoint,
            "Baseline" if self.is_baseline else "Monitoring schedule": self.schedule,
            "Account": self.account,
            "Region": self.region,
            "Processing job": self.job,
            "Files" if self.is_baseline else "Report": self.report or "none",
            **({"Stack": self.stack} if self.stack else {}),
            **({"State of the pipeline": overall} if overall else {}),
        }
        lines = "\n".join(f"{name}: {value}" for name, value in place.items())
        return f"{self._first}\n\n{lines}\n\n{self._next}"

    @property
    def _first(self) -> str:
        if self.is_baseline:
            return self._first_of_baseline
        monitor = f"The {self.kind} monitor of endpoint {self.endpoint}"
        if self._lacks_baseline:
            return f"{monitor} has no baseline to compare with: it is being computed, or has failed. {self.words}"
        if self.status == "Failed":
            return f"{monitor} could not do its run: {self.words or 'SageMaker gives no reason.'}"
        if self.status == "Stopped":
            return f"{monitor} was stopped in its run: by somebody, or by its time limit."
        if self._is_unknown:
            return f"{monitor} has done a run. SageMaker's event does not say whether it found violations."
        count = _COUNT.search(self.words)
        found = f"{count['count']} violations" if count else "violations"
        return f"{monitor} found {found} of its baseline. {findings(self.words) or self.words}".rstrip()

    @property
    def _first_of_baseline(self) -> str:
        baseline = f"The baseline of the {self.kind} monitor of endpoint {self.endpoint}"
        if self.status == "Stopped":
            return f"{baseline} was stopped: by somebody, or by its time limit."
        return f"{baseline} could not be computed: {self.words or 'SageMaker gives no reason.'}"

    @property
    def _next(self) -> str:
        if self.is_baseline:
            return (
                f"{_LOG} If the pipeline has failed as well, the same request repairs it. If not, runs of the monitor "
                "fail until there is a baseline: send the request with a change, such as another key of baseline_data."
            )
        if self._is_unknown:
            return (
                "Next: if there is a constraint_violations.json in the report, it says what was found. You hear of "
                "this monitor's runs once a day, because nobody else may look into that account."
            )
        if self.status == "Completed":
            has_page = self.report.endswith(".html")
            where = "the report shows" if has_page else "constraint_violations.json in the report says"
            return (
                f"Next: {where} which features or metrics it is. If the change is meant, provision the monitor with a "
                "newer baseline; if not, look at what the endpoint is sent, or train the model again."
            )
        return f"{_LOG} The schedule goes on."
