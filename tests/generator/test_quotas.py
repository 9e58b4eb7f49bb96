# SPDX-License-Identifier: Apache-2.0
"""What docs/operating.md says that a pipeline takes of AWS's quotas is what the templates make (lesson 121)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

Template = dict[str, Any]
PAGE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text("utf-8")


def row(quota: str) -> str:
    """The line of the table about a quota."""
    (found,) = re.findall(rf"^\| {quota} \|.*$", PAGE, re.MULTILINE)
    return str(found)


def made(template: Template, kind: str) -> tuple[int, int]:
    """How many resources of a type a template makes at least, and at most."""
    found = [one for one in template["Resources"].values() if one["Type"] == kind]
    return sum("Condition" not in one for one in found), len(found)


@pytest.mark.parametrize(
    ("path", "words", "expected"),
    [
        (
            "blueprints/realtime_inference.yaml",
            "real-time 1 or 2, and 1 more in an account of a stage where models",
            (1, 3),
        ),
        ("blueprints/model_training.yaml", "training 2 or 3,", (2, 3)),
        ("blueprints/batch_transform.yaml", "batch 2 or 3 ", (2, 3)),
        ("blueprints/data_quality_monitor.yaml", "(1 on SageMaker's engine),", (1, 1)),
        ("blueprints/open_data_quality_monitor.yaml", "a monitor 2 ", (2, 2)),
        ("pipelines/image_builder.yaml", "an image builder 1 ", (1, 1)),
        ("pipelines/single_account_codepipeline.yaml", "", (0, 0)),
    ],
)
def test_roles(templates: dict[str, Template], path: str, words: str, expected: tuple[int, int]) -> None:
    assert words in row("IAM roles")
    assert made(templates[path], "AWS::IAM::Role") == expected


def test_apis_and_rules(templates: dict[str, Template]) -> None:
    assert made(templates["blueprints/realtime_inference.yaml"], "AWS::ApiGateway::RestApi") == (0, 1)
    assert "real-time 0 or 1 " in row("REST APIs")
    assert made(templates["pipelines/image_builder.yaml"], "AWS::Events::Rule") == (1, 1)
    for path, rules in (("data_quality_monitor", 1), ("open_data_quality_monitor", 2)):
        assert made(templates[f"blueprints/{path}.yaml"], "AWS::Events::Rule")[1] == rules
    assert "an image builder 1; a monitor in an account of a stage 2, on SageMaker's engine 1 " in row(
        "rules of the default event bus"
    )
