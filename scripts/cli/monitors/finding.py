# SPDX-License-Identifier: Apache-2.0
"""The monitor that a command names: of a model with several pipelines, the one that monitors it."""

from __future__ import annotations

from contextlib import suppress

from mlops_orchestrator.client.monitor_runs import Monitor
from scripts.cli.errors import WrongUseError
from scripts.cli.monitors import names
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import answers
from scripts.cli.pipelines.answers import AskedPipeline


def find(asked: Asked, given: str, output: Output) -> AskedPipeline:
    """Return the monitor that is named; of a model's name alone, its only one. Raise WrongUseError for none."""
    with suppress(WrongUseError):
        return answers.find(asked, names.of_monitor(given), output)
    return answers.find(asked, given, output)


def of(pipeline: AskedPipeline) -> Monitor:
    """Return the monitor as the client has it."""
    return Monitor(pipeline.api, pipeline.id)
