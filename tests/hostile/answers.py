# SPDX-License-Identifier: Apache-2.0
"""The deployed function, called with hostile events, and all that must hold for each of its answers."""

from __future__ import annotations

import base64
import copy
import io
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from orchestrator import api, service
from orchestrator.aws import calls
from orchestrator.aws.s3 import objects
from orchestrator.aws.s3.objects import Beginning
from orchestrator.existence import named_things
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.plan.plan import ProvisioningPlan
from orchestrator.provision import Provisioned
from tests.hostile.account import EmptyAccount
from tests.hostile.plans import Templates, dangers
from tests.hostile.planted import CANARY
from tests.orchestrator.conftest import Context, read_json
from tests.test_conventions import ROOT, baseline

_EVENT: Final = read_json("events/api_call.json")
_CREDENTIALS: Final = re.compile(
    r"AKIA[A-Z0-9]{8}|ASIA[A-Z0-9]{8}|AWS4-HMAC|secret_?access_?key\W+\w{8}", re.IGNORECASE
)
_INSIDES: Final = re.compile(
    rf"Traceback|File \"|\.py\b|/var/task|object at 0x|pydantic|botocore|{re.escape(str(ROOT))}", re.IGNORECASE
)


@dataclass
class Tally:
    """What was tried, and what became of it."""

    counts: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    longest_body: str = ""

    def note(self, status: int, seconds: float, body: str) -> None:
        """Count an answer."""
        self.counts["tried"] += 1
        self.counts["5xx" if status >= 500 else "refused" if status >= 400 else "accepted"] += 1
        if seconds > self.longest:
            self.longest, self.longest_body = seconds, body[:80]


class Function:
    """The function of a deployed orchestrator, in an account with nothing in it; nothing is provisioned."""

    def __init__(self, used: Settings, templates: Templates, account: EmptyAccount, patch: pytest.MonkeyPatch) -> None:
        self.account = account
        self.tally = Tally()
        self.plans: list[ProvisioningPlan] = []
        self._templates = templates
        self._multi = used.multi_account is not None
        account.forget()
        patch.setattr("boto3.DEFAULT_SESSION", account.session)
        # As if all that requests name were there: else none of them would come to a plan.
        patch.setattr(named_things, "of", lambda *_: ())
        patch.setattr(api, "_settings", lambda: used)
        patch.setattr(service, "provision", self._provision)
        patch.setattr(objects, "beginning", _beginning)
        # pytest would keep every line for its own report.
        patch.setattr(api.logger._logger, "propagate", False)
        calls.client.cache_clear()
        patch.setattr(PipelineRequest, "plan", self._planned(PipelineRequest.plan))

    def _planned(self, plan: Callable[..., ProvisioningPlan]) -> Callable[..., ProvisioningPlan]:
        def planned(*given: Any) -> ProvisioningPlan:
            self.plans.append(plan(*given))
            return self.plans[-1]

        return planned

    def _provision(self, plan: ProvisioningPlan, _: Settings) -> Provisioned:
        return Provisioned("success: stack creation started", f"arn:of:{plan.deployment.stack_name}")

    def post(self, path: str, body: str | bytes) -> tuple[int, Any]:
        """What a body is answered, once everything is checked that holds for any."""
        text = isinstance(body, str)
        sent = body if isinstance(body, str) else base64.b64encode(body).decode()
        return self.call(httpMethod="POST", path=path, resource=path, body=sent, isBase64Encoded=not text)

    def call(self, **event: Any) -> tuple[int, Any]:
        """What an event of the API is answered: never by a 5xx, never with what is nobody's business."""
        self.account.operations.clear()
        self.plans.clear()
        given = {**copy.deepcopy(_EVENT), **event}
        answer, log, seconds = self.invoke(given)
        status, body = answer["statusCode"], answer["body"]
        self.tally.note(status, seconds, str(event.get("body") or event.get("path")))
        shown = json.dumps(event)[:2000]
        assert status < 500, f"{shown} -> {body}\n{log}"
        assert body.isascii()
        assert len(body) < 6_000_000, f"Lambda would not hand on the answer to {shown}"
        assert CANARY not in log, f"{shown} is logged: {log}"
        assert _CREDENTIALS.findall(log) == [], log
        told = json.loads(body)
        if status >= 400:
            assert self.account.writes == [], f"{shown} was refused and changed something"
            assert [*_CREDENTIALS.findall(body), *_INSIDES.findall(body)] == [], body
            assert told["message"]
            assert all(error["problem"] for error in told.get("errors", ()))
        for plan in self.plans:
            assert list(dangers(plan, self._templates)) == [], shown
        return status, told

    def invoke(self, event: dict[str, Any]) -> tuple[Any, str, float]:
        """Invoke the handler: its answer, what it logs, and how long the processor worked."""
        log = io.StringIO()
        api.logger.registered_handler.setStream(log)  # type: ignore[attr-defined]
        began = time.process_time()
        with redirect_stdout(log):
            answer = api.handler(event, Context())  # type: ignore[arg-type]
        return answer, log.getvalue(), time.process_time() - began


def _beginning(_: str, key: str, __: int) -> Beginning | None:
    """The baselines of the examples; a key that was changed leads nowhere."""
    try:
        return Beginning(baseline(key), is_whole=True)
    except (OSError, ValueError):
        return None
