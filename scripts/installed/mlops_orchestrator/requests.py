# SPDX-License-Identifier: Apache-2.0
"""Requests as models, one class for each built-in pipeline type: those that the orchestrator itself validates with.

What type checkers read is `requests.pyi`, which is made from the same declarations. A model that is built has values of
the right form; whether they fit together, and what they name exists, only the orchestrator tells.
"""

from __future__ import annotations

import functools
from typing import Any

from mlops_orchestrator import bundle


def __getattr__(name: str) -> Any:
    """Return the class of that name."""
    found = None if name.startswith("_") else _models().get(name)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return found


def __dir__() -> list[str]:
    """Return the names of the classes."""
    return sorted(_models())


@functools.cache
def _models() -> dict[str, Any]:
    bundle.make_known()
    from orchestrator.pipeline_types.built_in import BUILT_IN  # noqa: PLC0415

    return {type_.__name__: type_ for type_ in BUILT_IN}
