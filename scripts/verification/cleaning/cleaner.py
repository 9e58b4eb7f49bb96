# SPDX-License-Identifier: Apache-2.0
"""Clean-up in rounds until a listing finds nothing. If it cannot go on, it returns what a listing still finds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from mlops_orchestrator.aws.stack_following import StackFailedError
from scripts.verification.cleaning import kept, machine_learning, stacks
from scripts.verification.cleaning.kind import Kind
from scripts.verification.scene import NAME, PartFailedError, Scene

KINDS: Final[tuple[Kind, ...]] = (
    *machine_learning.JOBS,
    stacks.SETS,
    stacks.PIPELINES,
    stacks.OWN,
    *machine_learning.MODELS,
    *kept.KINDS,
)
"""Kinds in the order in which they can be removed."""
STAYS: Final = (
    "records of ended jobs, which SageMaker keeps and which cost nothing",
    "encryption keys that AWS deletes after seven days, at no cost",
    "metrics, which CloudWatch forgets after 15 months",
)
"""Remains that cannot be removed at once."""
_ROUNDS: Final = 8
_PAUSES_SECONDS: Final = {True: 0.2, False: 60.0}
"""Between rounds, locally and on AWS."""


@dataclass(frozen=True)
class Left:
    """Resource that is left."""

    what: str
    name: str


def listed(scene: Scene) -> list[Left]:
    """All that a verification has left in the account, by asking the services."""
    return [Left(kind.what, name) for kind in KINDS for name in kind.find(scene)]


def clean(scene: Scene) -> list[Left]:
    """Remove all of it, and return what a listing then finds: nothing on success."""
    for number in range(_ROUNDS):
        problems = list(_round(scene))
        left = listed(scene)
        if not left:
            return []
        for problem in problems:
            scene.say(f"  {problem}")
        # What AWS does in its own time, such as delivering logs, is over after some pauses.
        if number + 1 < _ROUNDS:
            threading.Event().wait(_PAUSES_SECONDS[scene.aws.is_local])
    return left


def candidates(scene: Scene) -> list[str]:
    """Names of verifications with buckets that are left, for users who have lost the name."""
    buckets = [one["Name"] for one in scene.aws.client("s3").list_buckets()["Buckets"]]
    found = (NAME.match(bucket) for bucket in buckets)
    return sorted({one.group() for one in found if one and one.string[one.end() :].startswith("-")})


def _round(scene: Scene) -> Iterator[str]:
    for kind in KINDS:
        for name in list(kind.find(scene)):
            scene.say(f"  {kind.what}: {name.splitlines()[-1]}")
            try:
                kind.remove(scene, name)
            except (ClientError, BotoCoreError, StackFailedError, PartFailedError) as error:
                yield f"{kind.what}: {name} could not be removed: {' '.join(str(error).split())[:300]}"
