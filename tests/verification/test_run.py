# SPDX-License-Identifier: Apache-2.0
"""How parts end, what that says of claims, and what the report makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from mlops_orchestrator.aws.aws_access import Aws
from scripts.verification import run
from scripts.verification.claims.every import CLAIMS
from scripts.verification.cleaning.cleaner import Left
from scripts.verification.part import Finding, Part, calls
from scripts.verification.plan import Plan
from scripts.verification.report import Report
from scripts.verification.run import Outcome
from scripts.verification.scene import NotImitatedError, PartFailedError, Scene
from tests.end_to_end.users import Nobody

_ACCOUNT = "111122223333"
# In two parts, so that who looks for credentials in the repository does not find AWS's example.
_KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"
_SECRET = "aVerySecretWord"


class Plain(Plan):
    """A plan of any parts."""

    def __init__(self, *parts: Part) -> None:
        super().__init__()
        self.__dict__["given"] = parts

    @property
    def parts(self) -> list[Part]:
        return list(self.__dict__["given"])


@pytest.fixture
def scene() -> Scene:
    """On AWS, as far as anything here can tell."""
    session = boto3.session.Session(_KEY_ID, _SECRET, region_name="eu-west-1")
    aws = Aws(session, "eu-west-1")
    aws.__dict__["account"] = _ACCOUNT
    return Scene(aws, "mlops-verify-1129-0a1b", Nobody(), stages={"DevAccountId": "444455556666"})


def part(name: str, ran: Callable[[Scene], Iterable[Finding] | None], *needs: str) -> Part:
    return Part(name, f"does {name}", minutes=1, costs=(calls(0.01),), run=ran, needs=needs)


def nothing(_: Scene) -> None:
    return None


def failing(error: BaseException) -> Callable[[Scene], None]:
    def ran(_: Scene) -> None:
        raise error

    return ran


def states(outcomes: Iterable[Outcome]) -> dict[str, str]:
    return {outcome.part.name: outcome.state for outcome in outcomes}


def test_what_fails_takes_along_what_needs_it_and_nothing_else(scene: Scene) -> None:
    plan = Plain(
        part("first", nothing),
        part("second", failing(PartFailedError("no\n  room")), "first"),
        part("third", nothing, "second"),
        part("fourth", nothing, "first"),
    )
    outcomes = run.carry_out(scene, plan)
    assert states(outcomes) == {"first": "done", "second": "failed", "third": "left out", "fourth": "done"}
    assert list(run.problems(outcomes, [])) == [
        "second is failed: PartFailedError: no room",
        "third is left out: it needs second",
    ]


def test_a_mistake_of_our_own_fails_its_part_and_does_not_keep_the_clean_up_away(scene: Scene) -> None:
    outcomes = run.carry_out(scene, Plain(part("wrong", failing(KeyError("x"))), part("next", nothing)))
    assert states(outcomes) == {"wrong": "failed", "next": "done"}


def test_an_interruption_ends_everything(scene: Scene) -> None:
    with pytest.raises(KeyboardInterrupt):
        run.carry_out(scene, Plain(part("long", failing(KeyboardInterrupt()))))


def test_a_finding_about_no_claim_fails_its_part(scene: Scene) -> None:
    (outcome,) = run.carry_out(scene, Plain(part("odd", lambda _: [Finding("no-such-claim", "seen")])))
    assert outcome.state == "failed"


@pytest.mark.parametrize(
    ("holds", "on_aws", "locally"),
    [
        ((True,), "confirmed", "imitated"),
        ((False,), "refuted", "imitated otherwise"),
        ((None,), "noted", "imitated"),
        ((True, None), "confirmed", "imitated"),
        ((None, False), "refuted", "imitated otherwise"),
    ],
    ids=["holds", "does not", "either", "holds and either", "either and does not"],
)
def test_verdicts(holds: tuple[bool | None, ...], on_aws: str, locally: str, scene: Scene) -> None:
    outcomes = run.carry_out(
        scene, Plain(part("look", lambda _: [Finding("encoded-arn", "seen", held) for held in holds]))
    )
    for is_local, verdict in ((False, on_aws), (True, locally)):
        (judged,) = [one for one in run.judged(outcomes, is_local=is_local) if one.claim == "encoded-arn"]
        assert judged.verdict == verdict
        assert bool(list(run.problems(outcomes, [judged]))) is (False in holds)


def test_what_was_not_seen_is_said_for_every_claim(scene: Scene) -> None:
    plan = Plain(part("search", failing(NotImitatedError("no searches"))), part("look", failing(PartFailedError("no"))))
    judged = {one.claim: one for one in run.judged(run.carry_out(scene, plan), is_local=True)}
    assert judged.keys() == CLAIMS.keys()
    assert judged["quoted-searches"].verdict == "not imitated"
    assert judged["encoded-arn"].seen == "`look` is failed: PartFailedError: no"
    assert judged["read-handlers"].seen == "`handlers` was not asked for"
    assert {judged[name].verdict for name in CLAIMS if CLAIMS[name].by_hand} == {"by hand"}


def test_the_report_says_what_changes_and_gives_nothing_away(scene: Scene, tmp_path: Path) -> None:
    secrets = [_ACCOUNT, "444455556666", _SECRET, _KEY_ID, scene.email]
    said = f"refused | {' '.join(secrets)}"
    plan = Plain(part("look", lambda _: [Finding("encoded-arn", said, holds=False)]))
    outcomes = run.carry_out(scene, plan)
    left = [Left("buckets", f"{scene.name}-artifacts-{_ACCOUNT}")]
    began = datetime(2026, 11, 29, tzinfo=UTC)
    report = Report(plan, began, outcomes, run.judged(outcomes, is_local=False), left)
    page, document = sorted(report.write(scene, tmp_path), key=lambda path: path.suffix, reverse=True)
    assert (page.name, document.name) == (
        "verification-eu-west-1-2026-11-29.md",
        "verification-eu-west-1-2026-11-29.json",
    )
    for text in (page.read_text(), document.read_text()):
        assert [secret for secret in secrets if secret in text] == []
        assert "artifacts-<account>" in text
    (claim,) = [one for one in json.loads(document.read_text())["claims"] if one["id"] == "encoded-arn"]
    assert claim["expected"] == CLAIMS["encoded-arn"].what
    assert claim["verdict"] == "refuted"
    assert claim["changes"] == "docs/verified.md, line `encoded-arn`: verified on an account, refuted"
    rows = [line for line in page.read_text().splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {6}
