# SPDX-License-Identifier: Apache-2.0
"""The model's answers as scores: questions to the endpoint, so many rows a second."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from monitor_engine.attribution import scores
from monitor_engine.attribution.kernel_shap import Rows
from monitor_engine.data.columns import Numbers
from monitor_engine.data.payloads import UnreadableError
from monitor_engine.data.questions import Questions
from monitor_engine.problems import EngineError


@dataclass
class Predictor(Questions):
    """The model's answers, as numbers."""

    score: str = field(default="", kw_only=True)
    """Where the score stands in an answer: a position or a path."""
    use_logit: bool = field(default=False, kw_only=True)

    def __call__(self, rows: Rows) -> Numbers:
        """Return the scores of each row, as many for each. Raise EngineError."""
        found = [row for answer in self.answers(rows.tolist()) for row in self._scores(*answer)]
        if len({len(row) for row in found}) > 1:
            raise EngineError("the endpoint gives some rows more scores than others. Check model_scores.")
        answers = np.array(found)
        if self.use_logit:
            if ((answers < 0) | (answers > 1)).any():
                raise EngineError("use_logit is for probabilities, and the endpoint gives others: leave it out")
            answers = np.clip(answers, 1e-9, 1 - 1e-9)
            answers = np.log(answers / (1 - answers))
        return answers

    def _scores(self, text: str, is_json: bool, rows: int) -> list[list[float]]:
        try:
            values = scores.of(text, is_json, self.score, rows)
        except UnreadableError as error:
            raise EngineError(f"the endpoint's answer cannot be used: {error}. Check model_scores.") from error
        if len(values) != rows:
            raise EngineError(f"the endpoint gave {len(values)} scores for {rows} rows. Check model_scores.")
        return values
