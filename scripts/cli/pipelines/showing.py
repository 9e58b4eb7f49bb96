# SPDX-License-Identifier: Apache-2.0
"""Pipeline as people see it: its stages and state, who must act, and what it deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import botocore.exceptions
from rich.console import Group
from rich.text import Text

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.pipeline_status import Approval
from mlops_orchestrator.aws.stack_following import StackFailedError
from mlops_orchestrator.client.connection import reachable
from mlops_orchestrator.client.states import Status
from mlops_orchestrator.settings import hints
from orchestrator.pipeline_types.blueprints import PIPELINE_STACK_SUFFIX
from scripts.cli.display.progress import now
from scripts.cli.display.screens import Screen
from scripts.cli.display.times import minute
from scripts.cli.everyday import hosting
from scripts.cli.output import style, table
from scripts.cli.pipelines import changes, comparison, pausing
from scripts.cli.pipelines.answers import AskedPipeline

_RUNNING: Final = "InProgress"


def rendered(found: Status, pipeline: AskedPipeline) -> Group:
    """Return the stages, the state, and who must act."""
    return Group(stages(found), *map(Text, to_copy(found, pipeline)))


def live(found: Status, pipeline: AskedPipeline, screen: Screen) -> None:
    """Show the stages, the state and what is made now; above them, once, what may be copied."""
    for line in to_copy(found, pipeline):
        screen.say(line)
    names = _worked_on(found, pipeline)
    screen.show(stages(found), *([now(names)] if names else []))


def to_copy(found: Status, pipeline: AskedPipeline) -> Iterator[str]:
    """Yield lines with commands and addresses: who must act, and where the console shows the pipeline."""
    for approval in found.execution.waiting:
        yield from question(approval, found, pipeline)
    if found.execution.waiting:
        yield from comparison.of_stages((found.details or {}).get("stages", ()))
    yield from pausing.lines((found.details or {}).get("automation"), pipeline)
    if found.execution.pipeline and not pipeline.aws.is_local:
        yield _console_link(found.execution.pipeline, pipeline.aws)


def _worked_on(found: Status, pipeline: AskedPipeline) -> tuple[str, ...]:
    """Return what CloudFormation makes now. Callers of the API may lack permission to see it."""
    execution = found.execution
    is_deploying = any(action.status == _RUNNING for action in execution.actions) and not execution.waiting
    if found.has_ended or (execution.pipeline and not is_deploying):
        return ()
    stack = pipeline.name.removesuffix(f"-{PIPELINE_STACK_SUFFIX}") if execution.pipeline else pipeline.id
    try:
        return stack_following.working_on(pipeline.aws.client("cloudformation"), stack)
    except botocore.exceptions.ClientError:
        return ()


def stages(found: Status) -> Group:
    """Return the stages and the state."""
    execution = found.execution
    state = Text.assemble("state: ", (found.state, style(found.state)), f"  {found.reason}" if found.reason else "")
    if not execution.pipeline:
        status = execution.stack_status
        return Group(Text(execution.message), Text(status, style=style(status)), state)
    rows = [(action.stage, action.action, action.status, action.detail) for action in execution.actions]
    return Group(table(("stage", "action", "status", ""), rows, execution.pipeline), state)


def question(approval: Approval, found: Status, pipeline: AskedPipeline) -> Iterator[str]:
    """Yield lines about who must act, and how."""
    yield f"{approval.stage} waits for a person to decide whether {approval.target} is deployed:"
    for change in changes.lines(approval.target, found.details.get("changes", ())):
        yield f"  {change}"
    for command in pipeline.commands(approval).values():
        yield f"  {command}"
    if approval.behind:
        yield (
            f"  An older execution, {approval.execution}, asks for this. The newer one, {approval.behind}, waits"
            " behind it: reject, and only the newer goes on; approve, and both do."
        )
    elif approval.execution != found.execution.execution:
        yield f"  An older execution, {approval.execution}, asks for this; the table shows the newest."


def end(found: Status, pipeline: AskedPipeline) -> None:
    """Show what there is to do after a failure, or what was deployed."""
    output, execution = pipeline.output, found.execution
    if execution.was_rejected:
        output.say("It was rejected: the stages before keep what was deployed, those after it keep what they had.")
        output.say(f"To ask again, repeat `{hints.command('provision')}`, with the request changed or as it was.")
    elif execution.has_failed or (found.has_failed and not execution.has_succeeded):
        if not execution.pipeline:
            output.say(f"The pipeline was not made. {_first_cause(pipeline)}")
        output.say(f"Repeat `{hints.command('provision')}` with the same request when the cause is gone.")
    elif execution.has_succeeded and not output.as_json:
        _deployed(found, pipeline)


def _first_cause(pipeline: AskedPipeline) -> str:
    """Return why the stack of a pipeline failed. Callers of the API may lack permission to see it."""
    try:
        return f"First cause: {stack_following.first_cause(pipeline.aws.client('cloudformation'), pipeline.id)}"
    except (StackFailedError, botocore.exceptions.ClientError) as error:
        return f"Its stack cannot be looked at: {error}"


def _deployed(found: Status, pipeline: AskedPipeline) -> None:
    """Show what the pipeline deployed, and the work that this started."""
    aws, output, details = pipeline.aws, pipeline.output, found.details
    stack_name = pipeline.name.removesuffix(f"-{PIPELINE_STACK_SUFFIX}")
    if found.execution.approvals:
        output.say(
            f"It is deployed in the accounts of all stages, by the stacks StackSet-{stack_name}-<stage>-... there:"
            " their outputs tell the addresses."
        )
        by_profile = "" if aws.is_local else ", with a --profile for the account of that stage"
        output.say(f"to ask its model: {pipeline.command('predict', 'FILE', '--stage', 'prod')}{by_profile}")
        for line in comparison.of_stages(details.get("stages", ())):
            output.say(line)
        return
    if (stack := details.get("stack")) is not None:
        rows = [(name, reachable(value, aws)) for name, value in sorted(details["outputs"].items())]
        output.table(("output", "value"), rows, f"{stack['stack_name']}: {stack['status']}")
        if reason := hosting.unserved(aws, details["outputs"]):
            output.say(f"warning: {reason} Predictions will fail here; on AWS the image serves them.")
    for line in _work(details):
        output.say(line.rstrip())
    if (details.get("monitor") or {}).get("last_run"):
        output.say(f"what it found: {pipeline.command('monitor show')}")


def _work(details: Mapping[str, Any]) -> Iterator[str]:
    if job := details.get("job"):
        yield f"The {job['kind']} {job['name']}: {job['status'] or 'unknown'}. {job['failure_reason']}"
    if made := details.get("registration"):
        metrics = ", ".join(f"{name} {value:g}" for name, value in made["metrics"].items())
        yield f"The registration of its model: {made['status']}. {made['reason']}"
        if made["model_package_arn"]:
            yield f"model_package_name: {made['model_package_arn']}"
            yield f"metrics: {metrics or 'none'}"
    if endpoint := details.get("endpoint"):
        yield f"The endpoint {endpoint['name']}: {endpoint['status'] or 'unknown'}. {endpoint['reason']}"
        yield from comparison.lines(endpoint)
    if monitor := details.get("monitor"):
        run = monitor["last_run"]
        # An orchestrator of an earlier release tells none.
        engine = {"open": " (open engine)", "sagemaker": " (SageMaker's engine)"}.get(monitor.get("engine", ""), "")
        status = monitor["status"] or "unknown"
        yield f"The monitoring schedule {monitor['schedule']}{engine}: {status}. {monitor['reason']}"
        told = f"{run['status']}, for {minute(run['time'])}. {run['message']}" if run else "none yet"
        yield f"Its last run: {told}"


def _console_link(name: str, aws: Aws) -> str:
    host = f"{aws.region}.{aws.console}"
    return f"https://{host}/codesuite/codepipeline/pipelines/{name}/view?region={aws.region}"
