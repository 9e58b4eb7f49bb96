# SPDX-License-Identifier: Apache-2.0
"""The monitor blueprints on the open engine as CloudFormation resolves them for given parameter values."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.generator import monitor_templates, resolving
from tests.generator.monitor_templates import PSEUDO
from tests.generator.resolving import Template

STACK: Final = "arn:aws:cloudformation:eu-west-1:111122223333:stack/mlops-pipeline-berths/8c2d7e10-5b7d-11f0-a1f1"
DIGITS: Final = "8c2d7e10"
ENGINE_KEY: Final = "provisioned/mlops-pipeline-berths/engine/single-0a1b/monitor_engine.zip"
DIGEST: Final = "5f" * 32
ROLE: Final = "arn:aws:iam::111122223333:role/berths"
SCHEDULE_ROLE: Final = "arn:aws:iam::111122223333:role/berths-schedule"
WITH_TRUTH: Final = ("model_quality_monitor", "model_bias_monitor")
BY_CONFIGURATION: Final = ("model_bias_monitor", "model_explainability_monitor")


def values(kind: str, **changes: str) -> dict[str, str]:
    """Parameter values and attributes."""
    return {
        **PSEUDO,
        **monitor_templates.values(kind),
        "AWS::StackId": STACK,
        "EngineKey": ENGINE_KEY,
        "EngineDigest": DIGEST,
        "SchedulePeriodSeconds": "3600",
        "SageMakerRole.Arn": ROLE,
        "ScheduleRole.Arn": SCHEDULE_ROLE,
        **changes,
    }


def template_of(templates: dict[str, Template], kind: str) -> Template:
    """The blueprint of a kind of monitor."""
    return templates[f"blueprints/open_{kind}.yaml"]


def properties(templates: dict[str, Template], kind: str, name: str, **changes: str) -> Any:
    """The properties of a resource."""
    return resolving.properties(template_of(templates, kind), name, values(kind, **changes))


def run(templates: dict[str, Template], kind: str, **changes: str) -> Any:
    """The request of CreateProcessingJob in the schedule's input."""
    return json.loads(properties(templates, kind, "RunSchedule", **changes)["Target"]["Input"])


def exists(templates: dict[str, Template], kind: str, name: str, **changes: str) -> bool:
    """Whether a resource is made."""
    template = template_of(templates, kind)
    condition = template["Resources"][name].get("Condition")
    if condition is None:
        return True
    found = resolving.resolved(template["Conditions"][condition], values(kind, **changes), template["Conditions"])
    return bool(found)


def allowed(templates: dict[str, Template], kind: str, role: str, **changes: str) -> dict[str, set[Any]]:
    """Action -> resources for which a role has it."""
    found = resolving.allowed(template_of(templates, kind), role, values(kind, **changes))
    return {action: set(resources) for action, resources in found.items()}
