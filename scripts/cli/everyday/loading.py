# SPDX-License-Identifier: Apache-2.0
"""`mlops load`: calls of a deployed model at a steady rate, for a first estimate of how many instances it needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import typer
from botocore.exceptions import BotoCoreError, ClientError

from mlops_orchestrator.aws.later import IMPATIENT
from mlops_orchestrator.client import predictions
from mlops_orchestrator.client.predictions import Target
from mlops_orchestrator.errors import MlopsError
from orchestrator.sagemaker.deployed_outputs import ENDPOINT
from scripts.cli import request_files
from scripts.cli.asking import check_can_ask
from scripts.cli.errors import CommandError, WrongUseError
from scripts.cli.everyday import predicting
from scripts.cli.everyday.calls import Calls
from scripts.cli.everyday.work import Work
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.load import estimate, figures, pacing
from scripts.load.figures import Figures, Spread
from scripts.load.pacing import Plan, Reply, Run

_PROD: Final = "prod"
_MOST_WORDS: Final = 120


@dataclass(frozen=True)
class Load:
    """Calls, and the stage in several accounts."""

    calls: Calls
    stage: str


def run(asked: Asked, given: str, load: Load, yes: bool) -> None:
    """Make the calls and print their figures. Ends the command with status 1 if none was answered."""
    output = Output(asked.access.form)
    plan = _plan(load)
    content = request_files.read_bytes(load.calls.payload)
    media_type = load.calls.content_type or predicting.media_type(load.calls.payload, content)
    if load.stage == _PROD:
        check_can_ask(yes, output)
    question = predictions.Question(content, media_type, {"target_variant": load.calls.target_variant})
    found, target = predicting.deployed(asked, given, load.stage, output)
    if load.stage == _PROD and not yes and not typer.confirm(f"Make {plan.calls} calls of {given} in prod?"):
        output.say("Nobody was called.")
        return
    # Each call counts as it ends: a repeated one would hide a failure in its latency.
    target = replace(target, aws=target.aws.repeating(0))
    # The reason of a failure is told as for one prediction, and nothing is loaded that does not answer.
    predicting.ask(found, target, question, patience=IMPATIENT)
    output.say(f"{plan.calls} calls in {plan.seconds:g} s, of {target.name}")
    made = pacing.run(plan, _caller(target, question))
    _show(output, found, plan, made)


def _plan(load: Load) -> Plan:
    try:
        return Plan(load.calls.rate, load.calls.seconds)
    except ValueError as refused:
        raise WrongUseError(str(refused)) from None


def _caller(target: Target, question: predictions.Question) -> Callable[[], Reply]:
    def ask() -> Reply:
        try:
            return Reply(predictions.predict(target, question, patience=IMPATIENT).variant)
        except MlopsError as refused:
            status = f"HTTP {refused.status}: " if refused.status else ""
            return Reply(error=f"{status}{refused.message}"[:_MOST_WORDS])
        except (BotoCoreError, OSError) as error:
            return Reply(error=type(error).__name__)

    return ask


def _show(output: Output, deployed: Work, plan: Plan, made: Run) -> None:
    found, lateness = Figures.of(made.calls), figures.spread([call.lateness for call in made.calls])
    assert lateness is not None  # noqa: S101  # there is a call
    variants = figures.by_variant(made.calls)
    instances = _instances(deployed, variants)
    words = estimate.words(estimate.Seen(plan, found, lateness, instances))
    told = {
        "pipeline": deployed.name,
        "rate": plan.rate,
        "seconds": plan.seconds,
        "begun_rate": round(figures.rate(made), 2),
        **found.document(),
        "errors": found.errors,
        "lateness_ms": lateness.document(),
        "variants": {name: one.document() for name, one in variants.items()},
        "instances": instances,
        "estimate": words,
    }
    columns = ("variant", "calls", "failed", *(f"p{name} ms" for name in figures.PERCENTILES), "max ms")
    rows = [_row(name, one) for name, one in [*variants.items(), ("all", found)]]
    output.table(columns, rows, "Latency of the calls that were answered")
    if found.errors:
        output.table(("calls", "why they failed"), [(str(number), why) for why, number in found.errors.items()])
    late = lateness.percentiles
    begun = f"{figures.rate(made):.1f} calls/s began, p95 {late[95]:.0f} ms"
    output.say(f"{begun} after they were due, {lateness.most:.0f} ms at most.")
    output.say(words)
    if found.latency is None:
        raise CommandError(f"no call was answered: {next(iter(found.errors))}")
    output.document(told)


def _row(name: str, found: Figures) -> tuple[str, ...]:
    return name, str(found.calls), str(found.failed), *_times(found.latency)


def _times(latency: Spread | None) -> Iterator[str]:
    for name in figures.PERCENTILES:
        yield f"{latency.percentiles[name]:.0f}" if latency else "-"
    yield f"{latency.most:.0f}" if latency else "-"


def _instances(deployed: Work, variants: Collection[str]) -> int | None:
    """Return how many instances the variants that answered have; None if they have none, or nobody may look."""
    try:
        endpoint: dict[str, Any] = deployed.aws.client("sagemaker").describe_endpoint(
            EndpointName=deployed.outputs[ENDPOINT]
        )
    except (ClientError, KeyError):
        return None
    counts = [
        variant.get("CurrentInstanceCount")
        for variant in endpoint.get("ProductionVariants", ())
        if variant["VariantName"] in variants
    ]
    return sum(counts) if counts and None not in counts else None
