# SPDX-License-Identifier: Apache-2.0
"""Short names of types, as people write them after the model's name."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.provisioned.pipeline_stacks import Pipeline


def of_type(pipelines: Sequence[Pipeline], given: str) -> list[Pipeline]:
    """Return a model's pipelines of a type: the one of the exact name, else all whose names have the given words."""
    plain = given.lower().replace("_", "-")
    names = [(pipeline, (pipeline.type_name.replace("_", "-"), pipeline.short_type)) for pipeline in pipelines]
    exact = [pipeline for pipeline, each in names if plain in each]
    words = set(plain.split("-"))
    return exact or [pipeline for pipeline, each in names if words <= set("-".join(each).split("-"))]


def listed(pipelines: Sequence[Pipeline]) -> str:
    """Return the pipelines' short names, with commas between."""
    return ", ".join(sorted(pipeline.short_name for pipeline in pipelines))
