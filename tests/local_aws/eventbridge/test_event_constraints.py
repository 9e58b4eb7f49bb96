# SPDX-License-Identifier: Apache-2.0
"""Events that AWS would not send are found; both forms are taken where AWS's sources disagree."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts import paths
from scripts.local_aws.eventbridge import event_constraints, events
from scripts.local_aws.eventbridge.event_constraints import UndocumentedEventError

TRAINING = "SageMaker Training Job State Change"
STACK = "CloudFormation Stack Status Change"


@pytest.mark.parametrize(
    "name",
    [
        "config_uploaded",
        "model_package_changed",
        "monitor_alarm_changed",
        "monitoring_run_ended",
        "pipeline_ended",
        "stage_ended",
        "training_job_ended",
        "tuning_job_ended",
    ],
)
def test_what_the_orchestrator_is_tested_with_is_documented(name: str) -> None:
    event = json.loads((paths.ROOT / "tests" / "events" / f"{name}.json").read_text(encoding="utf-8"))
    assert list(event_constraints.problems(event["detail-type"], event["detail"])) == []


def test_both_forms_of_tags_are_taken() -> None:
    for tags in ({"name": "value"}, [{"Key": "name", "Value": "value"}], []):
        assert list(event_constraints.problems(TRAINING, {"Tags": tags})) == []


@pytest.mark.parametrize(
    ("kind", "detail", "problem"),
    [
        pytest.param(TRAINING, {"Tags": [{"key": "name"}]}, "neither a map nor a list", id="tags in a third form"),
        pytest.param(TRAINING, {"Tags": {}, "JobName": "x"}, "detail has no member JobName", id="another name"),
        pytest.param(TRAINING, {"Tags": {}, "CreationTime": "x"}, "detail.CreationTime is 'x'", id="a time as text"),
        pytest.param(STACK, {"status": "x"}, "detail has no member status", id="at another place"),
        pytest.param(STACK, {"status-details": "x"}, "detail.status-details is 'x', no dict", id="another type"),
        pytest.param(
            "CodePipeline Action Execution State Change",
            {"input-artifacts": [{"name": "x", "s3Location": {}}]},
            "detail.input-artifacts[0] has no member s3Location",
            id="another case in a list",
        ),
    ],
)
def test_another_event_is_found(kind: str, detail: dict[str, Any], problem: str) -> None:
    (found,) = event_constraints.problems(kind, detail)
    assert problem in found


def test_the_local_aws_refuses_to_send_it() -> None:
    with pytest.raises(UndocumentedEventError, match="no member status"):
        events.emit("aws.cloudformation", STACK, {"status": "x"}, [], "123456789012", "us-east-1")
