# SPDX-License-Identifier: Apache-2.0
"""Tags of everything that a pipeline makes, by which it is found and its costs are told apart.

CloudFormation hands a stack's tags on to whatever in it can be tagged, and a StackSet's to its stacks; jobs that it
cannot make get theirs with the request. The operator may add others at launch. Ours do not change in the life of a
pipeline: another tag of a monitor's baseline is another baseline.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/custom-tags.html
"""

from __future__ import annotations

from typing import Final

from orchestrator.values.per_stage import Stage

APPLICATION: Final = "mlops:application"
"""Name of the root stack."""
PIPELINE: Final = "mlops:pipeline"
"""Name of the deployment stack, or the prefix of the names of its StackSets."""
STAGE: Final = "mlops:stage"
"""`dev`, `staging` or `prod`; `single` in the orchestrator's own account; `all` for a pipeline through the three."""
MODEL: Final = "mlops:model"
"""Name of the model, or of the repository of an image."""
KEYS: Final = (APPLICATION, PIPELINE, STAGE, MODEL)

EVERY_STAGE: Final = "all"
_THIS_ACCOUNT: Final = "single"

Tags = tuple[tuple[str, str], ...]


def stage_name(stage: Stage | None) -> str:
    """The value of `STAGE`; `None` is the one stage of a single-account deployment."""
    return stage or _THIS_ACCOUNT


def of(application: str, pipeline: str, model: str, stage: str) -> Tags:
    """The tags of one stack and of what is in it."""
    return tuple(zip(KEYS, (application, pipeline, stage, model), strict=True))


def of_text(text: str) -> Tags:
    """The tags in a text such as `team=harbour,cost-centre=4711`; of equal keys the last counts."""
    pairs = (pair.partition("=") for pair in text.split(",") if pair)
    return tuple({key: value for key, _, value in pairs}.items())
