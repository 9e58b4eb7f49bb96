# SPDX-License-Identifier: Apache-2.0
"""A person's decision on the next stage of a pipeline.

https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutApprovalResult.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws import aws_access, pipeline_status
from mlops_orchestrator.aws.pipeline_status import Approval, PipelineStatus
from mlops_orchestrator.errors import Failed, RequestRefused
from mlops_orchestrator.settings import hints

LONGEST_WORDS: Final = 512
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


def check(decision: Decision, words: str) -> None:
    """Raise RequestRefused for words that cannot be sent; `words` is what the caller gives them as."""
    if len(decision.words) > LONGEST_WORDS:
        raise RequestRefused(f"{words} takes up to {LONGEST_WORDS} characters; this has {len(decision.words)}")
    if not (decision.is_approval or decision.words.strip()):
        raise RequestRefused(f"{words} must say why: it is all that others learn of a rejection")


def decide(codepipeline: Any, ask: Callable[[], PipelineStatus], decision: Decision) -> Approval:
    """Answer the approval that waits for `decision.target`, and return it as it was before.

    `ask` returns the pipeline's state. Raises Failed if no approval waits, somebody else was quicker, or the caller
    lacks permission, and RequestRefused for a stage without approval.
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
        if error.response["Error"]["Code"] in _OVERTAKEN:
            raise Failed(_what_was_quicker(approval, ask())) from None
        if aws_access.is_denied(error):
            raise Failed(_denied(status.pipeline, approval, error)) from None
        raise
    return approval


def _waiting(status: PipelineStatus, target: str) -> Approval:
    if not status.pipeline:
        raise Failed(f"the pipeline is not made yet, so nothing waits for a decision. {status.message}".strip())
    targets = {approval.target: approval for approval in status.approvals}
    if not targets:
        raise RequestRefused(f"{status.pipeline} deploys into one account and asks nobody: there is nothing to decide")
    if target not in targets:
        raise RequestRefused(f"no stage {target} needs a decision; STAGE is {' or '.join(targets)}")
    if not targets[target].is_waiting:
        raise Failed(_nothing_waits(status, targets[target]))
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
