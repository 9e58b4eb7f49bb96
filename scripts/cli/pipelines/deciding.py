# SPDX-License-Identifier: Apache-2.0
"""`mlops approve` and `mlops reject`: a person's decision on the next stage of a pipeline."""

from __future__ import annotations

from mlops_orchestrator.client import approvals
from mlops_orchestrator.client.approvals import Decision
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import answers


def run(asked: Asked, given: str, decision: Decision) -> None:
    """Decide, and show the next step."""
    output = Output(asked.access.form)
    approvals.check(decision, "--comment" if decision.is_approval else "--reason")
    pipeline = answers.find(asked, given, output)
    decided = approvals.decide(pipeline.aws.client("codepipeline"), pipeline.status, decision)
    told = {"target": decided.target, "execution": decided.execution, "newer_execution": decided.behind}
    output.document({"pipeline_id": pipeline.id, **told, **decision.result})
    output.say(f"{decision.result['status']}: {decided.target} for the execution {decided.execution}.")
    if decided.behind:
        output.say(f"A newer execution, {decided.behind}, waited behind it and goes on too.")
    if decision.is_approval:
        output.say(f"next: {pipeline.command('status', '--watch')}")
