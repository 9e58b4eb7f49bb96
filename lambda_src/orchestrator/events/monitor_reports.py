# SPDX-License-Identifier: Apache-2.0
"""One message for each run of a monitoring schedule that found violations, failed or was stopped (lesson 81).

The events come from the orchestrator's own account, and from those of dev, staging and prod, whose blueprints send them
on; the policy of the bus lets no other account in. Nothing is looked up: an event says what SageMaker's description of
the job says, and the orchestrator may not look into other accounts.

A baseline is a processing job, too. It is not told here: one that fails fails its stack, which the pipeline tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from aws_lambda_powertools import Logger

from orchestrator import metrics
from orchestrator.aws import claims, notifications
from orchestrator.aws.notifications import Message
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout
from orchestrator.sagemaker.monitor_runs import KINDS, VIOLATIONS

_NAME: Final = rf"(?P<schedule>(?P<endpoint>[a-z0-9-]+)-(?P<kind>{'|'.join(KINDS)})-[0-9a-f]{{4}})"
_SCHEDULE_ARN: Final = re.compile(rf".*:monitoring-schedule/{_NAME}")
# https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-results.html: reports of a run are below
# endpoint, schedule and the hour for which it ran.
_REPORT: Final = re.compile(rf"s3://.+/{_NAME}/[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}}/[0-9]{{2}}.*")
_COUNT: Final = re.compile(r"with (?P<count>[0-9]+) violation")

logger = Logger(service="orchestrator", child=True)


@dataclass(frozen=True)
class Run:
    """A run of a schedule that has ended in a way that people should hear of."""

    account: str
    region: str
    job: str
    status: str
    words: str
    """What SageMaker says: of a failure the reason, else the exit message."""
    endpoint: str
    schedule: str
    kind: str
    report: str
    """Where its report is, or would be."""
    pipeline_type: str
    model_name: str
    """Both by the tags of the job; empty without."""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self | None:
        """Read the event; `None` for a job that is no run of ours, or that nobody needs to hear of.

        https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
        """
        detail = event["detail"]
        report = _report_of(detail)
        named = _SCHEDULE_ARN.fullmatch(detail.get("MonitoringScheduleArn") or "") or _REPORT.fullmatch(report)
        status, message = detail["ProcessingJobStatus"], detail.get("ExitMessage") or ""
        ended_badly = status in {"Failed", "Stopped"}
        if named is None or not (ended_badly or (status == "Completed" and message.startswith(VIOLATIONS))):
            return None
        tags = detail.get("Tags") or {}
        return cls(
            account=event["account"],
            region=event["region"],
            job=detail["ProcessingJobName"],
            status=status,
            words=detail.get("FailureReason") or message,
            endpoint=named["endpoint"],
            schedule=named["schedule"],
            kind=KINDS[named["kind"]],
            report=report,
            pipeline_type=tags.get("pipeline_type", ""),
            model_name=tags.get("model_name", ""),
        )

    @property
    def marker(self) -> str:
        """Key of the marker in the pipelines bucket that says that people were told."""
        return f"{layout.REPORTED}ProcessingJob/{self.account}/{self.job}/{self.status}"

    def message(self, stage: str) -> Message:
        """What is published."""
        return Message(self._subject, self._text, self.pipeline_type, self.model_name, stage, self.status)

    @property
    def _subject(self) -> str:
        what = {"Failed": "failed", "Stopped": "was stopped"}.get(self.status, "found violations")
        return f"MLOps {self.kind} monitor {what}: {self.endpoint}"

    @property
    def _text(self) -> str:
        place = (
            f"Endpoint: {self.endpoint}\nMonitoring schedule: {self.schedule}\nAccount: {self.account}\n"
            f"Region: {self.region}\nProcessing job: {self.job}\nReport: {self.report or 'none'}"
        )
        return f"{self._first}\n\n{place}\n\n{self._next}"

    @property
    def _first(self) -> str:
        monitor = f"The {self.kind} monitor of endpoint {self.endpoint}"
        if self.status == "Failed":
            return f"{monitor} could not do its run: {self.words or 'SageMaker gives no reason.'}"
        if self.status == "Stopped":
            return f"{monitor} was stopped in its run: by somebody, or by its time limit."
        count = _COUNT.search(self.words)
        found = f"{count['count']} violations" if count else "violations"
        return f"{monitor} found {found} of its baseline. {self.words}".rstrip()

    @property
    def _next(self) -> str:
        if self.status == "Completed":
            return (
                "Next: constraint_violations.json in the report says which features or metrics it is. If the change is "
                "meant, provision the monitor with a newer baseline; if not, look at what the endpoint is sent, or "
                "train the model again."
            )
        return (
            "Next: the job's log is in that account, in the CloudWatch log group /aws/sagemaker/ProcessingJobs under "
            "the job's name. The schedule goes on."
        )


def run_ended(event: dict[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Tell of a run that has ended, from SageMaker's event, once; any other event is ignored.

    `owner` is the id of the invocation. Raises `OrchestratorError` for what is worth another try.
    """
    run = Run.of(event)
    if run is None:
        logger.info("ignored", extra={"resources": event.get("resources")})
        return {"reported": 0}
    told = claims.once(settings.launch.pipelines_bucket, run.marker, owner, lambda: _tell(run, settings))
    logger.info("monitoring run ended", extra={"schedule": run.schedule, "status": run.status, "told": told})
    return {"reported": int(told)}


def _tell(run: Run, settings: Settings) -> None:
    notifications.publish(settings.notifications_topic_arn, run.message(_stage_of(run.account, settings)))
    metrics.count(metrics.MONITOR_RUNS, pipeline_type=run.pipeline_type, outcome=run.status)


def _stage_of(account: str, settings: Settings) -> str:
    """The stage to which an account belongs; empty for none."""
    targets = settings.multi_account.targets if settings.multi_account else {}
    return next((stage for stage, target in targets.items() if account in target.account_ids.split(",")), "")


def _report_of(detail: Mapping[str, Any]) -> str:
    outputs = (detail.get("ProcessingOutputConfig") or {}).get("Outputs") or []
    uris = (str((output.get("S3Output") or {}).get("S3Uri", "")) for output in outputs)
    return next(filter(None, uris), "")
