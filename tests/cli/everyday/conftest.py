# SPDX-License-Identifier: Apache-2.0
"""What a deployed model is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel


@pytest.fixture
def rows(tmp_path: Path, trained_model: TrainedModel) -> str:
    """A CSV file with two rows of the model's holdout."""
    file = tmp_path / "rows.csv"
    file.write_bytes(demo_model.as_csv(trained_model.holdout_rows[:2]))
    return str(file)
