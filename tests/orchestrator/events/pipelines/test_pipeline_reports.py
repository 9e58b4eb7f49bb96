# SPDX-License-Identifier: Apache-2.0
"""A pipeline, or a stage of one, that has ended: from the event to the one message that people get."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator import api
from orchestrator.aws import calls, notifications
from orchestrator.errors import ServiceRefusedError
from orchestrator.launch.settings import MultiAccount, Settings
from tests import making
from tests.orchestrator import telling
from tests.orchestrator.conftest import Context, read_json

Event = dict[str, Any]
Inbox = Callable[[], list[dict[str, Any]]]
PIPELINE = "mlops-pipeline-berths-MLOpsPipeline-1A2B3C"
EXECUTION = "01234567-0123-0123-0123-012345678901"
ACTION = "47f821c5-a902-44b2-ae61-b02c6b7b8c62"
STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/mlops-pipeline-berths/0f1e2d3c-0000-1111-2222-333344445555"
STARTED = datetime(2026, 11, 22, 10, 18, tzinfo=UTC)
TAGS = {
    "pipeline_type": "byom_realtime_builtin",
    "model_name": "berths",
    "stack_name": "mlops-pipeline-berths-codepipeline",
}
CONSOLE = "https://console.aws.amazon.com/codesuite/codepipeline/pipelines"


@pytest.fixture(autouse=True)
def with_settings(aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    topic = calls.client("sns").create_topic(Name="notifications")["TopicArn"]
    used = telling.by_topic(settings, topic)
    monkeypatch.setattr(api, "_settings", lambda: used)
    region = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=settings.launch.pipelines_bucket, CreateBucketConfiguration=region)
    return used


@pytest.fixture
def waiting(with_settings: Settings, monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """Approvals wait so long; AWS's own words are not for people."""
    multi = MultiAccount({}, "deployer", approval_timeout_minutes=minutes)
    changed = replace(with_settings, multi_account=multi, allow_detailed_error_message=False)
    monkeypatch.setattr(api, "_settings", lambda: changed)


@pytest.fixture
def inbox(sent: list[Any]) -> Inbox:
    return lambda: [call.parameters for call in sent if call.operation == "sns.Publish"]


def stubbed(service: str) -> Iterator[Stubber]:
    with Stubber(calls.client(service)) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def cloudformation(aws: None) -> Iterator[Stubber]:
    yield from stubbed("cloudformation")


@pytest.fixture
def codebuild(aws: None) -> Iterator[Stubber]:
    yield from stubbed("codebuild")


def ended(state: str, name: str = "pipeline_ended", **detail: Any) -> Event:
    event: Event = read_json(f"events/{name}.json")
    event["detail"] |= {"state": state, **detail}
    return event


def deliver(event: Event, invocation: str = "first") -> Any:
    return api.handler(event, Context(aws_request_id=invocation))  # type: ignore[arg-type]


def tagged(stub: Stubber, **tags: str) -> None:
    listed = [{"key": key, "value": value} for key, value in (tags or TAGS).items()]
    arn = ended("FAILED")["resources"][0]
    stub.add_response("list_tags_for_resource", {"tags": listed}, {"resourceArn": arn})


def acted(stub: Stubber, *failed: Event) -> None:
    """Have the actions of the execution listed: those that failed, newest first, and one that did not."""
    source = action("Source", "S3Source", "S3", status="Succeeded")
    expected = {"pipelineName": PIPELINE, "filter": {"pipelineExecutionId": EXECUTION}}
    stub.add_response("list_action_executions", {"actionExecutionDetails": [*failed, source]}, expected)


def action(stage: str, name: str, provider: str, **more: Any) -> Event:
    """An entry of ListActionExecutions; `error`, `summary`, `external_id` are what came of it."""
    result = {
        "errorDetails": {"code": "JobFailed", "message": more["error"]} if "error" in more else None,
        "externalExecutionSummary": more.get("summary"),
        "externalExecutionId": more.get("external_id"),
    }
    return {
        "pipelineExecutionId": EXECUTION,
        "actionExecutionId": more.get("id", ACTION),
        "stageName": stage,
        "actionName": name,
        "startTime": STARTED,
        "lastUpdateTime": STARTED + more.get("lasted", timedelta(minutes=1)),
        "status": more.get("status", "Failed"),
        "input": {"actionTypeId": {"category": "Deploy", "owner": "AWS", "provider": provider, "version": "1"}},
        "output": {"executionResult": {key: value for key, value in result.items() if value}},
    }


