# SPDX-License-Identifier: Apache-2.0
"""Every request that a page of the guide shows is one that the orchestrator takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.values.per_stage import STAGES
from scripts.requests import offline

ROOT: Final = Path(__file__).parents[1]
# The page about types of one's own shows a request of one, which its own tests send.
PAGES: Final = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name != "custom-pipelines.md"),
]
_BLOCK: Final = re.compile(r"^```json\n(.*?)^```", re.DOTALL | re.MULTILINE)


def requests() -> list[Any]:
    """The requests in JSON blocks that name a pipeline type, those of lists too, each with its place for the test."""
    return [
        pytest.param(body, id=f"{page.name}-{number}")
        for page in PAGES
        for number, body in enumerate(shown_in(page), 1)
    ]


def shown_in(page: Path) -> list[dict[str, Any]]:
    blocks = [json.loads(block) for block in _BLOCK.findall(page.read_text("utf-8")) if '"pipeline_type"' in block]
    return [body for block in blocks for body in (block if isinstance(block, list) else [block])]


@pytest.mark.parametrize("body", requests())
def test_an_example_is_a_valid_request_without_a_warning(body: dict[str, Any]) -> None:
    by_stage = any(isinstance(value, dict) and value.keys() == set(STAGES) for value in body.values())
    option = "multi-account" if by_stage else "single-account"
    launch = offline.launch(option, use_model_registry="model_package_name" in body, region="eu-west-1")
    if BUILT_IN.operation_in(body):
        assert BUILT_IN.parse_operation(body, launch).warnings == ()
        return
    assert offline.check(json.dumps(body).encode(), launch).warnings == ()


def test_the_pages_show_requests() -> None:
    """A page whose blocks are no longer found would go untested."""
    shown = {str(parameter.id).partition("-")[0] for parameter in requests()}
    assert {"README.md", "training.md"} <= shown
