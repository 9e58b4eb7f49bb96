# SPDX-License-Identifier: Apache-2.0
"""Decisions on the page, with the stages dev, staging and prod."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.console.visiting import Visitor
from tests.end_to_end import users
from tests.end_to_end.users import SERVED

if TYPE_CHECKING:
    from scripts.demo.demo_model import TrainedModel
    from tests.end_to_end.running import Running

Until = Callable[[Callable[[], Any]], Any]
NAME = "by-console-staged"


def test_a_person_sees_what_waits_and_decides(
    multi_account: Running, trained_model: TrainedModel, until: Until
) -> None:
    orchestrator = users.with_artifact(multi_account.deployment)
    orchestrator.store(trained_model)
    api = multi_account.deployment.api
    assert api.provision(orchestrator.request(NAME, **SERVED)).is_success
    visitor = Visitor(api)
    until(lambda: NAME in visitor.visit("/approvals").text)
    assert "waits for a decision" in visitor.visit(f"/pipelines/{NAME}").text

    shown = visitor.visit("/approvals").text
    assert "New: staging has nothing of this pipeline yet." in shown
    assert "ModelArtifactLocation not set models/demo/model.tar.gz" in shown
    assert f"s3://{multi_account.deployment.outputs['AssetsBucketName']}/models/demo/model.tar.gz, written 20" in shown

    silent = visitor.send(f"/approvals/staging/{NAME}", decision="reject", words=" ")
    assert (silent.status, "Give a reason" in silent.text) == (400, True)
    wrong = visitor.send(f"/approvals/prod/{NAME}", decision="approve")
    assert (wrong.status, 'role="alert"' in wrong.html) == (409, True)

    assert visitor.send(f"/approvals/staging/{NAME}", decision="approve", words="looks good").status == 303
    until(
        lambda: f"{NAME}" in visitor.visit("/approvals").text and "deploy to prod?" in visitor.visit("/approvals").text
    )
    assert "looks good" in visitor.visit(f"/pipelines/{NAME}").text
    assert visitor.send(f"/approvals/prod/{NAME}", decision="reject", words="not on a Friday").status == 303
    until(lambda: "not on a Friday" in visitor.visit(f"/pipelines/{NAME}").text)
    assert NAME not in visitor.visit("/approvals").text
    why = next(words for words in visitor.visit(f"/pipelines/{NAME}").words if words.startswith("DeployStaging, "))
    assert why.startswith("DeployStaging, DeployProd: rejected by ")
    assert why.endswith(": not on a Friday")

    assert api.provision(orchestrator.request(NAME, inference_instance="ml.m5.xlarge", **SERVED)).is_success
    own = until(lambda: [one for one in visitor.visit("/approvals").html.split("<section") if NAME in one])[0]
    assert "InferenceInstance" in own
    assert "ml.m5.xlarge" in own
    assert "ModelArtifactLocation" not in own