def happened(stub: Stubber, *events: tuple[str, str, str, int]) -> None:
    """Have a stack's events listed: logical id, status, reason, seconds after the action has started; newest first."""
    listed = [
        {
            "StackId": STACK,
            "EventId": str(place),
            "StackName": "mlops-pipeline-berths",
            "LogicalResourceId": logical_id,
            "ResourceType": "AWS::SageMaker::Endpoint",
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
            "Timestamp": STARTED + timedelta(seconds=seconds),
        }
        for place, (logical_id, status, reason, seconds) in enumerate(events)
    ]
    stub.add_response("describe_stack_events", {"StackEvents": listed}, {"StackName": STACK})


def attributes(message: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


@pytest.mark.parametrize(("state", "words"), [("SUCCEEDED", "The queue is there."), ("STOPPED", "")])
def test_the_author_of_the_type_has_a_word_in_it(
    inbox: Inbox, codepipeline: Stubber, with_settings: Settings, state: str, words: str
) -> None:
    tagged(codepipeline)
    content = b'{"succeeded": "The queue is there.", "failed": "It is not."}'
    key = "provisioned/mlops-pipeline-berths/notifications.json"
    calls.client("s3").put_object(Bucket=with_settings.launch.pipelines_bucket, Key=key, Body=content)
    deliver(ended(state))
    (message,) = inbox()
    parts = message["Message"].split("\n\n")
    assert ("The queue is there." in parts) is bool(words)


class TestPipeline:
    def test_the_promised_sentence_comes_first(self, codepipeline: Stubber, inbox: Inbox) -> None:
        """Compatibility 1.7: what subscribers may parse stays; whose pipeline it is comes after."""
        tagged(codepipeline)
        assert deliver(ended("SUCCEEDED")) == {"reported": 1}
        (message,) = inbox()
        first, whose, following, link = message["Message"].split("\n\n")
        assert first == f"Pipeline {PIPELINE} finished executing. Pipeline execution result is SUCCEEDED"
        assert "Model: berths\nType: byom_realtime_builtin\n" in whose
        assert following.startswith("Next: ")
        assert link == f"Pipeline in the console: {CONSOLE}/{PIPELINE}/executions/{EXECUTION}/timeline?region=eu-west-1"
        assert message["Subject"] == "MLOps pipeline SUCCEEDED: berths"

    def test_people_can_filter(self, codepipeline: Stubber, inbox: Inbox) -> None:
        """Lesson 83: there was one topic, and no way to hear of one's own pipelines only."""
        tagged(codepipeline)
        deliver(ended("SUCCEEDED"))
        assert attributes(inbox()[0]) == {
            "pipeline_type": "byom_realtime_builtin",
            "model_name": "berths",
            "state": "SUCCEEDED",
        }

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            ("STOPPED", "somebody stopped this execution"),
            ("SUPERSEDED", "a newer execution"),
            ("CANCELED", "was cancelled"),
        ],
    )
    def test_however_it_ended_the_next_step_is_told(
        self, codepipeline: Stubber, inbox: Inbox, state: str, words: str
    ) -> None:
        """Lesson 82."""
        tagged(codepipeline)
        deliver(ended(state))
        assert words in inbox()[0]["Message"]

    def test_the_same_event_again_tells_nobody(self, codepipeline: Stubber, inbox: Inbox) -> None:
        tagged(codepipeline)
        deliver(ended("SUCCEEDED"))
        assert deliver(ended("SUCCEEDED"), "second") == {"reported": 0}
        assert len(inbox()) == 1

    def test_an_execution_that_is_tried_again_ends_again(self, codepipeline: Stubber, inbox: Inbox) -> None:
        """A failed stage can be retried: the same execution, another attempt."""
        for attempt in (1.0, 2.0):
            tagged(codepipeline)
            acted(codepipeline)
            deliver(ended("FAILED", **{"pipeline-execution-attempt": attempt}))
        assert len(inbox()) == 2

    @pytest.mark.parametrize(
        ("partition", "host"),
        [
            ("aws-us-gov", "https://console.amazonaws-us-gov.com/codesuite"),
            ("aws-cn", "https://console.amazonaws.cn/codesuite"),
            ("aws-iso", None),
        ],
    )
    def test_the_link_is_of_the_partition(
        self, codepipeline: Stubber, inbox: Inbox, partition: str, host: str | None
    ) -> None:
        """Lesson 71: no link rather than one that leads nowhere."""
        event = ended("SUCCEEDED")
        event["resources"] = [event["resources"][0].replace("arn:aws:", f"arn:{partition}:")]
        codepipeline.add_response("list_tags_for_resource", {"tags": []}, {"resourceArn": event["resources"][0]})
        deliver(event)
        assert ("https://" in inbox()[0]["Message"]) is (host is not None)
        assert (host or "") in inbox()[0]["Message"]


