# SPDX-License-Identifier: Apache-2.0
"""Figures of smoke tests, as their events tell of them: an object for each account, which the next test replaces.

The function that asks a model sends an event to the bus of the orchestrator's account, from every account: the
orchestrator cannot look into those of the stages.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from aws_lambda_powertools import Logger
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from orchestrator.aws.s3 import documents, objects
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.plan import layout
from orchestrator.stage_action.tested import Tested, Told

if TYPE_CHECKING:
    from orchestrator.answers.awaited import SmokeTestFigures

SOURCE: Final = "mlops-orchestrator.smoke-test"
"""The events' source, as `smoke_test/index.py` writes it."""
DETAIL_TYPE: Final = "MLOps Smoke Test Ended"
_MOST: Final = 100
_SINGLE: Final = "single"
_LONGEST_TOLD: Final = 800
"""Characters: what an approval says has room for a thousand, with the question itself."""
_UNREADABLE: Final = "The figures of the smoke test could not be read: the console may show them."

logger = Logger(service="orchestrator", child=True)


class SmokeTestRecord(BaseModel):
    """What is kept of the newest smoke test in an account; latencies are in milliseconds."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    stage: str = ""
    account: str = ""
    at: datetime
    calls: NonNegativeInt
    errors: NonNegativeInt
    problem: Annotated[str, Field(max_length=2000)] = ""
    p50_ms: NonNegativeInt
    p95_ms: NonNegativeInt
    max_ms: NonNegativeInt

    def description(self) -> "SmokeTestFigures":
        """Return the figures as a part of the API's responses."""
        return {
            "stage": self.stage,
            "account": self.account,
            "at": self.at,
            "calls": self.calls,
            "errors": self.errors,
            "problem": self.problem,
            "p50_ms": self.p50_ms,
            "p95_ms": self.p95_ms,
            "max_ms": self.max_ms,
        }

    def sentence(self) -> str:
        """Return the figures in a line for people."""
        found = f"{self.errors} failed" if self.errors else "none failed"
        times = f"p50 {self.p50_ms} ms, p95 {self.p95_ms} ms, slowest {self.max_ms} ms"
        where = f"in account {self.account}" if self.stage else "here"
        return f"{where}, {self.at:%Y-%m-%d %H:%M} UTC: {_counted(self.calls)}, {found}; {times}"


def _counted(calls: int) -> str:
    return f"{calls} call{'' if calls == 1 else 's'}"


def keep(bucket: str, common_name: str, record: SmokeTestRecord) -> bool:
    """Keep the figures of a pipeline unless newer ones are there; return whether they were kept."""
    key = f"{layout.smoke_figures(common_name)}{record.stage or _SINGLE}-{record.account}.json"
    there = documents.find(SmokeTestRecord, bucket, key)
    if there is not None and there.at > record.at:
        return False
    documents.store(bucket, key, record)
    return True


def of(bucket: str, common_name: str) -> list[SmokeTestRecord]:
    """Return what is kept for a pipeline, by account; raises `ServiceRefusedError`."""
    found = documents.each(SmokeTestRecord, bucket, objects.keys(bucket, layout.smoke_figures(common_name), _MOST))
    return [record for record in found if record is not None]


def told(asked: Tested) -> Told:
    """Return what is known of a stage's test, in sentences. Raises nothing: whoever asks goes on without figures."""
    try:
        kept = {record.account: record for record in of(asked.bucket, asked.common_name)}
    except (ServiceBusyError, ServiceRefusedError, ValidationError):
        logger.warning("no figures of a smoke test", exc_info=True)
        return Told(_UNREADABLE, is_whole=False)
    found = [(account, kept.get(account)) for account in asked.accounts]
    return Told(
        _joined([_told(account, record) for account, record in found]),
        is_whole=all(record is not None and record.at >= asked.since for _, record in found),
    )


def _told(account: str, record: SmokeTestRecord | None) -> str:
    return f"Smoke test {record.sentence() if record else f'in account {account}: the figures are not here yet'}."


def _joined(sentences: Sequence[str]) -> str:
    """Return the sentences one after the other, as many as there is room for."""
    shown = list(sentences)
    while len(" ".join(shown)) > _LONGEST_TOLD:
        shown.pop()
    more = len(sentences) - len(shown)
    rest = f"{more} account{'' if more == 1 else 's'} more: the console shows them."
    return " ".join([*shown, rest] if more else shown)


def asked_for(request: Mapping[str, Any] | None) -> bool:
    """Return whether a pipeline's request has a smoke test: any other needs no look at figures."""
    return bool(request and request.get("smoke_test"))
