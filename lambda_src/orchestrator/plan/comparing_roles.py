# SPDX-License-Identifier: Apache-2.0
"""Names of the roles by which the orchestrator compares models in the accounts of stages.

IAM's names are unique in an account, whatever the Region, and an account may serve several stages and orchestrators: a
digest tells the roles apart. CloudFormation cannot replace a role of the same name, so the path, whose change replaces
roles, is part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orchestrator.launch.settings import Launch
    from orchestrator.values.per_stage import Stage

PREFIX: Final = "mlops-comparing-"
PARAMETER: Final = "ComparedBy"
"""Parameter of a blueprint whose models are compared: the name of the role, and the ARN of the one that assumes it."""
_PATH: Final = "RolePath"
_DIGITS: Final = 24


def parameter(launch: Launch, stack: str, stage: Stage) -> str:
    """Return the parameter for a stage; `stack` is the common name of what the pipeline deploys."""
    path = launch.options.chosen.RolePath
    identity = "\n".join((launch.account, launch.region, path, stack, stage))
    return f"{PREFIX}{hashlib.sha256(identity.encode()).hexdigest()[:_DIGITS]},{launch.function_role_arn}"


def arn(parameters: Mapping[str, str], partition: str, account: str) -> str:
    """Return the ARN of the role in an account, from the parameters of what is deployed there; empty without one."""
    name = parameters.get(PARAMETER, "").partition(",")[0]
    return f"arn:{partition}:iam::{account}:role{parameters.get(_PATH, '/')}{name}" if name else ""