class TestWhy:
    def test_the_first_failing_resource_of_the_deployed_stack(
        self, codepipeline: Stubber, cloudformation: Stubber, inbox: Inbox
    ) -> None:
        """What failed because of it, and what failed in an earlier deployment, is not the cause."""
        tagged(codepipeline)
        acted(
            codepipeline, action("DeployPipeline", "deploy_stack", "CloudFormation", external_id=STACK, error="Failed")
        )
        happened(
            cloudformation,
            ("Stack", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Endpoint].", 30),
            ("InferenceApi", "CREATE_FAILED", "Resource creation cancelled", 20),
            ("Endpoint", "CREATE_FAILED", "No capacity for ml.m5.large", 19),
            ("Endpoint", "CREATE_FAILED", "an old story", -60),
        )
        deliver(ended("FAILED"))
        (message,) = inbox()
        assert (
            "Why it failed: in stage DeployPipeline, action deploy_stack, "
            "Endpoint (AWS::SageMaker::Endpoint): No capacity for ml.m5.large" in message["Message"]
        )
        assert (
            "https://console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/events" in message["Message"]
        )
        assert "correct it and provision it again" in message["Message"]

    def test_an_update_that_was_taken_back_names_the_alarm(
        self, codepipeline: Stubber, cloudformation: Stubber, inbox: Inbox
    ) -> None:
        tagged(codepipeline)
        acted(codepipeline, action("DeployPipeline", "deploy", "CloudFormation", external_id=STACK))
        happened(cloudformation, ("Endpoint", "UPDATE_FAILED", "The update was rolled back.", 19))
        fired = making.alarm(calls.client, f"{STACK.split('/')[1]}-EndpointErrorsAlarm-1", "ALARM")
        making.alarm(calls.client, fired.replace("Errors", "Cpu"), "OK")
        deliver(ended("FAILED"))
        assert f"The update was rolled back. In ALARM now: {fired}\n" in inbox()[0]["Message"]

    def test_what_was_wrong_before_there_was_a_stack(self, codepipeline: Stubber, inbox: Inbox) -> None:
        tagged(codepipeline)
        acted(codepipeline, action("DeployPipeline", "deploy_stack", "CloudFormation", error="Template error"))
        deliver(ended("FAILED"))
        assert "action deploy_stack, Template error" in inbox()[0]["Message"]

    def test_a_stage_that_failed_names_itself(self, codepipeline: Stubber, inbox: Inbox) -> None:
        tagged(codepipeline)
        acted(codepipeline, action("DeployStaging", "DeployStagingStackSet", "Lambda", error="1 of 1 stack failed"))
        deliver(ended("FAILED"))
        assert "in stage DeployStaging, action DeployStagingStackSet, 1 of 1 stack failed" in inbox()[0]["Message"]
        assert attributes(inbox()[0])["stage"] == "staging"

    def test_the_phase_of_a_build_and_its_log(self, codepipeline: Stubber, codebuild: Stubber, inbox: Inbox) -> None:
        tagged(codepipeline)
        acted(codepipeline, action("Build", "build_image", "CodeBuild", external_id="builder:1", error="Build failed"))
        phases = [
            {"phaseType": "INSTALL", "phaseStatus": "SUCCEEDED"},
            {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"message": "docker build: exit status 1"}]},
            {"phaseType": "POST_BUILD", "phaseStatus": "FAILED", "contexts": [{"message": "nothing to push"}]},
        ]
        build = {"phases": phases, "logs": {"deepLink": "https://console.aws.amazon.com/the-log"}}
        codebuild.add_response("batch_get_builds", {"builds": [build]}, {"ids": ["builder:1"]})
        deliver(ended("FAILED"))
        assert "phase BUILD of the build: docker build: exit status 1" in inbox()[0]["Message"]
        assert "Log: https://console.aws.amazon.com/the-log" in inbox()[0]["Message"]

    def test_a_rejection_is_told_in_the_words_of_who_rejected(self, codepipeline: Stubber, inbox: Inbox) -> None:
        tagged(codepipeline)
        acted(codepipeline, action("DeployDev", "DeployStaging", "Manual", summary="recall is too low"))
        deliver(ended("FAILED"))
        assert "it was rejected: recall is too low" in inbox()[0]["Message"]
        assert "change what was not accepted" in inbox()[0]["Message"]

    @pytest.mark.parametrize(
        ("minutes", "lasted", "words"),
        [
            (10_080, timedelta(days=7), "nobody approved or rejected it within 7 days"),
            (120, timedelta(hours=2, seconds=3), "nobody approved or rejected it within 2 hours"),
            (60, timedelta(hours=1), "nobody approved or rejected it within 1 hour"),
            (45, timedelta(minutes=46), "nobody approved or rejected it within 45 minutes"),
            (45, timedelta(minutes=44), "it was rejected\n"),
        ],
    )
    @pytest.mark.usefixtures("waiting")
    def test_an_approval_that_nobody_decided_in_time_says_so(
        self, codepipeline: Stubber, inbox: Inbox, lasted: timedelta, words: str
    ) -> None:
        tagged(codepipeline)
        acted(codepipeline, action("DeployDev", "DeployStaging", "Manual", lasted=lasted))
        deliver(ended("FAILED"))
        told = inbox()[0]["Message"]
        assert f"in stage DeployDev, action DeployStaging, {words}" in told
        assert ("decide in time" in told) is words.startswith("nobody")

    def test_who_rejected_late_with_words_has_decided(self, codepipeline: Stubber, inbox: Inbox) -> None:
        """The pipeline may be older than the time-out that holds now."""
        tagged(codepipeline)
        late = action("DeployDev", "DeployStaging", "Manual", summary="not this week", lasted=timedelta(days=9))
        acted(codepipeline, late)
        deliver(ended("FAILED"))
        assert "it was rejected: not this week" in inbox()[0]["Message"]

    def test_what_aws_said_is_the_operator_s_choice(
        self, codepipeline: Stubber, inbox: Inbox, with_settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Lesson 64."""
        monkeypatch.setattr(api, "_settings", lambda: replace(with_settings, allow_detailed_error_message=False))
        tagged(codepipeline)
        acted(codepipeline, action("DeployDev", "DeployDevStackSet", "Lambda", error="a-secret-name"))
        deliver(ended("FAILED"))
        assert "a-secret-name" not in inbox()[0]["Message"]
        assert "the console has the reason" in inbox()[0]["Message"]


class TestStage:
    def test_a_deployed_stage_is_told_of(self, codepipeline: Stubber, inbox: Inbox) -> None:
        """Compatibility 1.7."""
        tagged(codepipeline)
        deliver(ended("SUCCEEDED", "stage_ended"))
        (message,) = inbox()
        assert message["Message"].split("\n\n")[0] == (
            f"DeployDev action DeployDevStackSet in the Pipeline {PIPELINE} finished executing. "
            "Action execution result is SUCCEEDED"
        )
        assert message["Subject"] == "MLOps stage dev SUCCEEDED: berths"
        assert attributes(message) == {
            **{key: TAGS[key] for key in ("pipeline_type", "model_name")},
            "stage": "dev",
            "state": "SUCCEEDED",
        }

    def test_why_it_failed_is_what_the_deployer_reported(self, codepipeline: Stubber, inbox: Inbox) -> None:
        """Of a retried stage, the action of this very event counts."""
        tagged(codepipeline)
        newer = action("DeployDev", "DeployDevStackSet", "Lambda", id="another", error="of another attempt")
        reported = action("DeployDev", "DeployDevStackSet", "Lambda", error="444455556666 in eu-west-1: No capacity")
        acted(codepipeline, newer, reported)
        deliver(ended("FAILED", "stage_ended"))
        assert "Why it failed: 444455556666 in eu-west-1: No capacity" in inbox()[0]["Message"]

    def test_each_attempt_is_told_of(self, codepipeline: Stubber, inbox: Inbox) -> None:
        for execution in ("one", "two"):
            tagged(codepipeline)
            deliver(ended("SUCCEEDED", "stage_ended", **{"action-execution-id": execution}))
        assert len(inbox()) == 2


class TestTrouble:
    def test_people_get_the_plain_sentence_when_nothing_can_be_learned(
        self, codepipeline: Stubber, inbox: Inbox
    ) -> None:
        for operation in ("list_tags_for_resource", "list_action_executions"):
            codepipeline.add_client_error(operation, "AccessDeniedException", "no")
        assert deliver(ended("FAILED")) == {"reported": 1}
        (message,) = inbox()
        assert message["Message"].startswith(f"Pipeline {PIPELINE} finished executing.")
        assert CONSOLE in message["Message"]
        assert message["Subject"] == f"MLOps pipeline FAILED: {PIPELINE}"
        assert attributes(message) == {"state": "FAILED"}

    def test_a_message_that_cannot_be_sent_is_tried_again(
        self, codepipeline: Stubber, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: Any) -> None:
            raise ServiceRefusedError("publish the notification", "KMSAccessDenied", "no")

        tagged(codepipeline)
        with monkeypatch.context() as patched:
            patched.setattr(notifications, "publish", refuse)
            with pytest.raises(ServiceRefusedError):
                deliver(ended("SUCCEEDED"))
        tagged(codepipeline)
        assert deliver(ended("SUCCEEDED")) == {"reported": 1}
        assert len(inbox()) == 1
