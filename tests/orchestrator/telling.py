# SPDX-License-Identifier: Apache-2.0
"""Settings of an orchestrator that tells people by a topic."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.launch.settings import Settings


def by_topic(settings: Settings, topic: str) -> Settings:
    """The same settings, with this topic."""
    return replace(settings, launch=replace(settings.launch, notifications_topic_arn=topic))
