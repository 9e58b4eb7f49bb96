# SPDX-License-Identifier: Apache-2.0
"""`mlops cards`: the life of a card by commands, on the local AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Mlops
from tests.end_to_end.running import Running
from tests.end_to_end.users import Orchestrator

_EXAMPLE = Path(__file__).parents[2] / "model_cards" / "create_model_card.json"


def _write(folder: Path, **request: Any) -> str:
    (folder / "card.json").write_text(json.dumps(request))
    return str(folder / "card.json")


@pytest.mark.usefixtures("local")
def test_a_card_from_its_creation_to_its_end(mlops: Mlops, tmp_path: Path) -> None:
    request = json.loads(_EXAMPLE.read_text(encoding="utf-8"))
    created = mlops("cards", "create", _write(tmp_path, **request), "--name", "by-command", "--local")
    assert created.status == 0, created.err
    assert "by-command, version 1: PendingReview" in created.out
    assert "ResponseMetadata" not in created.out
    assert "      model owner" not in created.out
    assert "  model owner: Harbour office" in created.out
    assert "█" in created.out, "a bar chart is drawn"

    update = _write(tmp_path, pipeline_type="create_model_card", name="by-command", status="Approved")
    assert "by-command, version" in mlops("cards", "update", update, "--local").out
    (shown,) = mlops("cards", "show", "by-command", "--local", "--json").documents
    assert shown["card"]["ModelCardStatus"] == "Approved"
    assert shown["card"]["Content"]["model_overview"]["model_owner"] == "Harbour office"
    assert "PendingReview" in mlops("cards", "show", "by-command", "--version", "1", "--local").out

    (listed,) = mlops("cards", "list", "--contains", "by-com", "--status", "Approved", "--local", "--json").documents
    assert [card["ModelCardName"] for card in listed["cards"]] == ["by-command"]
    assert "by-command" in mlops("cards", "list", "--local").out
    assert "There are no such model cards." in mlops("cards", "list", "--contains", "nothing-like-it", "--local").out

    exported = mlops("cards", "export", "by-command", "--local", "--json")
    (export,) = exported.documents
    assert (exported.status, export["status"]) == (0, "Completed")
    looked_at = mlops("cards", "exported", "by-command", export["export_job_name"], "--local")
    assert looked_at.out == f"Completed: {export['artifact']}\n"

    asked = mlops("cards", "delete", "by-command", "--local")
    assert (asked.status, "give --yes" in asked.err) == (2, True)
    assert "has been deleted" in mlops("cards", "delete", "by-command", "--yes", "--local").out
    gone = mlops("cards", "show", "by-command", "--local", "--json")
    assert gone.status == 2
    assert [one["key"] for one in gone.documents[0]["error"]["errors"]] == ["name"]


@pytest.mark.usefixtures("local")
def test_a_request_of_a_card_is_told_as_text_by_provision(mlops: Mlops, tmp_path: Path) -> None:
    file = _write(tmp_path, pipeline_type="create_model_card", name="by-provision")
    ended = mlops("provision", file, "--local")
    assert ended.status == 0
    assert ended.out.startswith("by-provision, version 1: Draft\n")
    assert mlops("cards", "delete", "by-provision", "--yes", "--local").status == 0


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"pipeline_type": "byom_realtime_builtin"}, "is a request of byom_realtime_builtin"),
        ({"name": "x", "status": "Finished"}, "status"),
        ({"name": "x", "dry_run": True}, None),
    ],
    ids=["pipeline", "refused", "dry run"],
)
def test_what_is_sent_is_an_operation_on_cards(
    mlops: Mlops, tmp_path: Path, request_: dict[str, Any], words: str | None
) -> None:
    ended = mlops("cards", "create", _write(tmp_path, **request_), "--local")
    if words:
        assert ended.status == 2
        assert words in ended.err
    else:
        assert "Dry run: nothing was created." in ended.out
        assert '"ModelCardName": "x"' in ended.out


def test_an_export_that_failed_is_a_failure(
    local: Running, orchestrator: Orchestrator, mlops: Mlops, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"status": "Failed", "failure_reason": "no PDF", "location": "s3://b", "export_job_name": "j"}
    monkeypatch.setattr("scripts.cli.cards.operations._call", lambda *_: body)
    ended = mlops("cards", "export", "by-command", "--local")
    assert (ended.status, ended.out) == (1, "Failed: no PDF\n")


def test_a_starter_is_a_valid_request(mlops: Mlops, tmp_path: Path) -> None:
    file = str(tmp_path / "new.json")
    assert mlops("cards", "new", "--full", "--out", file, "--region", "eu-west-1").status == 0
    assert json.loads(Path(file).read_text(encoding="utf-8"))["pipeline_type"] == "create_model_card"
    checked = mlops("cards", "check", file, "--region", "eu-west-1")
    assert (checked.status, checked.err) == (0, "")
