# SPDX-License-Identifier: Apache-2.0
"""Permissions that the deploy role needs for a blueprint beyond those of the root stack.

They are computed from AWS's schemas of resource types (`scripts/iam/templates.py`), and become a policy for
`CustomBlueprintPolicyArn`.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from generator.permissions import POLICY_VERSION
from orchestrator.launch.options import RoleOptions
from scripts import paths
from scripts.iam import templates
from scripts.iam.documents import Document, Statement
from scripts.iam.resolving import UNKNOWN, Place
from scripts.iam.templates import Need
from scripts.pipeline_types import pipeline_folder

LONGEST_POLICY: Final = 6144
"""Most characters of a managed policy, without white space.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""
_ROOT: Final = paths.ROOT / "templates" / "mlops-orchestrator-single-account.yaml"
_MOST_RESOURCES: Final = 6
"""Most kinds of resources in a statement; an action with more gets all resources of its service."""
_KEYS: Final[Mapping[str, str]] = {
    "iam:awsservicename": "iam:AWSServiceName",
    "iam:passedtoservice": "iam:PassedToService",
    "iam:permissionsboundary": "iam:PermissionsBoundary",
    "kms:viaservice": "kms:ViaService",
}
_ARN_PARTS: Final = 6


@dataclass(frozen=True)
class Operator:
    """Decisions of an orchestrator's operator, as far as they are known."""

    place: Place
    policies: tuple[Document, ...] = ()
    """Policies that `CustomBlueprintPolicyArn` names."""
    options: RoleOptions = field(default_factory=RoleOptions)
    allow_administrator: bool = False

    @property
    def given(self) -> dict[str, str]:
        """Values of the parameters by which the operator limits roles; other parameters may have any value."""
        return self.options.values_as_text()


def missing_policy(template: Any, operator: Operator) -> dict[str, Any] | None:
    """Return the policy that the deploy role lacks for a blueprint; None if it lacks nothing."""
    needs = templates.needed(template, operator.place, operator.given)
    missing = templates.missing(needs, [*_deploy_role(operator), *(_anywhere(one) for one in operator.policies)])
    return {"Version": POLICY_VERSION, "Statement": _statements(missing, operator.place)} if missing else None


def length(policy: Mapping[str, Any]) -> int:
    """Return the number of characters as AWS counts them."""
    return len(json.dumps(policy, separators=(",", ":")))


def _deploy_role(operator: Operator) -> tuple[Document, ...]:
    return templates.policies(_root(), "DeployRole", operator.place, operator.given)


@functools.cache
def _root() -> Any:
    return pipeline_folder.decoded_template(_ROOT.read_bytes())


def _anywhere(document: Document) -> Document:
    """Return the same policy for any partition, Region and account: only the names it allows are compared."""
    return Document(tuple(_statement_anywhere(statement) for statement in document.statements))


def _statement_anywhere(statement: Statement) -> Statement:
    if statement.effect != "Allow" or statement.resources is None:
        return statement
    return dataclasses.replace(statement, resources=tuple(map(_arn_anywhere, statement.resources)))


def _arn_anywhere(arn: str) -> str:
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS:
        return arn
    _, _, service, region, account, rest = parts
    return f"arn:*:{service}:{region and UNKNOWN}:{account and UNKNOWN}:{rest}"


def _statements(missing: Sequence[Need], place: Place) -> list[dict[str, Any]]:
    """Return a statement for each set of resources, merged where the actions are the same."""
    by_resources: dict[tuple[Any, ...], set[str]] = {}
    for need in missing:
        context = tuple(sorted((key, tuple(values)) for key, values in need.context.items()))
        by_resources.setdefault((_narrowest(need, place), context), set()).add(need.action)
    by_actions: dict[tuple[Any, ...], set[str]] = {}
    for (resources, context), actions in by_resources.items():
        by_actions.setdefault((tuple(sorted(actions)), context), set()).update(resources)
    return [
        {
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": sorted(resources),
            **({"Condition": _condition(context)} if context else {}),
        }
        for (actions, context), resources in sorted(by_actions.items(), key=lambda group: group[0])
    ]


def _narrowest(need: Need, place: Place) -> tuple[str, ...]:
    if len(need.resources) <= _MOST_RESOURCES:
        return need.resources
    return (place.arn(need.action.split(":")[0], UNKNOWN),)


def _condition(context: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, dict[str, list[str]]]:
    """Return a condition in which values with a star are compared as patterns."""
    found: dict[str, dict[str, list[str]]] = {}
    for key, values in context:
        operator = "StringLike" if any(UNKNOWN in value for value in values) else "StringEquals"
        found.setdefault(operator, {})[_KEYS.get(key, key)] = list(values)
    return found
