# SPDX-License-Identifier: Apache-2.0
"""Instance types that SageMaker offered for each purpose when this version was made.

`data/instance_types.json` is made of the SDK's enumerations by `scripts/packaging/refresh_instance_types.py`. Families
come more often than releases of ours: one that is not known may be there. The sizes of a family stay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Final, Literal

Purpose = Literal["endpoint", "processing", "training", "transform"]

_FOR: Final[Mapping[Purpose, str]] = {
    "endpoint": "endpoints",
    "processing": "processing jobs, which monitors are",
    "training": "training jobs",
    "transform": "transform jobs",
}


def impossible(purpose: Purpose, instance_type: str) -> str:
    """Return the problem of an instance type whose family has no such size for the purpose; empty if there is none."""
    family, size = _parts(instance_type)
    sizes = _offered(purpose).get(family, ())
    if not sizes or size in sizes:
        return ""
    return f"must be one of the sizes that SageMaker has of ml.{family} for {_FOR[purpose]}: {', '.join(sizes)}"


def unknown(purpose: Purpose, instance_type: str) -> str:
    """Return a warning about an instance type of a family that was not offered for the purpose; empty if it was."""
    family, size = _parts(instance_type)
    families = _offered(purpose)
    if family in families:
        return ""
    near = get_close_matches(family, families, n=1, cutoff=0)[0]
    nearest = size if size in families[near] else families[near][0]
    return (
        f"SageMaker was not known to offer {instance_type} for {_FOR[purpose]} when this version was made: if the "
        f"deployment fails, take another, such as ml.{near}.{nearest}"
    )


def _parts(instance_type: str) -> tuple[str, str]:
    _, family, size = instance_type.split(".")
    return family, size


@cache
def _offered(purpose: Purpose) -> Mapping[str, tuple[str, ...]]:
    """Family -> its sizes."""
    path = Path(__file__).parents[1] / "data" / "instance_types.json"
    offered = json.loads(path.read_text(encoding="utf-8"))["offered"][purpose]
    return {family: tuple(sizes.split()) for family, sizes in offered.items()}
