# SPDX-License-Identifier: Apache-2.0
"""The rule for versions of models that were approved, rejected or made."""

from __future__ import annotations

from typing import Any, Final

from troposphere import Template, events

from generator.root import orchestrator
from generator.root.events import jobs
from orchestrator.sagemaker import model_packages

_APPROVAL: Final = [model_packages.STATUS]


def add_to(template: Template) -> None:
    """Add the rule; the permission of the rules for jobs is for it, too."""
    template.add_resource(changed_rule())


def changed_rule() -> events.Rule:
    """Rule for versions of groups in this account whose approval status was changed, and for new ones."""
    return events.Rule(
        "VersionChangedRule",
        Name=jobs.named("versions"),
        Description="Tells the orchestrator that a version of a model was approved or rejected, or made",
        EventPattern=_pattern(),
        Targets=[orchestrator.to_function()],
    )


def _pattern() -> dict[str, Any]:
    """Changes of the status by their fields; whatever names no fields may be one, too: a new version does not.

    Other changes, such as those of metadata, do not concern whoever follows a group.
    """
    fields = [{model_packages.CHANGED: _APPROVAL}, {model_packages.CHANGED: [{"exists": False}]}]
    return {
        "source": ["aws.sagemaker"],
        "detail-type": [model_packages.DETAIL_TYPE],
        "detail": {"ModelPackageGroupName": [{"exists": True}], "$or": fields},
    }
