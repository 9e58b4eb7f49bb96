# SPDX-License-Identifier: Apache-2.0
"""Rules between the fields of a request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest, rule


def test_a_rule_is_between_fields_that_there_are() -> None:
    with pytest.raises(TypeError, match=r"Misspelt has rules between fields that it does not have: \['model_nane'\]"):

        class Misspelt(PipelineRequest):
            model_name: str

            @rule("model_name", "model_nane")
            def _never_holds(self, _: Launch) -> Iterator[Problem]:
                yield Problem("model_name", "is refused")
