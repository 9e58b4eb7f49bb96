# SPDX-License-Identifier: Apache-2.0
"""An orchestrator at seven in the morning: its pipelines, what CodePipeline and Cost Explorer say, and its topic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.codepipeline.codepipelines import Execution
from orchestrator.launch.settings import MultiAccount, Settings, StageTarget
from orchestrator.plan.codepipeline_parameters import MultiAccountPipelineParameters
from tests.orchestrator.conftest import Context, Sent, read_json
from tests.orchestrator.pipelines_there import deployed_name, make_stack, stage

SEVEN = datetime(2026, 11, 30, 7, tzinfo=UTC)
ACCOUNTS = {"dev": "444455556666", "staging": "333344445555", "prod": "222233334444"}


@dataclass
class Morning:
    """What is there, and what is sent."""

    settings: Settings
    context: Context
    sent: list[Sent]
    answers: dict[str, tuple[list[dict[str, Any]], Execution | None]] = field(default_factory=dict)
    """CodePipeline's answers, by the name of a pipeline."""

    def pipeline(self, model: str, type_name: str, postfix: str, status: str, *stages: dict[str, Any]) -> str:
        """Make a pipeline with stages whose newest execution has a status; gives its stack's name."""
        deployed = deployed_name(model, postfix)
        given = dict.fromkeys(MultiAccountPipelineParameters.model_fields, "x") | {"StackName": deployed}
        tags = {"pipeline_type": type_name, "model_name": model}
        make_stack(f"{deployed}-codepipeline", given, tags, PipelineName=f"the-{model}-{postfix}")
        newest = Execution("e-1", status, "", datetime(2026, 11, 30, 4, len(self.answers), tzinfo=UTC))
        self.answers[f"the-{model}-{postfix}"] = [*stages], newest
        return f"{deployed}-codepipeline"

    def realtime(self, model: str, status: str = "Succeeded", *stages: dict[str, Any]) -> str:
        return self.pipeline(model, "byom_realtime_builtin", "byompipelinerealtimebuiltin", status, *stages)

    def monitor(self, model: str) -> str:
        return self.pipeline(model, "byom_data_quality_monitor", "byomdataqualitymonitor", "Succeeded")

    def due(self, time: str = "", invocation: str = "i") -> int:
        """Let the rule fire; gives the number of messages that this was."""
        event = read_json("events/digest_due.json")
        event["time"] = time or event["time"]
        return int(api.handler(event, replace(self.context, aws_request_id=invocation))["reported"])  # type: ignore[arg-type]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All that was published."""
        return [call.parameters for call in self.sent if call.operation == "sns.Publish"]

    @property
    def text(self) -> str:
        """The text of the only message."""
        (message,) = self.messages
        return str(message["Message"])


@pytest.fixture
def morning(
    aws: None, settings: Settings, context: Context, sent: list[Sent], monkeypatch: pytest.MonkeyPatch
) -> Morning:
    """The morning of an orchestrator with stages."""
    topic = calls.client("sns").create_topic(Name="notifications")["TopicArn"]
    targets = {stage: StageTarget(account, "ou-ab12-cd34ef56") for stage, account in ACCOUNTS.items()}
    multi = MultiAccount(targets, "mlops-StageDeployer")  # type: ignore[arg-type]
    launch = replace(settings.launch, multi_account=True, notifications_topic_arn=topic)
    made = Morning(replace(settings, launch=launch, multi_account=multi), context, sent)
    monkeypatch.setattr(api, "_settings", lambda: made.settings)
    monkeypatch.setattr(
        codepipelines, "state", lambda name: {"pipelineName": name, "stageStates": made.answers[name][0]}
    )
    monkeypatch.setattr(codepipelines, "newest_execution", lambda name: made.answers[name][1])
    location = {"LocationConstraint": settings.launch.region}
    bucket = settings.launch.pipelines_bucket
    calls.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
    return made


@pytest.fixture
def cost_explorer(aws: None) -> Iterator[Stubber]:
    """Cost Explorer's answers, one by one; botocore checks each request. All of them must have been fetched."""
    with Stubber(calls.client("ce")) as stub:
        yield stub
        stub.assert_no_pending_responses()


Spent = Callable[..., None]


def group(application: str, pipeline: str, amount: str) -> dict[str, Any]:
    """A group as Cost Explorer answers it."""
    keys = [f"mlops:application${application}", f"mlops:pipeline${pipeline}"]
    return {"Keys": keys, "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}}


@pytest.fixture
def spent(cost_explorer: Stubber) -> Spent:
    """`spent(older, newer)`: the groups of two days; `token` is where another page begins."""

    def answer(older: list[dict[str, Any]], newer: list[dict[str, Any]], token: str = "", after: str = "") -> None:
        days = [("2026-11-28", "2026-11-29", older, False), ("2026-11-29", "2026-11-30", newer, True)]
        results = [
            {"TimePeriod": {"Start": first, "End": end}, "Total": {}, "Groups": groups, "Estimated": estimated}
            for first, end, groups, estimated in days
        ]
        request = {
            "TimePeriod": {"Start": "2026-11-28", "End": "2026-11-30"},
            "Granularity": "DAILY",
            "Metrics": ["UnblendedCost"],
            "GroupBy": [{"Type": "TAG", "Key": key} for key in ("mlops:application", "mlops:pipeline")],
        }
        cost_explorer.add_response(
            "get_cost_and_usage",
            {"ResultsByTime": results, **({"NextPageToken": token} if token else {})},
            {**request, **({"NextPageToken": after} if after else {})},
        )

    return answer


def waits(since: datetime, execution: str = "e-1") -> dict[str, Any]:
    """A stage with an approval for staging that waits."""
    latest = {"status": "InProgress", "token": "t", "lastStatusChange": since}
    return stage(
        "DeployDev", "InProgress", {"actionName": "DeployStaging", "latestExecution": latest}, execution=execution
    )


def fails(words: str) -> dict[str, Any]:
    """A stage whose deployment failed."""
    latest = {"status": "Failed", "errorDetails": {"message": words}}
    return stage("DeployDev", "Failed", {"actionName": "DeployDevStackSet", "latestExecution": latest})
