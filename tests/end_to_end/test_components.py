# SPDX-License-Identifier: Apache-2.0
"""`managed_instance_scaling` on the local AWS: a model that costs nothing until it is asked, and then answers."""

from __future__ import annotations

from typing import Any, Final

import pytest

from mlops_orchestrator.client import predictions
from mlops_orchestrator.client.predictions import Question, Target
from mlops_orchestrator.errors import Failed, RequestRefused
from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.end_to_end.users import SERVED, Orchestrator

MANAGED: Final = {"minimum": 0, "maximum": 2, "memory_mb": 1024}
SCALED: Final = {"minimum": 0, "maximum": 2, "invocations_per_instance": 60, "scale_in_cooldown": 60}
NAME: Final = "scarce-live"


def deployed(orchestrator: Orchestrator, model: str, **more: Any) -> Target:
    """Deploy a model as an inference component, and return what is asked."""
    given = {"managed_instance_scaling": MANAGED, "autoscaling": SCALED, **more}
    orchestrator.provisioned(orchestrator.request(model, **SERVED, **given))
    return orchestrator.target(f"mlops-pipeline-{model}-byompipelinerealtimebuiltin")


def numbers(asked: Target, model: TrainedModel) -> list[float]:
    return predictions.predict(asked, Question(model.holdout_rows[:4])).numbers


def counts(orchestrator: Orchestrator) -> tuple[int, int]:
    """Copies and instances."""
    sagemaker = orchestrator.client("sagemaker")
    component = sagemaker.describe_inference_component(InferenceComponentName=NAME)
    (variant,) = sagemaker.describe_endpoint(EndpointName=NAME)["ProductionVariants"]
    return component["RuntimeConfig"]["CurrentCopyCount"], variant["CurrentInstanceCount"]


def test_a_model_without_copies_is_woken_by_a_call_and_sleeps_again(
    orchestrator: Orchestrator, model: TrainedModel
) -> None:
    asked = deployed(orchestrator, "scarce", endpoint_name=NAME, managed_instance_scaling={**MANAGED, "copies": 0})
    expected = pytest.approx(demo_model.predict(model, model.holdout_rows[:4]), abs=1e-6)
    orchestrator.advance(601)
    assert counts(orchestrator) == (0, 0)
    with pytest.raises((Failed, RequestRefused), match="No copy of the model serves now"):
        numbers(asked, model)
    orchestrator.advance(120)
    assert counts(orchestrator) == (1, 1)
    assert numbers(asked, model) == expected
    orchestrator.advance(17 * 60)
    assert counts(orchestrator) == (0, 1)
    with pytest.raises((Failed, RequestRefused), match="No copy of the model serves now"):
        numbers(asked, model)
    # What has just been said wakes it once more, and without a call it sleeps again, with its instances.
    orchestrator.advance(60 * 60)
    assert counts(orchestrator) == (0, 0)


def test_who_asks_without_an_api_names_the_component(orchestrator: Orchestrator, model: TrainedModel) -> None:
    asked = deployed(orchestrator, "scarceplain", inference_api="none", autoscaling="")
    assert (asked.url, asked.component) == ("", asked.endpoint)
    assert numbers(asked, model) == pytest.approx(demo_model.predict(model, model.holdout_rows[:4]), abs=1e-6)
