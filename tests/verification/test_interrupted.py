# SPDX-License-Identifier: Apache-2.0
"""A verification that dies before any call that changes something, and a clean-up that knows no more than its name.

`make test` tries a few of these calls, `make trust` all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
import pytest

from mlops_orchestrator.aws.api_client import SignedClient
from mlops_orchestrator.aws.aws_access import Aws
from scripts.local_aws.server import LocalAws
from scripts.verification import run
from scripts.verification.cleaning import cleaner
from scripts.verification.parts import serving
from scripts.verification.plan import EVERY, Plan
from scripts.verification.scene import Scene
from tests.end_to_end.users import Nobody
from tests.sampling import Sampling
from tests.verification.leaving import content

_SAMPLE: Final = 1
_PROCESSES: Final = 3
_BEYOND: Final = 0x1000
"""Greater than the number of any call: names of ended jobs stay taken."""
_AT_LEAST: Final = 40
"""So many changing calls there are; `make test` does not count them, because a run to its end takes some seconds."""
_ENDS_AGAIN_AT: Final = 4
"""The first clean-up dies, too, at this one of its own calls."""
# Beside what only looks: measures and messages, which nobody can take back, and which leave nothing.
_NO_CHANGES: Final = ("Get", "List", "Describe", "Head", "Lookup", "PutMetricData", "PutEvents", "ReceiveMessage",
                      "DeleteMessage", "AssumeRole", "InvokeEndpoint")  # fmt: skip
# They make nothing that another part does not make.
_ALIKE: Final = frozenset({"tune", "look", "handlers", "list", "search", "capture-json", "training-event"})


class Killed(BaseException):
    """The process is gone: nothing handles it."""


@dataclass
class Life:
    """The changing calls of one process, which may end before one of them."""

    ends_before: int = 0
    calls: list[str] = field(default_factory=list)

    def before(self, name: str) -> None:
        if not name.startswith(_NO_CHANGES):
            self.calls.append(name)
            if len(self.calls) == self.ends_before:
                raise Killed


class Account:
    """The local AWS; `life` is the process that uses it now."""

    def __init__(self, running: LocalAws) -> None:
        self.life = Life()
        session = boto3.session.Session("local", "local", region_name=running.region)
        session.events.register("before-call", lambda model, **_: self.life.before(model.name))
        self.aws = Aws(session, running.region, running.endpoint_url)
        self.untouched = content(self.aws)

    def scene(self, number: int) -> Scene:
        return Scene(self.aws, f"mlops-verify-1129-{number:04x}", Nobody())


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with LocalAws() as running:
        yield Account(running)


@pytest.fixture(autouse=True)
def _short(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that differ; calls of the orchestrator's API count as those of AWS do."""
    chosen = tuple(part for part in EVERY if part.name not in _ALIKE)
    monkeypatch.setattr("scripts.verification.plan.EVERY", chosen)
    monkeypatch.setattr(serving, "_UPDATES", 1)
    send = SignedClient.send

    def sent(self: SignedClient, method: str, url: str, *rest: Any, **named: Any) -> tuple[int, bytes]:
        changes = method == "DELETE" or url.endswith("/provisionpipeline")
        account.life.before(f"{method} {url}" if changes else "Get")
        return send(self, method, url, *rest, **named)

    monkeypatch.setattr(SignedClient, "send", sent)


def _calls_to_the_end(account: Account, number: int) -> int:
    """Return the number of changing calls of a verification that nothing interrupts; `number` names it."""
    whole = account.life = Life()
    scene = account.scene(number)
    outcomes = run.carry_out(scene, Plan(("builds",)))
    account.life = Life()
    assert [outcome for outcome in outcomes if outcome.state != "done"] == []
    assert cleaner.clean(Scene(account.aws, scene.name, Nobody())) == []
    assert content(account.aws) == account.untouched
    assert {"CreateBucket", "ExecuteChangeSet", "CreateStack", "CreateProcessingJob"} <= set(whole.calls)
    assert any(call.startswith("DELETE") for call in whole.calls)
    assert len(whole.calls) > _AT_LEAST
    return len(whole.calls)


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    "first",
    [pytest.param(first, marks=pytest.mark.xdist_group(f"deaths-{first}")) for first in range(1, _PROCESSES + 1)],
)
def test_it_is_cleaned_up_wherever_it_died(account: Account, sampling: Sampling, first: int) -> None:
    """Each of the processes takes every third call."""
    calls = _calls_to_the_end(account, _BEYOND + first) if sampling.is_exhaustive else _AT_LEAST
    for number in sampling.of(range(first, calls + 1, _PROCESSES), _SAMPLE):
        scene = account.scene(number)
        account.life = life = Life(number)
        with pytest.raises(Killed):
            run.carry_out(scene, Plan(("builds",)))
        # Whoever cleans up knows the name and nothing else, and may be interrupted as well.
        account.life = Life(_ENDS_AGAIN_AT)
        try:
            cleaner.clean(Scene(account.aws, scene.name, Nobody()))
        except Killed:
            account.life = Life()
            assert cleaner.clean(Scene(account.aws, scene.name, Nobody())) == []
        assert content(account.aws) == account.untouched, f"died before {life.calls[-1]}, number {number}"
