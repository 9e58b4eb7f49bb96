# SPDX-License-Identifier: Apache-2.0
"""Facts about the capacity of endpoints."""

from __future__ import annotations

import re
from typing import Final

_BURSTABLE: Final = re.compile(r"ml\.t[0-9]")


def is_burstable(instance_type: str) -> bool:
    """True for instance types whose number SageMaker refuses to scale.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-policy.html
    """
    return _BURSTABLE.match(instance_type) is not None
