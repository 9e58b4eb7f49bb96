# SPDX-License-Identifier: Apache-2.0
"""Instance types that SageMaker offered for each purpose when this version was made.

`data/instance_types.json` is made of the SDK's enumerations by `scripts/packaging/refresh_instance_types.py`. Families
come more often than releases of ours: one of which nothing is known may be there. The sizes of a family, and what it is
for, stay.
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
    """Return the problem of an instance type whose family has no such size for the purpose, or is for others alone.

    Empty if there is none, and for a family of which nothing is known.
    """
    family, size = _parts(instance_type)
    sizes = _offered(purpose).get(family, ())
    others = [_FOR[other].partition(",")[0] for other in _FOR if family in _offered(other)]
    if size in sizes or not others:
        return ""
    if not sizes:
        near = _nearest(purpose, family, size)
        only = " and ".join(others)
        return f"must be of a family that SageMaker has for {_FOR[purpose]}, such as {near}: ml.{family} is for {only}"
    return f"must be one of the sizes that SageMaker has of ml.{family} for {_FOR[purpose]}: {', '.join(sizes)}"


def unknown(purpose: Purpose, instance_type: str) -> str:
    """Return a warning about an instance type of a family of which nothing is known; empty for all others."""
    family, size = _parts(instance_type)
    if any(family in _offered(other) for other in _FOR):
        return ""
    return (
        f"SageMaker was not known to offer {instance_type} for {_FOR[purpose]} when this version was made: if the "
        f"deployment fails, take another, such as {_nearest(purpose, family, size)}"
    )


def _nearest(purpose: Purpose, family: str, size: str) -> str:
    families = _offered(purpose)
    near = get_close_matches(family, families, n=1, cutoff=0)[0]
    return f"ml.{near}.{size if size in families[near] else families[near][0]}"


def _parts(instance_type: str) -> tuple[str, str]:
    _, family, size = instance_type.split(".")
    return family, size


@cache
def _offered(purpose: Purpose) -> Mapping[str, tuple[str, ...]]:
    """Family -> its sizes."""
    path = Path(__file__).parents[1] / "data" / "instance_types.json"
    offered = json.loads(path.read_text(encoding="utf-8"))["offered"][purpose]
    return {family: tuple(sizes.split()) for family, sizes in offered.items()}
