# SPDX-License-Identifier: Apache-2.0
"""SageMaker's event of a version that was approved, rejected or made: the pipelines that follow its group look again.

Nothing of the event decides: it says where to look, and why. For a group that nobody follows, one list of keys is all.
https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html#eventbridge-model-package
"""

from __future__ import annotations

from aws_lambda_powertools import Logger

from orchestrator.automation import followers
from orchestrator.events.approved_versions.causes import Cause
from orchestrator.events.approved_versions.groups import Group
from orchestrator.events.origin import Event
from orchestrator.launch.settings import Settings
from orchestrator.sagemaker import version_arns

logger = Logger(service="orchestrator", child=True)


def status_changed(event: Event, settings: Settings, owner: str) -> Event:
    """Have the group's followers deploy what is approved now. Raises `OrchestratorError` when a retry may succeed."""
    detail = event["detail"]
    group = detail.get("ModelPackageGroupName")
    found = followers.of_group(settings.launch.pipelines_bucket, group) if group else []
    if not found:
        return {"followers": 0, "changed": 0}
    arn = version_arns.group_arn(detail["ModelPackageArn"])
    changed = Group(arn, Cause.of_event(event), settings, owner).reconcile(found)
    logger.info("versions changed", extra={"group": group, "followers": len(found), "changed": changed})
    return {"followers": len(found), "changed": changed}
