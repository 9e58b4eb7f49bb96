# SPDX-License-Identifier: Apache-2.0
"""GPUs of instance types, as AWS tells them; a type that is in none of these places is not here.

EC2's DescribeInstanceTypes (`GpuInfo`) has most: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GpuDeviceInfo.html
p2, p3: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-gpu.html
p6e-gb200: https://github.com/aws/sagemaker-hyperpod-cli/blob/main/src/sagemaker/hyperpod/training/quota_allocation_util.py
"""

from __future__ import annotations

import re
from typing import Final

# Families whose names begin like these have GPUs; inf, trn and dl have accelerators of other kinds.
_FAMILY: Final = re.compile(r"(g|p)[0-9].*")
_ACCELERATED: Final = re.compile(r"(g|p|inf|trn|dl)[0-9].*")
_ONE: Final = dict.fromkeys(("xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge"), 1)
_UP_TO_EIGHT: Final = {**_ONE, "12xlarge": 4, "24xlarge": 4, "48xlarge": 8}
_G7: Final = {"2xlarge": 1, "4xlarge": 1, "8xlarge": 1, "12xlarge": 2, "24xlarge": 4, "48xlarge": 8}
_GPUS: Final = {
    "g4dn": {**_ONE, "12xlarge": 4},
    "g5": _UP_TO_EIGHT,
    "g6": _UP_TO_EIGHT,
    "g6e": _UP_TO_EIGHT,
    "g7": _G7,
    "g7e": _G7,
    "p2": {"xlarge": 1, "8xlarge": 8, "16xlarge": 16},
    "p3": {"2xlarge": 1, "8xlarge": 4, "16xlarge": 8},
    "p4d": {"24xlarge": 8},
    "p4de": {"24xlarge": 8},
    "p5": {"4xlarge": 1, "48xlarge": 8},
    "p5e": {"48xlarge": 8},
    "p5en": {"48xlarge": 8},
    "p6-b200": {"48xlarge": 8},
    "p6-b300": {"48xlarge": 8},
    "p6e-gb200": {"36xlarge": 4},
}
"""Family -> size -> GPUs."""


def has_gpus(instance_type: str) -> bool:
    """True if an instance type, e.g. `ml.g5.xlarge`, has GPUs; the empty text has none."""
    return _FAMILY.fullmatch(_parts(instance_type)[0]) is not None


def may_have_accelerators(instance_type: str) -> bool:
    """True if an instance type has GPUs, or accelerators of another kind."""
    return _ACCELERATED.fullmatch(_parts(instance_type)[0]) is not None


def count(instance_type: str) -> int | None:
    """Return how many GPUs an instance type has; `None` if that is not known."""
    family, size = _parts(instance_type)
    return _GPUS.get(family, {}).get(size)


def _parts(instance_type: str) -> tuple[str, str]:
    family, _, size = instance_type.removeprefix("ml.").partition(".")
    return family, size
