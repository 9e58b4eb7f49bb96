# SPDX-License-Identifier: Apache-2.0
"""`POST /pipelines/{id}/resume`: the pause is taken away, and what it has held back is done.

Not what was held back then: the newest approved version counts as it is now, and the baseline that was due last.
"""

import uuid
from typing import TYPE_CHECKING

from orchestrator.events.approved_versions import baselines, ends
from orchestrator.events.approved_versions.causes import Cause
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import pipeline_stacks
from orchestrator.provisioned.automatic import pausing

if TYPE_CHECKING:
    from orchestrator import answers


def resume(given: str, settings: Settings) -> "answers.automation.PipelineResumed":
    """Resume a pipeline; raises the errors of `orchestrator.errors`. A repeat does what an error has left."""
    answer = pausing.resume(given, settings)
    common_name = pipeline_stacks.common_name(pipeline_stacks.name_in(answer["pipeline_id"]))
    # Each resumption is a cause of its own, and a call is no event that comes twice.
    call = uuid.uuid4().hex
    ends.reconcile(common_name, Cause.of_moment("the pipeline was resumed", call), settings, call)
    baselines.carry_out_pending(common_name, settings, call)
    return answer
