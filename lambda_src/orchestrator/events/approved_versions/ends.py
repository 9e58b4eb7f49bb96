# SPDX-License-Identifier: Apache-2.0
"""What follows when an execution of a pipeline has ended that uses the closed loop; its tags tell which do.

What could not be done while the pipeline was being changed is done now: no retry of an event is needed for it, and
none is lost when all were used up. What was deployed gives monitors their baseline.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_lambda_powertools import Logger

from orchestrator.automation import requests
from orchestrator.automation.followers import Follower
from orchestrator.errors import ConflictError
from orchestrator.events.approved_versions import baselines, pending
from orchestrator.events.approved_versions.baselines import Ended
from orchestrator.events.approved_versions.causes import Cause
from orchestrator.events.approved_versions.groups import KEY, SWITCH, Group
from orchestrator.launch.settings import Settings
from orchestrator.plan import automation, layout
from orchestrator.plan.stack_tags import STACK_TAG
from orchestrator.provisioned import pipeline_stacks
from orchestrator.sagemaker import version_arns

_SUCCEEDED: Final = "SUCCEEDED"

logger = Logger(service="orchestrator", child=True)


def after(ended: Ended, tags: Mapping[str, str], settings: Settings, owner: str) -> None:
    """Do what waited for this end, and what follows from it; `tags` are the pipeline's, and tell what that may be.

    Raises `ServiceBusyError`, after which a retry may succeed. What another change is in the way of is left to its end.
    """
    used = automation.of_tags(tags)
    common_name = pipeline_stacks.common_name(tags[STACK_TAG])
    try:
        if baselines.SWITCH in used:
            baselines.carry_out_pending(common_name, settings, owner)
        if SWITCH in used:
            _end_what_has_begun(common_name, settings, owner)
            if ended.state == _SUCCEEDED:
                baselines.follow(common_name, ended, settings, owner)
    except ConflictError as error:
        # Its pipeline is being changed again, and that has an end, too.
        logger.warning("left to the next end", extra={"pipeline": common_name, "error": str(error)})


def _end_what_has_begun(common_name: str, settings: Settings, owner: str) -> None:
    begun = pending.find(settings.launch.pipelines_bucket, common_name)
    if begun is not None:
        reconcile(common_name, begun.cause, settings, owner)


def reconcile(common_name: str, cause: Cause, settings: Settings, owner: str) -> int:
    """Bring one pipeline that follows a group to what is approved; raises the errors of `orchestrator.errors`."""
    request = requests.stored(settings.launch.pipelines_bucket, common_name)
    version = str((request or {}).get(KEY, ""))
    if not version_arns.number(version):
        return 0
    follower = Follower(layout.follower_of_group(version_arns.group_name(version), common_name), common_name)
    return Group(version_arns.group_arn(version), cause, settings, owner).reconcile([follower])
