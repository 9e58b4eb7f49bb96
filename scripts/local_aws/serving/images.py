# SPDX-License-Identifier: Apache-2.0
"""SageMaker's images whose servers run a script of the model's own, and what an environment needs to be like them.

A tag names the framework's version, and some the Python: `1.4-2-py312-cpu-py3`, `2.6.0-cpu-py312`. The libraries are
the newest patches of that version. scikit-learn and PyTorch are built for numpy 1 before the versions below:
https://scikit-learn.org/stable/whats_new/v1.4.html, https://github.com/pytorch/pytorch/releases/tag/v2.3.0
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Framework = Literal["scikit-learn", "pytorch"]
Version = tuple[int, int]

SERVED: Final = "SageMaker's images of XGBoost, scikit-learn and PyTorch"
"""Images that can run here, in words."""
_ECR: Final = re.compile(
    r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/(?P<repository>sagemaker-scikit-learn|pytorch-inference)"
    r":(?P<major>\d+)\.(?P<minor>\d+)(?P<rest>[\w.-]*)"
)
_PYTHON: Final = re.compile(r"-py(3)(\d+)\b")
_FRAMEWORKS: Final[dict[str, tuple[Framework, str, Version, tuple[str, ...]]]] = {
    "sagemaker-scikit-learn": ("scikit-learn", "scikit-learn", (1, 4), ("pandas",)),
    "pytorch-inference": ("pytorch", "torch", (2, 3), ("numpy",)),
}
"""By repository: the framework, its distribution, the first version for numpy 2, and what else the image has."""


@dataclass(frozen=True)
class FrameworkImage:
    """Image: the framework whose defaults its server has, what is to be installed, and its Python, "" if not told."""

    framework: Framework
    requirements: tuple[str, ...]
    python: str = ""


def framework_image(uri: str) -> FrameworkImage | None:
    """Return the image of an ECR URI; None for any that is not of such a framework."""
    found = _ECR.fullmatch(uri)
    if not found:
        return None
    framework, distribution, for_numpy_2, more = _FRAMEWORKS[found["repository"]]
    version = int(found["major"]), int(found["minor"])
    numpy = () if version >= for_numpy_2 else ("numpy<2",)
    python = _PYTHON.search(found["rest"])
    return FrameworkImage(
        framework,
        (f"{distribution}~={version[0]}.{version[1]}.0", *more, *numpy),
        f"{python[1]}.{python[2]}" if python else "",
    )
