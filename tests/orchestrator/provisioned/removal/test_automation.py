# SPDX-License-Identifier: Apache-2.0
"""What the closed loop keeps goes with its pipeline, and a pipeline without it costs no call more."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.automation import followers, journal, pauses, retrainings
from orchestrator.automation.journal import Step
from orchestrator.automation.pauses import Pause
from orchestrator.automation.retrainings import Cause
from orchestrator.aws import calls
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.plan import layout
from tests.orchestrator.conftest import Sent
from tests.orchestrator.pipelines_there import deployed_name, make_pipeline, make_stack
from tests.orchestrator.provisioned.removal.conftest import BUCKET, DEPLOYED, Delete, objects_left, stack_ended

NOW = datetime(2026, 11, 30, tzinfo=UTC)
OTHER = f"{DEPLOYED}-2"


def keep(name: str) -> None:
    pauses.pause(BUCKET, name, Pause(at=NOW, by="anna"))
    journal.record(BUCKET, name, Step(at=NOW, step="deploy", cause="an approval", outcome="done"))
    followers.follow(BUCKET, layout.follower_of_group("models", name))


def make(name: str, follows: str = "") -> None:
    noted = {"Metadata": {"follows": follows}} if follows else {}
    calls.client("s3").put_object(Bucket=BUCKET, Key=layout.package(name), Body=b"", **noted)


def test_a_deletion_takes_along_what_was_kept(delete: Delete) -> None:
    tags = {"pipeline_type": "byom_realtime_builtin", "model_name": "churn", "mlops:automation": "deploy_on_approval"}
    arn = make_stack(f"{DEPLOYED}-codepipeline", {"StackName": DEPLOYED}, tags, PipelineName="the-churn")
    make(DEPLOYED, layout.follower_of_group("models", DEPLOYED))
    for name in (DEPLOYED, OTHER):
        keep(name)
    delete(arn)
    assert len([key for key in objects_left() if DEPLOYED in key and OTHER not in key]) > 3
    stack_ended(arn)
    assert followers.of_group(BUCKET, "models") == [
        followers.Follower(layout.follower_of_group("models", OTHER), OTHER)
    ]
    left = {key for key in objects_left() if OTHER not in key and not key.startswith("followers/")}
    assert left == set()
    assert {key.split("/")[0] for key in objects_left() if OTHER in key} == {
        "automation",
        "automation-steps",
        "followers",
    }


def test_causes_of_a_training_pipeline_go_with_it(delete: Delete) -> None:
    """Its request does not say that others have it run."""
    type_ = BUILT_IN.get("model_training_builtin")
    name = deployed_name("churn", type_.postfix.lower())
    arn = make_pipeline("churn", type_.type_name(), type_.postfix.lower())
    make(name)
    retrainings.keep(BUCKET, name, "churn-retrain-0f1e2d3c4b5a", Cause(at=NOW, monitor="m", run="r"))
    delete(arn)
    stack_ended(arn)
    assert objects_left() == set()


def test_another_pipeline_has_nothing_looked_for(delete: Delete, sent: list[Sent]) -> None:
    arn = make_pipeline("churn")
    make(DEPLOYED)
    delete(arn)
    stack_ended(arn)
    looked = {str(call.parameters.get("Prefix", call.parameters.get("Key"))) for call in sent if "s3" in call.operation}
    assert not [key for key in looked if key.startswith(("automation", "followers"))]
