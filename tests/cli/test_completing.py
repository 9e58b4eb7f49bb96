# SPDX-License-Identifier: Apache-2.0
"""What shells complete: commands, options, types, stages, and pipelines of the orchestrator that is meant."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.cli import completing
from tests.cli.conftest import Mlops
from tests.end_to_end.running import Running
from tests.end_to_end.users import Orchestrator
from tests.local_aws.waiting import eventually

_MLOPS = Path(sys.executable).with_name("mlops")


def _completed(folder: Path, words: str, **variables: str) -> list[str]:
    """What a shell offers for the last of these words."""
    environment = {
        "PATH": os.defpath, "HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true",
        "_MLOPS_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), **variables,
    }  # fmt: skip
    ran = subprocess.run([_MLOPS], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    return ran.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("mlops prov", ["provision"]),
        ("mlops status --regi", ["--region"]),
        ("mlops new byom_realtime_c", ["byom_realtime_custom"]),
        ("mlops list --type data-", ["data-quality"]),
        ("mlops approve churn p", ["prod"]),
        ("mlops completion z", ["zsh"]),
    ],
)
def test_words_are_completed(words: str, offered: list[str], tmp_path: Path) -> None:
    assert _completed(tmp_path, words) == offered


def test_pipelines_are_those_of_the_orchestrator(
    local: Running, orchestrator: Orchestrator, mlops: Mlops, tmp_path: Path
) -> None:
    orchestrator.provision(orchestrator.request("completed"))

    # Nothing is offered where the answer takes longer than people wait.
    eventually(lambda: _completed(local.folder, "mlops status completed/r") == ["completed/realtime"])
    eventually(lambda: _completed(local.folder, "mlops status --local completed/r") == ["completed/realtime"])
    assert _completed(local.folder, "mlops status nothing-like") == []


def test_nothing_is_said_where_no_orchestrator_answers(tmp_path: Path) -> None:
    assert _completed(tmp_path, "mlops status x") == []
    assert _completed(tmp_path, "mlops status --local x") == []
    assert _completed(tmp_path, "mlops status x", AWS_REGION="eu-west-1", AWS_ENDPOINT_URL="http://127.0.0.1:9") == []


def test_a_slow_answer_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: Any = completing.threading.Event()
    monkeypatch.setattr(completing, "_SECONDS", 0.05)
    monkeypatch.setattr(completing, "_types", lambda: iter([waiting.wait(10) and "late"]))

    assert completing.types("") == []
    waiting.set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_of_each_shell(shell: str, mlops: Mlops, tmp_path: Path) -> None:
    ended = mlops("completion", shell)

    assert ended.status == 0
    assert f"_MLOPS_COMPLETE=complete_{shell}" in ended.out
    if found := shutil.which(shell):
        (tmp_path / "script").write_text(ended.out)
        subprocess.run([found, "-n", tmp_path / "script"], check=True)
