# SPDX-License-Identifier: Apache-2.0
"""The single-account root template: every pipeline deploys into the account of the stack itself."""

from __future__ import annotations

from collections.abc import Sequence

from troposphere import Template

from generator.deployment import Kind
from generator.root import application, core
from generator.root.core import Sharing
from generator.root.launch import LaunchParameters
from generator.root.observability import security_events

_DESCRIPTION = "MLOps Workload Orchestrator (single account): provisions machine-learning pipelines by API or upload."


def template(kinds: Sequence[Kind]) -> Template:
    """The template; `kinds` are what the blueprints deploy."""
    built = core.template(_DESCRIPTION, LaunchParameters, kinds, Sharing(variables={"MULTI_ACCOUNT": "No"}))
    security_events.add_to(built)
    application.add_to(built)
    return built
