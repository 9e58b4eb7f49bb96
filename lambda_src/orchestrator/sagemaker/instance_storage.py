# SPDX-License-Identifier: Apache-2.0
"""Instance types with local NVMe storage: their hardware encrypts it, and SageMaker refuses a key for it.

CreateEndpointConfig, CreateTransformJob and similar calls fail when they name a key for the volume of such an instance:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html (`KmsKeyId`).
"""

from __future__ import annotations

import re
from typing import Final

# An attribute "d" after the generation means instance store volumes: m5d, c6gd, g4dn, p4de.
# https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
_NAMED_AFTER_IT: Final = re.compile(r"[a-z]+[0-9]+[a-z]*d[a-z]*")
# Families that have such volumes without a "d" in their names.
# https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html (accelerated computing, instance store specifications)
_OTHERS: Final = frozenset(
    {"dl1", "g5", "g6", "g6e", "g7", "g7e", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200"}
    | {"trn1", "trn1n", "trn2"}
)


def has_local_storage(instance_type: str) -> bool:
    """True if an instance type, e.g. `ml.g5.xlarge`, has local NVMe storage instead of an encryptable volume."""
    family = instance_type.removeprefix("ml.").split(".")[0]
    return family in _OTHERS or _NAMED_AFTER_IT.fullmatch(family) is not None
