# SPDX-License-Identifier: Apache-2.0
"""The monitor that a command names: of a model with several pipelines, the one that monitors it."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from mlops_orchestrator.client.monitor_runs import Monitor
from orchestrator.pipeline_types.base import STACK_PREFIX
from scripts.cli.errors import WrongUseError
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import answers
from scripts.cli.pipelines.answers import AskedPipeline

# Word in the name of every type that monitors.
_WORD: Final = "monitor"


def find(asked: Asked, given: str, output: Output) -> AskedPipeline:
    """Return the monitor that is named; of a model's name alone, its only one. Raise WrongUseError for none."""
    with suppress(WrongUseError):
        return answers.find(asked, name_of(given), output)
    return answers.find(asked, given, output)


def name_of(given: str) -> str:
    """Return the name by which the API finds a monitor: a model's own name may mean other pipelines, too."""
    is_model = "/" not in given and not given.startswith((f"{STACK_PREFIX}-", "arn:"))
    return f"{given}/{_WORD}" if is_model else given


def of(pipeline: AskedPipeline) -> Monitor:
    """Return the monitor as the client has it."""
    return Monitor(pipeline.api, pipeline.id)
