# SPDX-License-Identifier: Apache-2.0
"""`mlops approve` and `mlops reject`: a person's decision on the next stage of a pipeline.

https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutApprovalResult.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws import pipeline_status
from mlops_orchestrator.aws.pipeline_status import Approval, PipelineStatus
from mlops_orchestrator.settings import hints
from scripts.cli.errors import CommandError, WrongUseError
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import answers

_LONGEST_WORDS: Final = 512
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})
# In both cases, another decision or execution was quicker; the pipeline's state shows which.
_OVERTAKEN: Final = frozenset({"ApprovalAlreadyCompletedException", "InvalidApprovalTokenException"})


@dataclass(frozen=True)
class Decision:
    """Decision of an approver: `stage` as typed, `words` for others to read."""

    stage: str
    words: str
    is_approval: bool

    @property
    def target(self) -> str:
        """Stage that would be deployed next, such as `staging`; `DeployStaging` is the same."""
        return self.stage.lower().removeprefix("deploy")

    @property
    def result(self) -> dict[str, str]:
        """Decision in CodePipeline's format."""
        return {"status": "Approved" if self.is_approval else "Rejected", "summary": self.words}


def run(asked: Asked, given: str, decision: Decision) -> None:
    """Decide, and show the next step."""
    output = Output(asked.access.form)
    _check(decision)
    pipeline = answers.find(asked, given, output)
    decided = decide(pipeline.aws.client("codepipeline"), pipeline.status, decision)
    told = {"target": decided.target, "execution": decided.execution, "newer_execution": decided.behind}
    output.document({"pipeline_id": pipeline.id, **told, **decision.result})
    output.say(f"{decision.result['status']}: {decided.target} for the execution {decided.execution}.")
    if decided.behind:
        output.say(f"A newer execution, {decided.behind}, waited behind it and goes on too.")
    if decision.is_approval:
        output.say(f"next: {pipeline.command('status', '--watch')}")


def decide(codepipeline: Any, ask: Callable[[], PipelineStatus], decision: Decision) -> Approval:
    """Answer the approval that waits for `decision.target`, and return it as it was before.

    `ask` returns the pipeline's state. Raises CommandError if no approval waits, somebody else was quicker, or the
    caller lacks permission, and WrongUseError for a stage without approval.
    """
    status = ask()
    approval = _waiting(status, decision.target)
    try:
        codepipeline.put_approval_result(
            pipelineName=status.pipeline,
            stageName=approval.stage,
            actionName=approval.action,
            result=decision.result,
            token=approval.token,
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _OVERTAKEN:
            raise CommandError(_what_was_quicker(approval, ask())) from None
        if code in _DENIED:
            raise CommandError(_denied(status.pipeline, approval, error)) from None
        raise
    return approval


def _check(decision: Decision) -> None:
    option = "--comment" if decision.is_approval else "--reason"
    if len(decision.words) > _LONGEST_WORDS:
        raise WrongUseError(f"{option} takes up to {_LONGEST_WORDS} characters; this has {len(decision.words)}")
    if not (decision.is_approval or decision.words.strip()):
        raise WrongUseError("--reason must say why: it is all that others learn of a rejection")


def _waiting(status: PipelineStatus, target: str) -> Approval:
    if not status.pipeline:
        raise CommandError(f"the pipeline is not made yet, so nothing waits for a decision. {status.message}".strip())
    targets = {approval.target: approval for approval in status.approvals}
    if not targets:
        raise WrongUseError(f"{status.pipeline} deploys into one account and asks nobody: there is nothing to decide")
    if target not in targets:
        raise WrongUseError(f"no stage {target} needs a decision; STAGE is {' or '.join(targets)}")
    if not targets[target].is_waiting:
        raise CommandError(_nothing_waits(status, targets[target]))
    return targets[target]


def _nothing_waits(status: PipelineStatus, approval: Approval) -> str:
    """Return why there is nothing to decide on a stage, and where the pipeline is instead."""
    own = next(one for one in status.actions if (one.stage, one.action) == (approval.stage, approval.action))
    if own.status != pipeline_status.WAITING:
        answered = f"it was {approval.story}" if approval.by else f"it is {own.status}, {own.detail}"
        return f"nothing waits for a decision on {approval.target}: {answered}"
    sentences = [f"nothing waits for a decision on {approval.target}", *_whereabouts(status)]
    if approval.status != pipeline_status.WAITING:
        sentences.append(f"the last one there was {approval.story}; a newer execution has come after it")
    return "; ".join(sentences)


def _whereabouts(status: PipelineStatus) -> Iterator[str]:
    if status.waiting:
        yield f"what waits is {', '.join(approval.target for approval in status.waiting)}"
        return
    started = [action for action in status.actions if action.status != pipeline_status.WAITING]
    for action in started[-1:]:
        detail = f", {action.detail}" if action.detail else ""
        yield f"the pipeline is at {action.stage}/{action.action}: {action.status}{detail}"


def _what_was_quicker(approval: Approval, status: PipelineStatus) -> str:
    """Return, from the present state, why CodePipeline no longer knew the token."""
    now = next(one for one in status.approvals if one.action == approval.action)
    if now.is_waiting and now.token != approval.token:
        return (
            f"the execution {approval.execution}, which asked for {approval.target}, was superseded; now"
            f" {now.execution} asks. Look at it with `{hints.command('status')}`, then decide on that one"
        )
    if now.is_waiting:
        return f"the decision on {approval.target} was taken by somebody else a moment ago"
    return _nothing_waits(status, now)


def _denied(pipeline: str, approval: Approval, error: ClientError) -> str:
    resource = f"{pipeline}/{approval.stage}/{approval.action}"
    message = error.response["Error"].get("Message", "")
    return f"you may not decide this: codepipeline:PutApprovalResult on {resource} has to be allowed to you. {message}"
