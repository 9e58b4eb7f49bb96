# SPDX-License-Identifier: Apache-2.0
"""What SageMaker takes as the deployment of an endpoint's update, and what of an endpoint keeps it from taking that.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_RollingUpdatePolicy.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

Strategy = Literal["all_at_once", "canary", "linear", "rolling"]

STEP_PERCENT: Final[Mapping[Strategy, tuple[int, int]]] = {"canary": (1, 50), "linear": (10, 50), "rolling": (5, 50)}
"""Strategy -> the least and the most percent of the instances that a step may be; all_at_once has no steps."""
_CORES: Final = {"medium": 2, "large": 2, "xlarge": 4}
_OTHER_CORES: Final = {"c4.8xlarge": 36}
_SEVERAL: Final = re.compile(r"(?P<count>[0-9]+)xlarge")
_PER_XLARGE: Final = 4


def lacks_guardrails(instance_type: str) -> bool:
    """True for instances whose endpoints fall back to an update all at once, without alarms."""
    return instance_type.startswith("ml.inf1.")


def lacks_shadows(instance_type: str) -> bool:
    """True for instances that can neither be a shadow nor have one beside them.

    https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html
    """
    return instance_type.startswith("ml.inf1.")


def cores(instance_type: str) -> int:
    """Return the virtual cores of an instance type: CPUUtilization is the sum of their percentages.

    AWS sizes families alike: four for `xlarge`, and so many times four for larger sizes.
    https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """
    _, _, kind = instance_type.partition(".")
    size = kind.rpartition(".")[2]
    several = _SEVERAL.fullmatch(size)
    if kind in _OTHER_CORES:
        return _OTHER_CORES[kind]
    return int(several["count"]) * _PER_XLARGE if several else _CORES.get(size, 1)
