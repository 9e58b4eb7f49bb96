# SPDX-License-Identifier: Apache-2.0
"""Folders as somebody hostile or careless writes them: each is refused with a sentence, by its place."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from scripts.iam.resolving import Place
from scripts.pipeline_types import checks, linting
from scripts.pipeline_types.permissions import Operator
from tests.orchestrator.pipeline_types.custom import folders
from tests.orchestrator.pipeline_types.custom.folders import BLUEPRINT, DEFINITION, write
from tests.pipeline_types import linted

CASES: Final[list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("hostile.yaml").read_text("utf-8"))
GUIDE: Final = Path(__file__).parents[2] / "docs/custom-pipelines.md"
OPERATOR: Final = Operator(Place("aws", "eu-west-1"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("something is fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    linted.only_once(monkeypatch)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_a_hostile_file_is_refused_by_its_place(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "cfn-lint E" not in case["says"]:
        # It takes half a second to look at a blueprint, and has nothing to say of these.
        monkeypatch.setattr(linting, "_lint", lambda *_: [])
    texts = {"pipeline.yaml": DEFINITION, "blueprint.yaml": BLUEPRINT}
    before, after = case["replace"]
    assert before in texts[case["file"]]
    texts[case["file"]] = texts[case["file"]].replace(before, after, 1)
    report = checks.check(write(tmp_path / "folder", *texts.values()), "eu-west-1", OPERATOR)
    found = [(error.place, error.problem) for error in report.errors]
    assert any(place == case["place"] and case["says"] in problem for place, problem in found), found


def test_the_folder_of_the_guide_has_nothing_wrong(tmp_path: Path) -> None:
    report = checks.check(write(tmp_path / "folder"), "eu-west-1", OPERATOR)
    assert report.errors == []
    assert report.policy is not None
    assert [(one["Action"][0].split(":")[0], one["Resource"]) for one in report.policy["Statement"]] == [
        ("sqs", ["arn:aws:sqs:eu-west-1:*:mlops-*-*"])
    ]


def test_the_request_of_the_guide_is_one_of_its_type() -> None:
    (shown,) = re.findall(r"^```json\n(.*?)^```", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert folders.type_of().problems_of_example(json.loads(shown)) == []


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "folder", DEFINITION.replace("$stage: StageName", "$stag: StageName"))
    text = (folder / "blueprint.yaml").read_text()
    (folder / "blueprint.yaml").write_text(text.replace("      QueueName: !Sub", "      QueuName: !Sub"))
    places = [error.place for error in checks.check(folder, "eu-west-1", OPERATOR).errors]
    assert places == ["pipeline.yaml:26", "blueprint.yaml:10"]
