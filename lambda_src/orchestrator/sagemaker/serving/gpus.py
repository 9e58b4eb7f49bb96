# SPDX-License-Identifier: Apache-2.0
"""GPUs of instance types.

https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html
"""

from __future__ import annotations

import re
from typing import Final

# Families whose names begin like these have GPUs; inf and trn have accelerators of AWS's own.
_FAMILY: Final = re.compile(r"(g|p)[0-9].*")
_G_SIZES: Final = {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8}
_SEVERAL: Final = {
    "g4dn": {"12xlarge": 4, "metal": 8},
    "g5": _G_SIZES,
    "g6": _G_SIZES,
    "g6e": _G_SIZES,
    "g7e": {"12xlarge": 2, "24xlarge": 4, "48xlarge": 8},
    "p2": {"8xlarge": 8, "16xlarge": 16},
    "p3": {"8xlarge": 4, "16xlarge": 8},
    "p4d": {"24xlarge": 8},
    "p4de": {"24xlarge": 8},
    "p5": {"48xlarge": 8},
    "p5e": {"48xlarge": 8},
    "p5en": {"48xlarge": 8},
    "p6-b200": {"48xlarge": 8},
    "p6-b300": {"48xlarge": 8},
    "p6e-gb200": {"36xlarge": 4},
}
"""Family -> size -> GPUs; the other sizes have one."""


def has_gpus(instance_type: str) -> bool:
    """True if an instance type, e.g. `ml.g5.xlarge`, has GPUs; the empty text has none."""
    return _FAMILY.fullmatch(_parts(instance_type)[0]) is not None


def count(instance_type: str) -> int | None:
    """Return how many GPUs an instance type has; `None` if nothing is known of its family."""
    family, size = _parts(instance_type)
    return _SEVERAL[family].get(size, 1) if family in _SEVERAL else None


def _parts(instance_type: str) -> tuple[str, str]:
    family, _, size = instance_type.removeprefix("ml.").partition(".")
    return family, size
