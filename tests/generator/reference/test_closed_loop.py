# SPDX-License-Identifier: Apache-2.0
"""The drawing of the closed loop has every decision and step that the code has, and is up to date."""

from __future__ import annotations

from typing import get_args

import pytest

from generator.reference import closed_loop
from orchestrator.automation.journal import StepName
from orchestrator.events.retraining import decision


def test_the_page_is_up_to_date() -> None:
    page = closed_loop.DOCS / closed_loop.NAME
    assert closed_loop.texts() == {page.name: page.read_text(encoding="utf-8")}


def test_every_step_and_every_reason_is_there() -> None:
    drawn = closed_loop.drawing()
    assert all(f"`{step}`" in drawn for step in get_args(StepName))
    assert all(f"`{why.name.lower()}`" in drawn for why in decision.Why)


def test_a_decision_that_nothing_is_drawn_for_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "Decision", decision.Hold | int)
    with pytest.raises(KeyError):
        closed_loop.drawing()
