# SPDX-License-Identifier: Apache-2.0
"""Requests in packages: what people see again, and what makes no package another one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.plan import kept_requests
from orchestrator.plan.plan import Package, ProvisioningPlan
from orchestrator.stage_action import artifacts
from orchestrator.stage_action.jobs import UnusableJobError

Body = dict[str, Any]


def packed(plan: ProvisioningPlan) -> Package:
    assert plan.deployment.blueprint is not None
    return plan.deployment.blueprint.packed(b"Resources: {}\n")


@pytest.fixture
def plan(builtin: Body, settings: Settings) -> ProvisioningPlan:
    return BUILT_IN.parse(builtin, settings.launch).request.plan(settings)


@pytest.mark.parametrize("follows_tags", [True, False])
def test_how_a_request_was_written_makes_no_other_package(plan: ProvisioningPlan, follows_tags: bool) -> None:
    assert plan.deployment.blueprint is not None
    deployment = replace(plan.deployment, blueprint=replace(plan.deployment.blueprint, follows_tags=follows_tags))
    plan = replace(plan, alternatives=(deployment,))
    kept = kept_requests.keep(plan, {"pipeline_type": "a", "written": 1}, frozenset())
    assert packed(kept).digest == packed(plan).digest
    assert packed(kept).zipped() != packed(plan).zipped()


def test_the_request_is_read_again_without_secrets_and_without_dry_run(plan: ProvisioningPlan, builtin: Body) -> None:
    kept = kept_requests.keep(plan, {**builtin, "dry_run": False, "token": "sesame"}, frozenset({"token"}))
    text = artifacts.member(packed(kept).zipped(), kept_requests.FILE, kept_requests.LONGEST)
    assert "sesame" not in str(text)
    found = kept_requests.read(text)
    assert found is not None
    assert found.request == builtin


def test_a_package_of_an_earlier_release_keeps_none(plan: ProvisioningPlan) -> None:
    content = packed(plan).zipped()
    assert kept_requests.read(artifacts.member(content, kept_requests.FILE, kept_requests.LONGEST)) is None
    assert kept_requests.read("[]") is None
    with pytest.raises(UnusableJobError, match="zip archive"):
        artifacts.member(b"no zip", kept_requests.FILE, kept_requests.LONGEST)


def test_a_plan_without_package_is_left_as_it_is(plan: ProvisioningPlan) -> None:
    bare = replace(plan, alternatives=(replace(plan.deployment, blueprint=None),))
    assert kept_requests.keep(bare, {"pipeline_type": "a"}, frozenset()) == bare
