# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

from scripts.local_aws import stack_set_faults
from scripts.local_aws.server import LocalAws
from tests.local_aws.stack_setting import ACCOUNTS, PARALLEL, acting_in, create, organization_of

SECONDS = 20.0


def names_of_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(("stack", "Stack"))]


def test_operations_under_way_and_queued_end_with_the_server() -> None:
    with LocalAws(accounts=ACCOUNTS) as aws:
        cloudformation = acting_in(aws, "123456789012", "cloudformation")
        create(cloudformation, "abandoned", ManagedExecution={"Active": True})
        request = {
            "StackSetName": "abandoned",
            "DeploymentTargets": {"OrganizationalUnitIds": [organization_of(aws).root_id]},
            "Regions": ["us-east-1"],
            "OperationPreferences": PARALLEL,
        }
        held = stack_set_faults.hold()
        stack_set_faults.refuse(ACCOUNTS["dev"], "refused")
        cloudformation.create_stack_instances(**request)
        cloudformation.create_stack_instances(**request)
        assert held.reached.wait(SECONDS)
        assert any(name.startswith("stack set abandoned") for name in names_of_threads())
    assert names_of_threads() == []
    # What a test provoked ends with its server.
    assert stack_set_faults.refusal(ACCOUNTS["dev"]) is None
