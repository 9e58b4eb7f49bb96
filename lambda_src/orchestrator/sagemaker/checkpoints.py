# SPDX-License-Identifier: Apache-2.0
"""Built-in algorithms without checkpoints, for which SageMaker waits an hour at most for spot instances.

Limit: https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html. Algorithms with checkpoints:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html. The limit does not apply to frameworks, which
train with the caller's code.
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
"""Algorithm in `data/image_uris.json` -> its versions without checkpoints. XGBoost writes them from 0.90-1 on."""


def are_written(framework: str, version: str) -> bool:
    """True if a framework or algorithm, named as in requests, writes checkpoints or may write them."""
    without = _WITHOUT.get(framework.strip().lower().replace("_", "-"))
    return without is None or (without is not _EVERY and version.strip() not in without)
