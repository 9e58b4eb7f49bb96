# SPDX-License-Identifier: Apache-2.0
"""The request of a pipeline in its package: what is kept, and that it makes no other package."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator import provision as provisioner
from orchestrator.automation import requests
from orchestrator.aws import calls
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.plan.plan import ProvisioningPlan
from tests.orchestrator.provision.conftest import NOTHING_TO_DO, STACK, Provision, execution, operations

Body = dict[str, Any]
KEY = f"provisioned/{STACK}/template.zip"


@pytest.fixture
def has_run(codepipeline: Stubber, settings: Settings) -> Callable[[], None]:
    """The newest execution has read the stored package."""

    def run() -> None:
        (version,) = calls.client("s3").list_object_versions(Bucket=settings.launch.pipelines_bucket, Prefix=KEY)[
            "Versions"
        ]
        codepipeline.add_response("list_pipeline_executions", execution(version["VersionId"]))

    return run


def test_a_pipeline_has_its_request_as_it_was_understood(
    provision: Provision, builtin: Body, settings: Settings
) -> None:
    provision(pipeline_type=" BYOM_realtime_builtin", invented="x", dry_run=False, content_type="text/csv")
    assert requests.stored(settings.launch.pipelines_bucket, STACK) == builtin


def test_where_nothing_is_stored_there_is_no_request(settings: Settings) -> None:
    assert requests.stored(settings.launch.pipelines_bucket, STACK) is None


def planned(body: Body, settings: Settings) -> ProvisioningPlan:
    accepted = BUILT_IN.parse(body, settings.launch)
    return accepted.request.plan(settings).sent_as(accepted.body)


def test_the_stored_request_is_that_pipeline_again(builtin: Body, settings: Settings) -> None:
    plan = planned(builtin, settings)
    stored = json.loads(plan.deployment.blueprint.request) if plan.deployment.blueprint else {}
    assert planned(stored, settings) == plan


def test_the_order_of_keys_makes_no_other_package(
    provision: Provision, builtin: Body, settings: Settings, sent: list[Any], has_run: Callable[[], None]
) -> None:
    provision()
    has_run()
    sent.clear()
    turned = planned(dict(reversed(builtin.items())), settings)
    assert provisioner.provision(turned, settings).message == NOTHING_TO_DO
    assert "s3.PutObject" not in operations(sent)


def test_a_package_of_an_earlier_release_stays_and_gets_the_request_beside_it(
    provision: Provision, builtin: Body, settings: Settings, has_run: Callable[[], None]
) -> None:
    """Another package would be another version, which the pipeline would deploy."""
    bucket = settings.launch.pipelines_bucket
    provisioner.provision(BUILT_IN.parse(builtin, settings.launch).request.plan(settings), settings)
    assert requests.stored(bucket, STACK) is None
    has_run()
    assert provision().message == NOTHING_TO_DO
    assert requests.stored(bucket, STACK) == builtin
    assert len(calls.client("s3").list_object_versions(Bucket=bucket, Prefix=KEY)["Versions"]) == 1
