# SPDX-License-Identifier: Apache-2.0
"""Roles that CloudFormation works under: they allow what the handlers of each template's resources need, and no more.

The handlers' permissions are those of the schemas that cfn-lint has; nothing here was taken down by hand.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from scripts.iam import templates as iam
from scripts.iam.templates import Need
from tests.permissions.reasons import BEYOND, BY_BUCKETS
from tests.permissions.rows import (
    BOUNDED,
    DEPLOYED_BY,
    PLAIN,
    ROOTS,
    actions,
    allowed_at_launch,
    beyond,
    deployed,
    needs,
)

Template = dict[str, Any]

OPTIONS: Final = {
    "plain": PLAIN,
    "bounded": BOUNDED,
    "bounded below a path": {"RolePath": "/workloads/", "PermissionsBoundaryName": "Boundary"},
}


def test_every_type_in_the_templates_is_known(templates: dict[str, Template]) -> None:
    assert [name for template in templates.values() for name in iam.unknown_types(template)] == []


@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("role", DEPLOYED_BY)
def test_the_role_may_do_what_each_template_needs(
    role: str, root: str, options: dict[str, str], partition: str, templates: dict[str, Template]
) -> None:
    documents = allowed_at_launch(templates[root], role, options, partition)
    missing = {
        path: [
            (need.by, need.action, need.resources)
            for need in iam.missing(found, documents)
            if need.action not in BY_BUCKETS[role]
        ]
        for path, template in deployed(templates, role).items()
        if (found := needs(template, options, partition))
    }
    assert missing == {path: [] for path in deployed(templates, role)}


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("role", DEPLOYED_BY)
def test_a_bucket_allows_what_the_role_s_own_policies_do_not(
    role: str, root: str, templates: dict[str, Template]
) -> None:
    for action, policy in BY_BUCKETS[role].items():
        statements = templates[root]["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"]
        named = {"AWS": [{"Fn::GetAtt": f"{role}.Arn"}]}
        allowed = [one for one in statements if one["Effect"] == "Allow" and one["Principal"] == named]
        assert [one["Action"] for one in allowed] == [[action]]


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("role", DEPLOYED_BY)
def test_the_role_may_do_nothing_else(
    role: str, root: str, templates: dict[str, Template], record_property: Callable[[str, object], None]
) -> None:
    unneeded = beyond(templates, role, root)
    may = actions(allowed_at_launch(templates[root], role, PLAIN))
    record_property(f"role {role}", f"{len(may)} actions allowed, beyond what is needed: {sorted(unneeded)}")
    assert unneeded == BEYOND[role].keys()


@pytest.mark.parametrize("role", DEPLOYED_BY)
def test_a_role_that_lacks_any_action_is_found_out(role: str, templates: dict[str, Template]) -> None:
    """The proof itself: without one action of the role, whichever it is, something is missing."""
    root = copy.deepcopy(templates[ROOTS[0]])
    bounded = BOUNDED
    found = [need for template in deployed(templates, role).values() for need in needs(template, bounded)]
    by_action: dict[str, list[Need]] = {}
    for need in found:
        by_action.setdefault(need.action, []).append(need)
    text = json.dumps(root["Resources"][role])
    unnoticed = []
    for action, of_action in by_action.items():
        root["Resources"][role] = json.loads(text.replace(f'"{action}"', '"none:None"'))
        if not iam.missing(of_action, allowed_at_launch(root, role, bounded)):
            unnoticed.append(action)
    assert unnoticed == []


@pytest.mark.parametrize(
    ("written", "instead", "action"),
    [
        ("function:mlops-pipeline-*", "function:mlops-*-Inference", "lambda:CreateFunction"),
        ("role${RolePath}mlops-pipeline-*", "role/elsewhere/mlops-pipeline-*", "iam:CreateRole"),
        ("model/mlopssagemakermodel-*", "model/another-*", "sagemaker:CreateModel"),
        ("lambda.amazonaws.com", "ec2.amazonaws.com", "iam:PassRole"),
    ],
)
def test_a_narrower_resource_or_another_service_is_found_out(
    written: str, instead: str, action: str, templates: dict[str, Template]
) -> None:
    root = copy.deepcopy(templates[ROOTS[0]])
    text = json.dumps(root["Resources"]["DeployRole"])
    assert written in text
    root["Resources"]["DeployRole"] = json.loads(text.replace(written, instead))
    found = needs(templates["blueprints/realtime_inference.yaml"], PLAIN)
    assert action in {need.action for need in iam.missing(found, allowed_at_launch(root, "DeployRole", PLAIN))}


def test_a_role_without_the_boundary_may_not_be_made(templates: dict[str, Template]) -> None:
    """The operator's boundary is a condition: needs without it are not met."""
    bounded = allowed_at_launch(templates[ROOTS[0]], "DeployRole", BOUNDED)
    found = needs(templates["blueprints/batch_transform.yaml"], PLAIN)
    assert {need.action for need in iam.missing(found, bounded)} == {"iam:CreateRole", "iam:PutRolePolicy"}
