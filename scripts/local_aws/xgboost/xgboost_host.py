# SPDX-License-Identifier: Apache-2.0
"""Server side of a served XGBoost model, in a process of its own.

An endpoint calls it for each invocation; so can everything else that scores with a model. The model and the wording
of its answers are in `xgboost/xgboost_model.py`, which only that process imports.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from scripts.local_aws.processes import programs
from scripts.local_aws.processes.model_process import ModelProcess

_PROGRAM = "xgboost_model"
_START_SECONDS = 60.0
_ECR_IMAGE = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/(sagemaker-)?xgboost:(?P<tag>[\w.-]+)$")
_TAG = re.compile(r"^(?P<major>\d+)\.(?P<minor>\d+)-(?P<revision>\d+)")
_BEFORE_OPEN_SOURCE = {"1", "latest"}
_FIRST_WITHOUT_PICKLES = (1, 3, 1)
# The change "Add accept encodings to alg_mode" of 2022 is in the images from this one on:
# https://github.com/aws/sagemaker-xgboost-container/pull/271
_FIRST_WITH_LINES = (1, 2, 2)


@dataclass(frozen=True)
class XgboostImage:
    """SageMaker's XGBoost image of one version, as (major, minor, revision): 1.7-1 is (1, 7, 1).

    `batch` is true in a transform job, where every version separates predictions by line ends.
    """

    version: tuple[int, int, int]
    batch: bool = False

    def options(self) -> list[str]:
        """Return the options by which `xgboost/xgboost_model.py` behaves like this version."""
        pickles = ["--pickles"] if self.version < _FIRST_WITHOUT_PICKLES else []
        return pickles + (["--lines"] if self.batch or self.version >= _FIRST_WITH_LINES else [])


def xgboost_image(uri: str) -> XgboostImage | None:
    """Return the image of an ECR URI whose repository is `xgboost` or `sagemaker-xgboost`; None for any other image."""
    found = _ECR_IMAGE.match(uri)
    if not found:
        return None
    if found["tag"] in _BEFORE_OPEN_SOURCE:
        return XgboostImage((0, 72, 1))
    tag = _TAG.match(found["tag"])
    # A custom tag in such a repository has no version: it counts as a recent one.
    return XgboostImage((int(tag["major"]), int(tag["minor"]), int(tag["revision"])) if tag else (1, 7, 1))


class XgboostHost(ModelProcess):
    """Process that has one XGBoost model loaded. It answers one request at a time, as XGBoost requires."""

    def __init__(self, model_dir: Path, image: XgboostImage) -> None:
        """Start the process and wait until the model is loaded. Raise HostError with the model's message."""
        arguments = (str(model_dir), *image.options())
        super().__init__(
            lambda stdin, stdout: programs.start(_PROGRAM, *arguments, stdin=stdin, stdout=stdout), _START_SECONDS
        )
