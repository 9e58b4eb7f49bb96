# SPDX-License-Identifier: Apache-2.0
"""`mlops open`: addresses of a pipeline and of its work in the AWS console."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator
from typing import Any

from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.client.answers import accepted
from orchestrator.events import console_links
from orchestrator.sagemaker import deployed_outputs, job_kinds
from scripts.cli.errors import CommandError
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import answers
from scripts.cli.pipelines.answers import AskedPipeline

Links = list[tuple[str, str]]


def run(asked: Asked, given: str, only_print: bool) -> None:
    """Print the addresses, and open the first in a browser if this is a terminal."""
    output = Output(asked.access.form)
    pipeline = answers.find(asked, given, output)
    if not has_console(pipeline.aws):
        raise CommandError(f"the local AWS has no console: {pipeline.command('status')} tells what there is")
    found = links(pipeline, accepted(pipeline.api.details(pipeline.id)))
    if not found:
        raise CommandError(f"the address of the console is not known for {pipeline.aws.partition}")
    output.document(dict(found))
    for name, address in found:
        output.say(f"{name}: {address}")
    if output.is_live and not only_print:
        webbrowser.open(found[0][1])


def has_console(aws: Aws) -> bool:
    """Tell whether there is something to open."""
    return not aws.is_local


def links(pipeline: AskedPipeline, details: dict[str, Any]) -> Links:
    """Return what and its address: the pipeline first, or its stack while there is no pipeline."""
    return [(name, address) for name, address in _every(pipeline, details) if address]


def _every(pipeline: AskedPipeline, details: dict[str, Any]) -> Iterator[tuple[str, str]]:
    stack_arn = details["pipeline_id"]
    if state := details["pipeline"]:
        yield "pipeline", console_links.pipeline(stack_arn, state["pipelineName"])
    if deployed := details["stack"]:
        yield "stack", console_links.stack(deployed["stack_id"])
    yield "pipeline's stack", console_links.stack(stack_arn)
    if endpoint := details["outputs"].get(deployed_outputs.ENDPOINT):
        yield "endpoint", console_links.sagemaker(stack_arn, "endpoints", endpoint)
    if job := details["job"]:
        kind = job_kinds.in_words(job["kind"])
        yield kind.words, console_links.sagemaker(stack_arn, kind.console, job["name"]) if kind.console else ""
