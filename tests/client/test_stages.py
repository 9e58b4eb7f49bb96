# SPDX-License-Identifier: Apache-2.0
"""A pipeline with stages by the client: who decides, and the model of a stage asked with the stage's credentials."""

from __future__ import annotations

from contextlib import chdir
from typing import TYPE_CHECKING

import pytest

from mlops_orchestrator import Failed, NotFound, Orchestrator, RequestRefused, TimedOut
from scripts.demo import demo_model
from tests.end_to_end import users
from tests.end_to_end.users import SERVED

if TYPE_CHECKING:
    from scripts.demo.demo_model import TrainedModel
    from tests.end_to_end.running import Running


@pytest.fixture(scope="module")
def requested(multi_account: Running, trained_model: TrainedModel) -> users.Orchestrator:
    """The orchestrator with dev, staging and prod, and the model of its requests."""
    orchestrator = users.with_artifact(multi_account.deployment)
    orchestrator.store(trained_model)
    return orchestrator


@pytest.fixture(scope="module")
def client(multi_account: Running) -> Orchestrator:
    with chdir(multi_account.folder):
        return Orchestrator(local=True)


def test_a_person_decides_and_the_model_of_a_stage_is_asked(
    client: Orchestrator, requested: users.Orchestrator, trained_model: TrainedModel
) -> None:
    pipeline = client.provision(requested.request("by-client-staged", **SERVED))
    status = pipeline.wait(timeout=120)
    assert (status.state, status.waiting) == ("Waiting for approval", ("staging",))
    assert "<th>waits for a decision</th><td>staging</td>" in status._repr_html_()
    with pytest.raises(TimedOut, match="is still Waiting for approval after"):
        pipeline.wait(timeout=0.5, through_approvals=True)

    rows = trained_model.holdout_rows[:2]
    with pytest.raises(RequestRefused, match="name the stage"):
        pipeline.predict(rows)
    with pytest.raises(NotFound, match="credentials of the account of dev"):
        pipeline.predict(rows, stage="dev")
    session = requested.in_account("dev").session
    predicted = pipeline.predict(rows, stage="dev", session=session).numbers
    assert predicted == pytest.approx(demo_model.predict(trained_model, rows), abs=1e-4)

    with pytest.raises(Failed, match="nothing waits for a decision on prod"):
        pipeline.approve("prod")
    assert pipeline.approve("staging", "looks good").wait(timeout=120).waiting == ("prod",)
    with pytest.raises(RequestRefused, match="must say why"):
        pipeline.reject("prod", " ")
    client.reject("by-client-staged", "prod", "not this week")
    with pytest.raises(Failed, match="not this week"):
        pipeline.wait(timeout=120)
    pipeline.delete(timeout=180)
