# SPDX-License-Identifier: Apache-2.0
"""Questions to the endpoint: so many rows a second, so many in all, each under an identifier that is no traffic."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from monitor_engine.attribution import scores
from monitor_engine.attribution.kernel_shap import Rows
from monitor_engine.data.captures import OWN
from monitor_engine.data.columns import Numbers
from monitor_engine.data.payloads import UnreadableError
from monitor_engine.problems import EngineError

Ask = Callable[[str, str], tuple[str, str]]
"""Body and inference id -> the answer and its content type."""
_BATCH: Final = 100
"""Rows of one request."""


@dataclass
class Predictor:
    """The model's answers, as numbers."""

    ask: Ask
    score: str = ""
    """Where the score stands in an answer: a position or a path."""
    per_second: float = 50.0
    use_logit: bool = False
    run: str = ""
    """Tells the requests of one run from those of another."""
    pause: Callable[[float], None] = time.sleep
    asked: int = 0

    def __call__(self, rows: Rows) -> Numbers:
        """Return the scores of each row, as many for each. Raise EngineError."""
        found: list[list[float]] = []
        for start in range(0, len(rows), _BATCH):
            found += self._answers(rows[start : start + _BATCH])
        if len({len(row) for row in found}) > 1:
            raise EngineError("the endpoint gives some rows more scores than others. Check model_scores.")
        answers = np.array(found)
        if self.use_logit:
            if ((answers < 0) | (answers > 1)).any():
                raise EngineError("use_logit is for probabilities, and the endpoint gives others: leave it out")
            answers = np.clip(answers, 1e-9, 1 - 1e-9)
            answers = np.log(answers / (1 - answers))
        return answers

    def _answers(self, rows: Rows) -> list[list[float]]:
        body = io.StringIO()
        csv.writer(body, lineterminator="\n").writerows(rows.tolist())
        if self.asked:
            self.pause(len(rows) / self.per_second)
        text, content_type = self.ask(body.getvalue(), f"{OWN}{self.run}{self.asked}")
        self.asked += len(rows)
        try:
            values = scores.of(text.strip("\r\n"), "json" in content_type.lower(), self.score, len(rows))
        except UnreadableError as error:
            raise EngineError(f"the endpoint's answer cannot be used: {error}. Check model_scores.") from error
        if len(values) != len(rows):
            raise EngineError(f"the endpoint gave {len(values)} scores for {len(rows)} rows. Check model_scores.")
        return values
