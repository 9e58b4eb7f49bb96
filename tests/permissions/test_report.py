# SPDX-License-Identifier: Apache-2.0
"""The table in docs/security.md: from what a run has left, and never by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator import catalogue
from scripts.iam import recording
from tests import committed
from tests.permissions import recorded, report


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies of what a run changes."""
    for module, name in ((report, "COUNTED"), (report, "PAGE"), (recorded, "FILE")):
        copy = tmp_path / getattr(module, name).name
        copy.write_text(getattr(module, name).read_text("utf-8"), "utf-8")
        monkeypatch.setattr(module, name, copy)
    monkeypatch.setattr(report, "ROOT", tmp_path)
    monkeypatch.setattr(catalogue, "texts", committed.generated)
    return tmp_path


def test_the_page_is_up_to_date() -> None:
    assert report.main(["--check"]) == 0


def test_a_run_changes_record_counts_and_page(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = kept / "run"
    run.mkdir()
    call = {"role": "InferenceRole", "action": "sagemaker:InvokeEndpoint"}
    (run / "calls-1.jsonl").write_text(f"{json.dumps(call)}\n" * 2, "utf-8")
    (run / "faults.json").write_text(json.dumps([{"scenario": "x", "calls": 3, "injected": 7, "survived": 6}]), "utf-8")
    assert report.main([str(run)]) == 0
    assert recorded.calls() == {"InferenceRole": {"sagemaker:InvokeEndpoint"}}
    page = report.PAGE.read_text("utf-8")
    assert "| faults injected into these | 7 |\n| survived | 6 |" in page
    report.PAGE.write_text(page.replace("| 7 |", "| 8 |"), "utf-8")
    assert report.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arn", "role"),
    [
        ("arn:aws:iam::111122223333:role/mlops-OrchestratorRole-AB12", "OrchestratorRole"),
        ("arn:aws:iam::111122223333:role/team/mlops-pipeline-x-InferenceRole-AB12", "InferenceRole"),
        ("arn:aws:iam::111122223333:role/somebody", ""),
    ],
)
def test_roles_are_on_record_as_templates_name_them(
    arn: str, role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(recording.FOLDER, str(tmp_path))
    for _ in range(2):
        recording.note(arn, "s3:GetObject")
    assert recording.read(tmp_path) == ({role: ["s3:GetObject"]} if role else {})
    assert len(list(tmp_path.glob("*"))) == bool(role)


def test_nothing_is_written_down_for_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(recording.FOLDER, raising=False)
    monkeypatch.chdir(tmp_path)
    recording.note("arn:aws:iam::111122223333:role/mlops-OrchestratorRole-AB12", "s3:GetObject")
    assert list(tmp_path.iterdir()) == []
