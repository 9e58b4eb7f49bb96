# SPDX-License-Identifier: Apache-2.0
"""`mlops provision` of a monitor against an API that answers what a test says: the engine is named, a change told."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from mlops_orchestrator.aws.api_client import Answer
from scripts.cli import connection
from tests.cli.conftest import Mlops

CHANGE: Final = "monitor_engine: this changes the engine from SageMaker's to the open one, because the request says so"
ARN: Final = "arn:aws:cloudformation:us-east-1:123456789012:stack/mlops-pipeline-berths-x-codepipeline/1"


@pytest.fixture
def request_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A request; the API answers it, and a dry run with a plan."""

    def provision(body: dict[str, Any]) -> Answer:
        if body.get("dry_run"):
            return Answer(200, {"message": "Dry run.", "plan": {"monitor_engine": "open"}, "warnings": [CHANGE]})
        made = {"message": "is being updated.", "pipeline_id": ARN, "monitor_engine": "open", "warnings": [CHANGE]}
        return Answer(200, made)

    aws = SimpleNamespace(is_local=False, region="us-east-1")
    api = SimpleNamespace(provision=provision, client=SimpleNamespace(aws=aws))
    monkeypatch.setattr(connection, "orchestrator_api", lambda *_: api)
    path = tmp_path / "request.json"
    path.write_text(json.dumps({"pipeline_type": "byom_data_quality_monitor"}))
    return str(path)


@pytest.mark.parametrize("flags", [(), ("--dry-run",)], ids=["provision", "dry-run"])
def test_people_read_which_engine_it_is_and_that_it_changes(
    mlops: Mlops, request_file: str, flags: tuple[str, ...]
) -> None:
    ended = mlops("provision", request_file, *flags)
    told = f"{ended.out}{ended.err}"
    assert ended.status == 0, told
    words = (line.replace("│", " ").replace(":", " ").split() for line in told.splitlines())
    assert ["monitor_engine", "open"] in list(words)
    assert f"warning: {CHANGE}" in told
