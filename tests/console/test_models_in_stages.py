# SPDX-License-Identifier: Apache-2.0
"""What of a group is deployed in the accounts of dev, staging and prod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console import registering
from tests.console.visiting import Visitor
from tests.end_to_end import sharing, users

if TYPE_CHECKING:
    from tests.end_to_end.running import Running

NAME = "live-in-stages"
OWN_KEYS = ("model_framework", "model_framework_version", "model_artifact_location")


def test_each_stage_has_its_version(multi_account: Running) -> None:
    orchestrator = users.with_artifact(multi_account.deployment)
    group = registering.group(orchestrator, NAME)
    sharing.share_packages(orchestrator.client("sagemaker"), group)
    first, second = (registering.by_hand(orchestrator, group, ModelApprovalStatus="Approved") for _ in range(2))
    visitor = Visitor(multi_account.deployment.api)

    def deployed(version: str) -> list[str]:
        """Where the page of a version says that it is deployed."""
        address = visitor.visit(f"/versions/{version}").html.partition('hx-get="')[2].partition('"')[0]
        words = visitor.visit(address.replace("&amp;", "&")).words
        return [word.partition(":")[0] for word in words if word.startswith(("dev: ", "staging: ", "prod: "))]

    request = orchestrator.request(NAME, model_package_name=first, **dict.fromkeys(OWN_KEYS))
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    orchestrator.decide(pipeline_id, orchestrator.asked(pipeline_id, "staging"))
    orchestrator.asked(pipeline_id, "prod")
    assert (deployed(first), deployed(second)) == (["dev", "staging"], [])

    orchestrator.provision({**request, "model_package_name": second})
    orchestrator.asked(pipeline_id, "staging")
    assert (deployed(first), deployed(second)) == (["staging"], ["dev"])

    # The older execution first: of a rejected one nobody asks any more.
    for stage in ("prod", "staging"):
        orchestrator.decide(pipeline_id, orchestrator.asked(pipeline_id, stage), approve=False)
    assert orchestrator.ended(pipeline_id).has_failed
