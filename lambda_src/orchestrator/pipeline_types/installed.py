# SPDX-License-Identifier: Apache-2.0
"""The pipeline types of a deployed orchestrator: the built-in ones, and those that its operator has added."""

from __future__ import annotations

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.custom.source import AddedTypes
from orchestrator.pipeline_types.registry import Registry


def installed(launch: Launch) -> Registry:
    """Return the registry of all types; added ones are read from the pipelines bucket when a request names one."""
    return BUILT_IN.with_source(AddedTypes(launch.pipelines_bucket))
