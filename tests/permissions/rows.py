# SPDX-License-Identifier: Apache-2.0
"""What each role may do, and how much of it is needed: the numbers behind the table in docs/security.md."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.plan.additions import Additions
from scripts.iam import templates as iam
from scripts.iam.documents import Document, parse
from scripts.iam.resolving import Place
from scripts.iam.templates import Need
from tests import committed
from tests.permissions import recorded
from tests.permissions.reasons import BEYOND, NEVER, RARELY

Template = dict[str, Any]
Templates = Mapping[str, Template]

ROOTS: Final = ("mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml")
DEPLOYED_BY: Final = {"DeployRole": "blueprints/", "PipelineStackRole": "pipelines/"}
ACCOUNT: Final = "111122223333"
PLAIN: Final = {"RolePath": "/", "PermissionsBoundaryName": ""}
BOUNDED: Final = {"RolePath": "/", "PermissionsBoundaryName": "team/Boundary"}
_SERVING: Final = "blueprints/realtime_inference.yaml"
_ON_AN_OPTION: Final = ("RetrainingPolicy",)
"""Managed policies that a role of a function has if the launch asks for it, for calls of the function's code."""
_PLACES: Final = {"aws": ("eu-west-1", "amazonaws.com"), "aws-cn": ("cn-north-1", "amazonaws.com.cn")}


@dataclass(frozen=True)
class Row:
    """One role: how many actions it is allowed, how many of them are needed or called, how many are explained."""

    role: str
    allowed: int
    used: int
    explained: int


def rows(templates: Templates) -> list[Row]:
    """Every role that the proof is about."""
    return [
        *(_deploying(templates, role) for role in DEPLOYED_BY),
        *(_function(templates, role) for role in functions()),
    ]


def functions() -> list[str]:
    """The roles of functions."""
    return sorted(recorded.calls())


def place(partition: str = "aws", **stack: str) -> Place:
    """Somewhere in a partition."""
    region, suffix = _PLACES[partition]
    return Place(partition, region, ACCOUNT, url_suffix=suffix, **stack)


def allowed_at_launch(
    root: Template, role: str, options: Mapping[str, str], partition: str = "aws"
) -> tuple[Document, ...]:
    """The policies of a role of a root stack that is launched with these options."""
    return iam.policies(root, role, place(partition, stack="mlops"), options)


def needs(template: Template, options: Mapping[str, str], partition: str = "aws") -> list[Need]:
    """With what the orchestrator fills into the parameters; everything else may be anything."""
    roles = f"arn:{partition}:iam::{ACCOUNT}:role{options['RolePath']}mlops-"
    given = {
        **options,
        "OrchestratorAccount": ACCOUNT,
        "PipelineRoleArn": f"{roles}PipelineRole-*",
        "PipelineStartRoleArn": f"{roles}PipelineStartRole-*",
        # It is made in the accounts of stages alone, where CloudFormation works under a role of StackSets.
        "ComparedBy": "",
        "MonitoringScheduleName": f"*-{_monitored(template)}-1a2b",
    }
    known = {name: value for name, value in given.items() if name in template["Parameters"]}
    return iam.needed(template, place(partition), known)


def _monitored(template: Template) -> str:
    """The kind of monitor that a template deploys, as names of schedules have it."""
    return str(template.get("Outputs", {}).get("MonitoringScheduleType", {}).get("Value", "")).lower()


def deployed(templates: Templates, role: str) -> dict[str, Template]:
    """The templates that a role deploys, and one with what a request adds to it."""
    found = {path: template for path, template in templates.items() if path.startswith(DEPLOYED_BY[role])}
    return {**found, f"{_SERVING} with an inference component": with_component()} if _SERVING in found else found


@functools.cache
def with_component() -> Template:
    """The real-time blueprint of a request that has its model as an inference component."""
    text = (committed.TEMPLATES / _SERVING).read_bytes()
    return committed.parsed(Additions(has_component=True).applied(text).decode())


def beyond(templates: Templates, role: str, root: str) -> set[str]:
    """Actions of a deploying role that no template needs. What only a boundary brings about counts as needed."""
    found = [
        need
        for options in (PLAIN, BOUNDED)
        for template in deployed(templates, role).values()
        for need in needs(template, options)
    ]
    return {action for action, _ in iam.unneeded(allowed_at_launch(templates[root], role, PLAIN), found)}


def allowed(role: str, templates: Templates) -> set[str]:
    """The actions that a role has in any template, whatever was chosen at launch; also by a policy for an option."""
    return actions(
        one
        for each in templates.values()
        if role in each["Resources"]
        for one in (*iam.policies(each, role), *_on_an_option(each, role))
    )


def _on_an_option(template: Template, role: str) -> Iterator[Document]:
    found = iam.resolver(template)
    attached = str(found.properties(role).get("ManagedPolicyArns", ()))
    for name in _ON_AN_OPTION:
        if name in attached:
            yield parse(found.structure(found.properties(name))["PolicyDocument"])


def actions(documents: Iterable[Document]) -> set[str]:
    """The actions that policies allow on something."""
    statements = (statement for document in documents for statement in document.statements)
    return {action for one in statements if one.effect == "Allow" for action in one.actions or ()}


def _deploying(templates: Templates, role: str) -> Row:
    may = actions(allowed_at_launch(templates[ROOTS[0]], role, PLAIN))
    return Row(role, len(may), len(may - beyond(templates, role, ROOTS[0])), len(BEYOND[role]))


def _function(templates: Templates, role: str) -> Row:
    may, does = allowed(role, templates), recorded.calls()[role]
    unused = {*NEVER.get(role, {}), *RARELY.get(role, {})} - does
    return Row(role, len(may), len(may & does), len(unused))
