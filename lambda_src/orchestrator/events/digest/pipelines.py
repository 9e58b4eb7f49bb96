# SPDX-License-Identifier: Apache-2.0
"""All pipelines for the digest. Their states are those of `GET /pipelines`, by the same functions.

A Region has a thousand pipelines at most (https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.aws.cloudformation import stack_listing
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import listing, pipeline_stacks
from orchestrator.provisioned.pipeline_stacks import Pipeline

if TYPE_CHECKING:
    from orchestrator import answers

_AT_ONCE: Final = 50


@dataclass(frozen=True)
class Survey:
    """All pipelines, and the stacks of the account."""

    pipelines: Sequence[Pipeline]
    summaries: Sequence[answers.PipelineSummary]
    """What the list tells of each."""
    stacks: Mapping[str, Stack]
    """All stacks by name."""

    def deployed(self, pipeline: Pipeline) -> Stack | None:
        """Return the stack that a pipeline has deployed in this account."""
        return self.stacks.get(pipeline.deployed_stack)


def survey(settings: Settings) -> Survey:
    """Look at all pipelines; raises the errors of `orchestrator.errors`, after which a repeat may succeed."""
    stacks = {stack.name: stack for stack in stack_listing.every()}
    found = [stack for stack in stacks.values() if pipeline_stacks.holds_pipeline(stack)]
    summaries = [entry for part in _parts(found) for entry in listing.summaries(part, stacks, settings)]
    return Survey([pipeline_stacks.of(stack) for stack in found], summaries, stacks)


def _parts(found: Sequence[Stack]) -> Iterator[Sequence[Stack]]:
    return (found[begin : begin + _AT_ONCE] for begin in range(0, len(found), _AT_ONCE))
