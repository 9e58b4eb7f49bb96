# SPDX-License-Identifier: Apache-2.0
"""`mlops verify` as a person runs it: every part on a local AWS of its own, a report, nothing left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_orchestrator.aws import aws_access
from scripts.local_aws.server import LocalAws
from scripts.verification import record
from scripts.verification.claims.every import CLAIMS, settled_by
from scripts.verification.part import EXTRAS
from scripts.verification.plan import Plan
from scripts.verification.record import Record
from tests.cli.conftest import Mlops
from tests.verification.leaving import content

NOT_IMITATED = {"quoted-searches"}
"""What the local AWS cannot show."""


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the local AWS has more of when it stops than when it started; keys that wait for their end are gone."""
    found: list[str] = []
    start, stop = LocalAws.start, LocalAws.stop
    before: set[str] = set()

    def content_of(running: LocalAws) -> set[str]:
        return content(aws_access.local(running.endpoint_url, running.region))

    def started(self: LocalAws) -> None:
        start(self)
        before.update(content_of(self))

    def stopping(self: LocalAws) -> None:
        found.extend(sorted(content_of(self) - before))
        stop(self)

    monkeypatch.setattr(LocalAws, "start", started)
    monkeypatch.setattr(LocalAws, "stop", stopping)
    return found


@pytest.mark.sampled(0)
def test_every_part_on_a_local_aws(mlops: Mlops, left: list[str]) -> None:
    """`make trust` alone tries it: each part has tests of its own."""
    asked = Plan(EXTRAS).parts
    ended = mlops("verify", "--local", "--yes", "--with", ",".join(EXTRAS))

    assert ended.status == 0, ended.out[-4000:] + ended.err
    assert left == []
    assert not record.FOLDER.exists()
    (page,), (document,) = Path().glob("verification-us-east-1-*.md"), Path().glob("verification-us-east-1-*.json")
    told = json.loads(document.read_text())
    assert (told["on"], told["left"]) == ("the local AWS", [])
    assert [one["name"] for one in told["parts"]] == [part.name for part in asked]
    assert {one["name"]: one["words"] for one in told["parts"] if one["state"] != "done"} == {
        "search": "it does not search for metrics"
    }
    verdicts = {one["id"]: one["verdict"] for one in told["claims"]}
    by_hand = {name for name, claim in CLAIMS.items() if claim.by_hand}
    not_asked = {name for name, claim in CLAIMS.items() if claim.part} - {
        claim.id for claim in settled_by(part.name for part in asked)
    }
    assert {name for name, verdict in verdicts.items() if verdict == "not settled"} == not_asked
    assert {name for name, verdict in verdicts.items() if verdict == "not imitated"} == NOT_IMITATED
    assert {name for name, verdict in verdicts.items() if verdict == "by hand"} == by_hand
    assert {
        name for name, verdict in verdicts.items() if verdict == "imitated"
    } == CLAIMS.keys() - by_hand - NOT_IMITATED - not_asked
    assert {one["changes"] for one in told["claims"]} == {"nothing"}
    for text in (page.read_text(), document.read_text()):
        assert [account for account in ("123456789012", "111111111111") if account in text] == []
    assert "Everything was as expected, and nothing is left." in ended.out


def test_help_names_every_extra(mlops: Mlops) -> None:
    assert ",".join(EXTRAS) in " ".join(mlops("verify", "--help").out.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--yes", "--region", "eu-west-1"], 1, "there are no AWS credentials"),
        (["--clean", "--yes", "--name", "mlops-verify-1129-0a1b", "--region", "eu-west-1"], 1, "no AWS credentials"),
        (["--local"], 2, "nobody can answer here: give --yes"),
        (["--yes", "--with", "everything"], 2, "--with knows multi-account, builds, autopilot; got everything"),
        (["--yes", "--region", "eu-west-1", "--with", "multi-account"], 2, "needs --parameters FILE"),
        (["--clean", "--yes", "--name", "mlops-orchestrator"], 2, "is not the name of a verification"),
    ],
    ids=["no-credentials", "no-credentials-to-clean", "no-answer", "unknown-extra", "no-stages", "not-its-name"],
)
def test_what_cannot_be_is_said_in_one_sentence(arguments: list[str], status: int, words: str, mlops: Mlops) -> None:
    ended = mlops("verify", *arguments)

    assert ended.status == status
    assert words in ended.err
    assert len(ended.err.splitlines()) == 1
    assert not record.FOLDER.exists()


def test_one_that_was_interrupted_is_cleaned_up_first(mlops: Mlops) -> None:
    Record("mlops-verify-1129-0a1b", "111122223333", "eu-west-1", "").write()

    ended = mlops("verify", "--yes", "--region", "eu-west-1")

    assert ended.status == 2
    assert "run `mlops verify --clean --region eu-west-1` first" in ended.err
