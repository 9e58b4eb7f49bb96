# SPDX-License-Identifier: Apache-2.0
"""Which built-in algorithms write checkpoints: SageMaker lets the others wait an hour at most for spot instances.

The limit: https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html. What writes checkpoints:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html. Frameworks are no algorithms: they train the
caller's code, for which there is no limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LONGEST_WAIT: Final = 3_600
"""Seconds; the run is part of the wait."""

_EVERY: Final[frozenset[str]] = frozenset()
_WITHOUT: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(
        (
            *("blazingtext", "factorization-machines", "forecasting-deepar", "ipinsights", "kmeans", "knn", "lda"),
            *("linear-learner", "ntm", "object2vec", "pca", "randomcutforest", "seq2seq"),
        ),
        _EVERY,
    ),
    "xgboost": frozenset({"1", "latest"}),
}
"""Algorithms of `data/image_uris.json` -> those of their versions that write none. XGBoost does from 0.90-1 on."""


def are_written(framework: str, version: str) -> bool:
    """Whether a framework or algorithm writes checkpoints, or may write them; both as in requests."""
    without = _WITHOUT.get(framework.strip().lower().replace("_", "-"))
    return without is None or (without is not _EVERY and version.strip() not in without)
