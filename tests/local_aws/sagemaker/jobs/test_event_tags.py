# SPDX-License-Identifier: Apache-2.0
"""Tags in the events of jobs, in either form that AWS's sources show, and the rule that hears of jobs (lesson 108)."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from generator.root.events import jobs
from orchestrator.events.event_tags import tags_of
from scripts.local_aws.eventbridge import events
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.sagemaker.jobs import job_records
from tests.local_aws import training
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import ACCOUNT
from tests.local_aws.training import training_request
from tests.local_aws.waiting import SECONDS

OURS = {"pipeline_type": "model_training_builtin", "model_name": "berths"}
CROSSED = {"pipeline_type": "byom_batch_builtin", "other": "model_training_builtin"}
"""Key and value that the rule looks for, but of two tags."""


@pytest.fixture(scope="module")
def heard(client: ClientFactory) -> Any:
    """What the root stack's rule has let through since it was asked last."""
    training.store_channels(client("s3"))
    queue = client("sqs").create_queue(QueueName="heard")["QueueUrl"]
    pattern = jobs.ended_rule().to_dict()["Properties"]["EventPattern"]
    client("events").put_rule(Name="heard", EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:heard"}
    client("events").put_targets(Rule="heard", Targets=[target])

    def receive() -> list[dict[str, Any]]:
        assert sagemaker.wait_idle(SECONDS)
        assert events.wait_idle(SECONDS)
        found = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"])["detail"] for message in found]

    return receive


@pytest.mark.parametrize("as_list", [False, True], ids=["map", "list"])
def test_the_end_of_a_job_of_ours_is_heard(
    client: ClientFactory, heard: Any, monkeypatch: pytest.MonkeyPatch, *, as_list: bool
) -> None:
    monkeypatch.setattr(job_records, "LISTS_TAGS", itertools.repeat(as_list))
    for name, tags in (("ours", OURS), ("crossed", CROSSED)):
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        # It fails at once, which is an end.
        request = training_request(f"{name}-{as_list}", Tags=listed, HyperParameters={"objective": "none"})
        client("sagemaker").create_training_job(**request)
    (detail,) = heard()
    assert isinstance(detail["Tags"], list) is as_list
    assert detail["TrainingJobName"] == f"ours-{as_list}"
    assert tags_of(detail) == OURS


def test_jobs_take_turns(client: ClientFactory, heard: Any) -> None:
    """So that every test with some jobs meets both forms."""
    listed = [{"Key": key, "Value": value} for key, value in OURS.items()]
    for number in range(2):
        request = training_request(f"turn-{number}", Tags=listed, HyperParameters={"objective": "none"})
        client("sagemaker").create_training_job(**request)
    assert {type(detail["Tags"]) for detail in heard()} == {list, dict}
