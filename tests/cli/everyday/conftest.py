# SPDX-License-Identifier: Apache-2.0
"""What a deployed model is asked, and the orchestrator that deploys to stages."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.end_to_end import users
from tests.end_to_end.running import Running
from tests.end_to_end.users import Orchestrator


@pytest.fixture
def rows(tmp_path: Path, trained_model: TrainedModel) -> str:
    """A CSV file with two rows of the model's holdout."""
    file = tmp_path / "rows.csv"
    file.write_bytes(demo_model.as_csv(trained_model.holdout_rows[:2]))
    return str(file)


@pytest.fixture
def staged(multi_account: Running, trained_model: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> Orchestrator:
    """The orchestrator with stages, that of the current folder, with the demo's model in its assets bucket."""
    monkeypatch.chdir(multi_account.folder)
    orchestrator = users.with_artifact(multi_account.deployment)
    orchestrator.store(trained_model)
    return orchestrator
