# SPDX-License-Identifier: Apache-2.0
"""What a pipeline takes of the account's quotas is what docs/operating.md says (lesson 121)."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests import committed

_PAGE: Final = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
_ROWS: Final = dict(re.findall(r"^\| (\w[\w ]+\w) \| [\d,]+ \| (.*?) \|", _PAGE, re.MULTILINE))
"""Quota -> what a pipeline takes of it."""
_MONITORS: Final = ("data_quality", "model_bias", "model_explainability", "model_quality")


def _taken(path: str, kind: str) -> tuple[int, int]:
    """Return how many resources of a type a template has at least, and at most."""
    resources = committed.parsed((committed.TEMPLATES / path).read_text(encoding="utf-8"))["Resources"].values()
    found = Counter("Condition" in resource for resource in resources if resource["Type"] == kind)
    return found[False], found.total()


@pytest.mark.parametrize(
    ("path", "said", "taken"),
    [
        ("blueprints/realtime_inference.yaml", "real-time 2,", (2, 2)),
        ("blueprints/model_training.yaml", "training 2 or 3,", (2, 3)),
        ("blueprints/batch_transform.yaml", "batch 2 or 3 ", (2, 3)),
        *((f"blueprints/{monitor}_monitor.yaml", "a monitor 1,", (1, 1)) for monitor in _MONITORS),
        ("pipelines/image_builder.yaml", "an image builder 1", (1, 1)),
        ("pipelines/single_account_codepipeline.yaml", "", (0, 0)),
        ("pipelines/multi_account_codepipeline.yaml", "", (0, 0)),
    ],
    ids=lambda value: Path(value).stem if isinstance(value, str) and value.endswith(".yaml") else "",
)
def test_roles(path: str, said: str, taken: tuple[int, int]) -> None:
    assert said in _ROWS["IAM roles"]
    assert _taken(path, "AWS::IAM::Role") == taken


def test_rest_apis() -> None:
    assert _ROWS["REST APIs"] == "real-time 1"
    assert _taken("blueprints/realtime_inference.yaml", "AWS::ApiGateway::RestApi") == (1, 1)


def test_rules_of_events() -> None:
    assert _ROWS["rules of the default event bus"].startswith("an image builder 1; a monitor 1 ")
    assert _taken("pipelines/image_builder.yaml", "AWS::Events::Rule") == (1, 1)
    for monitor in _MONITORS:
        assert _taken(f"blueprints/{monitor}_monitor.yaml", "AWS::Events::Rule")[1] == 1
