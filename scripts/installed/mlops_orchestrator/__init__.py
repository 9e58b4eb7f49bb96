# SPDX-License-Identifier: Apache-2.0
"""Installed MLOps Workload Orchestrator: the one package that it puts into an environment.

`from mlops_orchestrator import Orchestrator` is the Python client, `mlops_orchestrator.requests` has the requests.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mlops_orchestrator.client.orchestrators import Orchestrator
    from mlops_orchestrator.client.pipelines import Pipeline
    from mlops_orchestrator.errors import Failed, MlopsError, NotFound, Problem, RequestRefused, TimedOut

__all__ = [
    "Failed",
    "MlopsError",
    "NotFound",
    "Orchestrator",
    "Pipeline",
    "Problem",
    "RequestRefused",
    "TimedOut",
]

_ELSEWHERE: Final = {"Orchestrator": "client.orchestrators", "Pipeline": "client.pipelines"}


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for: `mlops --help` needs none of them, and must not wait for boto3."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'errors')}"), name)
