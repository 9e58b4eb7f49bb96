# SPDX-License-Identifier: Apache-2.0
"""How the demos tell what they do, and that they fail when something is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from mlops_orchestrator.aws import aws_access
from mlops_orchestrator.aws.aws_access import Aws
from scripts import paths
from scripts.cli.output import Output
from scripts.demo import demo_captures, demo_story
from scripts.demo.demo_story import DemoError, Story
from scripts.local_aws.server import LocalAws

_APPROVAL = json.dumps({"region": "eu-west-1", "approval": {"actionName": "DeployProd", "customData": "Please decide"}})


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with LocalAws() as running:
        yield aws_access.local(running.endpoint_url, running.region)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs a story with the options of a demo's command line."""

    def told(story: Callable[[Story], None], *options: str) -> int:
        monkeypatch.setattr(sys, "argv", ["demo", *options])
        return demo_story.tell(story, {"__doc__": "A demo.", "__spec__": type("Spec", (), {"name": "a_demo"})})

    return told


def _two_steps(story: Story) -> None:
    story.chapter("First")
    story.say("a sentence")
    story.chapter("Second")
    story.table(("name",), [("value",)])


def _lost(story: Story) -> None:
    story.chapter("First")
    raise DemoError("1 of 1 calls are lost")


def test_a_program_gets_steps_with_their_times(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(_two_steps, "--json") == 0

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["kind"] for line in lines] == ["state", "event", "state", "event", "result"]
    assert [line["title"] for line in lines if line["kind"] == "state"] == ["First", "Second"]
    assert [step["title"] for step in lines[-1]["steps"]] == ["First", "Second"]
    assert all(step["seconds"] >= 0 for step in lines[-1]["steps"])


def test_a_demo_that_fails_says_so_in_both_forms(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(_lost) == 1
    assert capsys.readouterr().err == "error: 1 of 1 calls are lost\n"
    assert run(_lost, "--json") == 1
    *_, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (last["kind"], last["error"]["message"]) == ("result", "1 of 1 calls are lost")


def test_a_mail_is_shown_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    Story(Output()).mail("APPROVAL NEEDED", _APPROVAL)

    assert capsys.readouterr().out.splitlines() == [
        "  | Subject: APPROVAL NEEDED",
        "  | region: eu-west-1",
        "  | action name: DeployProd",
        "  | custom data: Please decide",
    ]


def test_captures_that_are_not_there_are_lost(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    captures = demo_captures.own_bucket(aws, "berths")
    aws.client("s3").put_object(Bucket=captures.bucket, Key=f"{captures.prefix}/e/v/1.jsonl", Body=b"{}\n{}\n")
    captures.check(2, Story(Output()))

    monkeypatch.setattr(demo_captures, "_LONGEST_WAIT_SECONDS", 0)
    with pytest.raises(DemoError, match="1 of 3 calls are lost"):
        captures.check(3, Story(Output()))


@pytest.mark.parametrize("demo", ["single", "demo_multi", "demo_train", "demo_monitor"])
def test_help_runs_no_demo(demo: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", f"scripts.demo.{demo}", "--help"],
        cwd=paths.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ran.returncode == 0
    assert "--json" in ran.stdout
    assert "Launch" not in ran.stdout
