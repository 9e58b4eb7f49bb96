# SPDX-License-Identifier: Apache-2.0
"""A job that has ended, from the event to the one message that people get and the version that is registered."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from orchestrator import api
from orchestrator.aws import calls, notifications
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.sagemaker.registration import Instructions
from tests.orchestrator.conftest import Context, read_json

Event = dict[str, Any]
PIPELINES = "quayside-pipelines"
KEY = f"provisioned/mlops-pipeline-berths-modeltraining/registrations/{'0' * 32}.json"
TUNER_KEY = KEY.replace("modeltraining", "modeltuner")
AUTOPILOT_KEY = KEY.replace("modeltraining", "modelautopilot")
ROLE = "arn:aws:iam::111122223333:role/mlops-pipeline-berths-mod-SageMakerRole-9XJ2K4L7M1QZ"
PACKAGE = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/berths/3"
JOB = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/berths-1"
AUTOPILOT = "arn:aws:sagemaker:eu-west-1:111122223333:automl-job/berths-a"


@pytest.fixture(autouse=True)
def with_settings(aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The handler of an orchestrator that has a topic and a bucket for pipelines."""
    topic = calls.client("sns").create_topic(Name="notifications")["TopicArn"]
    used = replace(settings, notifications_topic_arn=topic)
    monkeypatch.setattr(api, "_settings", lambda: used)
    s3 = calls.client("s3")
    s3.create_bucket(Bucket=PIPELINES, CreateBucketConfiguration={"LocationConstraint": settings.launch.region})
    s3.put_bucket_versioning(Bucket=PIPELINES, VersioningConfiguration={"Status": "Enabled"})
    return used


@pytest.fixture
def inbox(sent: list[Any]) -> Callable[[], list[dict[str, str]]]:
    """The messages that were published so far."""
    return lambda: [call.parameters for call in sent if call.operation == "sns.Publish"]


@pytest.fixture
def sagemaker(aws: None) -> Iterator[Stubber]:
    """SageMaker's answers, one by one, and no other calls. All of them must have been fetched."""
    with Stubber(calls.client("sagemaker")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def trained() -> Event:
    description: Event = read_json("events/training_job_description.json")
    return description


@pytest.fixture
def autopilot() -> Event:
    description: Event = read_json("events/automl_job_description.json")
    return description


def ended(status: str = "Completed", **tags: str) -> Event:
    """The event of a training job."""
    event: Event = read_json("events/training_job_ended.json")
    event["detail"]["TrainingJobStatus"] = status
    event["detail"]["Tags"] |= tags
    return event


def tuned(**tags: str) -> Event:
    event: Event = read_json("events/tuning_job_ended.json")
    event["detail"]["Tags"] |= tags
    return event


def deliver(event: Event, invocation: str = "first") -> Event:
    return api.handler(event, Context(aws_request_id=invocation))  # type: ignore[arg-type]


def describing(stub: Stubber, description: Event, operation: str = "describe_training_job", **changes: Any) -> None:
    """Have a description answered; empty changes leave the member out."""
    answer = {key: value for key, value in {**description, **changes}.items() if value != ""}
    noun = next(key.removesuffix("Arn") for key in description if key.endswith("JobArn"))
    stub.add_response(operation, answer, {f"{noun}Name": description[f"{noun}Name"]})


_REST = ["InferenceSpecification", "MetadataProperties", "CustomerMetadataProperties", "ModelMetrics", "ClientToken"]


def creating(stub: Stubber, status: str = "PendingManualApproval", **expected: Any) -> None:
    parameters = {
        "ModelPackageGroupName": "berths",
        "ModelApprovalStatus": status,
        **dict.fromkeys(_REST, ANY),
        **expected,
    }
    stub.add_response("create_model_package", {"ModelPackageArn": PACKAGE}, parameters)


def instruct(key: str = KEY, **more: Any) -> None:
    asked = Instructions(model_package_group_name="berths", **more)
    calls.client("s3").put_object(Bucket=PIPELINES, Key=key, Body=asked.as_json())


def markers() -> dict[str, str]:
    """The markers by key, with who holds them."""
    s3 = calls.client("s3")
    listed = s3.list_objects_v2(Bucket=PIPELINES, Prefix="reported/").get("Contents", [])
    return {found["Key"]: s3.get_object(Bucket=PIPELINES, Key=found["Key"])["Body"].read().decode() for found in listed}


Inbox = Callable[[], list[dict[str, str]]]


@pytest.fixture
def allowed(request: pytest.FixtureRequest, with_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the operator allows detailed error messages."""
    used = replace(with_settings, allow_detailed_error_message=request.param)
    monkeypatch.setattr(api, "_settings", lambda: used)
    return used.allow_detailed_error_message


class TestMessage:
    def test_people_can_filter(self, sagemaker: Stubber, inbox: Inbox, trained: Event) -> None:
        """Lesson 83."""
        describing(sagemaker, trained)
        deliver(ended())
        attributes = inbox()[0]["MessageAttributes"]
        assert {name: value["StringValue"] for name, value in attributes.items()} == {  # type: ignore[attr-defined]
            "pipeline_type": "model_training_builtin",
            "model_name": "berths",
            "state": "Completed",
        }

    def test_a_completed_job_is_told_of(self, sagemaker: Stubber, inbox: Inbox, trained: Event) -> None:
        """Compatibility 1.7."""
        describing(sagemaker, trained)
        assert deliver(ended()) == {"reported": 1}
        (message,) = inbox()
        assert message["Subject"] == "MLOps training job Completed: berths"
        first, *others = message["Message"].split("\n\n")
        assert first == "The training job berths-1 status is: Completed."
        assert others[0] == "The model's artifact is s3://quayside-assets/out/berths-1/output/model.tar.gz."
        assert f"Pipeline's stack: mlops-pipeline-berths-modeltraining\nJob: {JOB}" in others[1]
        assert "give the request register" in others[2]

    @pytest.mark.parametrize(
        ("end", "words"),
        [
            (("Failed", "AlgorithmError: no label column"), "Why it failed: AlgorithmError: no label column"),
            (("Failed", ""), "Why it failed: SageMaker gives no reason."),
            (("Stopped", ""), "Somebody stopped it, or it reached its time limit"),
        ],
    )
    def test_one_that_did_not_complete_is_told_of_with_the_reason(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event, end: tuple[str, str], words: str
    ) -> None:
        """Nothing is registered of it, whatever its pipeline asked for."""
        status, reason = end
        instruct()
        describing(sagemaker, trained, TrainingJobStatus=status, FailureReason=reason)
        deliver(ended(status, registration=KEY))
        (message,) = inbox()
        assert message["Subject"] == f"MLOps training job {status}: berths"
        assert message["Message"].startswith(f"The training job berths-1 status is: {status}.\n\n{words}")
        assert "provision it again" in message["Message"]

    def test_a_tuning_job_has_words_of_its_own(self, sagemaker: Stubber, inbox: Inbox) -> None:
        """Compatibility 1.7."""
        describing(sagemaker, _tuning_job(), "describe_hyper_parameter_tuning_job")
        deliver(tuned())
        (message,) = inbox()
        assert message["Message"].startswith("The hyperparameter training job berths-t status is: Completed.")
        assert "The best training job is berths-t-001-0a1b2c3d;" in message["Message"]

    def test_a_job_that_another_job_started_is_not(self, sagemaker: Stubber, inbox: Inbox) -> None:
        """Lesson 79. A tuning job's training jobs have its tags."""
        assert deliver(ended(pipeline_type="model_tuner_builtin")) == {"reported": 0}
        assert (inbox(), markers()) == ([], {})

    @pytest.mark.parametrize(
        "event",
        [
            ended("InProgress"),
            ended("Stopping"),
            ended(pipeline_type="byom_realtime_builtin"),
            ended(pipeline_type="of_somebody_else"),
            ended() | {"detail": {"TrainingJobName": "x", "TrainingJobStatus": "Completed"}},
        ],
    )
    def test_nor_is_one_that_goes_on_or_is_nobody_s(self, sagemaker: Stubber, inbox: Inbox, event: Event) -> None:
        assert deliver(event) == {"reported": 0}
        assert (inbox(), markers()) == ([], {})


class TestOnce:
    def test_events_that_repeat_themselves_are_told_once(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event
    ) -> None:
        describing(sagemaker, trained)
        assert [deliver(ended(), invocation) for invocation in ("first", "second", "first")] == [
            {"reported": 1},
            {"reported": 0},
            {"reported": 0},
        ]
        assert len(inbox()) == 1
        assert markers() == {"reported/TrainingJob/berths-1/Completed": "done"}

    def test_what_another_invocation_works_on_is_left_to_it(self, sagemaker: Stubber, inbox: Inbox) -> None:
        _hold("first")
        assert deliver(ended(), "second") == {"reported": 0}
        assert inbox() == []

    def test_an_invocation_that_died_is_completed_by_its_next_attempt(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event
    ) -> None:
        """Lambda keeps the id of an asynchronous invocation when it tries again."""
        _hold("first")
        describing(sagemaker, trained)
        assert deliver(ended(), "first") == {"reported": 1}
        assert len(inbox()) == 1

    def test_what_failed_is_free_for_whoever_is_next(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also for a person who sends the event again out of the dead-letter queue, under another id."""
        sagemaker.add_client_error("describe_training_job", "ThrottlingException", "Rate exceeded")
        with pytest.raises(ServiceBusyError):
            deliver(ended(), "first")
        assert (inbox(), markers()) == ([], {})
        describing(sagemaker, trained)
        assert deliver(ended(), "second") == {"reported": 1}
        assert len(inbox()) == 1

    def test_a_message_that_was_not_taken_is_sent_again(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish = notifications.publish

        def fail(*_: Any) -> None:
            raise ServiceBusyError("publish the notification", "Throttling", "Rate exceeded")

        monkeypatch.setattr(notifications, "publish", fail)
        describing(sagemaker, trained)
        with pytest.raises(ServiceBusyError):
            deliver(ended())
        monkeypatch.setattr(notifications, "publish", publish)
        describing(sagemaker, trained)
        assert deliver(ended()) == {"reported": 1}
        assert len(inbox()) == 1

    def test_each_end_is_an_end(self, sagemaker: Stubber, inbox: Inbox, trained: Event) -> None:
        """Of different jobs, and of different kinds with one name."""
        describing(sagemaker, trained)
        deliver(ended())
        other = copy.deepcopy(ended())
        other["detail"]["TrainingJobName"] = "berths-2"
        describing(sagemaker, {**trained, "TrainingJobName": "berths-2"})
        deliver(other)
        assert len(inbox()) == len(markers()) == 2


def _hold(owner: str) -> None:
    calls.client("s3").put_object(Bucket=PIPELINES, Key="reported/TrainingJob/berths-1/Completed", Body=owner.encode())


def _tuning_job(**changes: Any) -> Event:
    best = {
        "TrainingJobName": "berths-t-001-0a1b2c3d",
        "TrainingJobArn": f"{JOB}-t",
        "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
        "TrainingJobStatus": "Completed",
        "TunedHyperParameters": {"eta": "0.1"},
    }
    return {
        "HyperParameterTuningJobName": "berths-t",
        "HyperParameterTuningJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/berths-t",
        "HyperParameterTuningJobConfig": {"Strategy": "Random", "ResourceLimits": {"MaxParallelTrainingJobs": 1}},
        "HyperParameterTuningJobStatus": "Completed",
        "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
        "TrainingJobStatusCounters": {},
        "ObjectiveStatusCounters": {},
        "BestTrainingJob": best,
        "TrainingJobDefinition": {
            "RoleArn": ROLE,
            "AlgorithmSpecification": {"TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": "s3://quayside-assets/out"},
            "StoppingCondition": {},
        },
        **changes,
    }


def _deployed(stack: str, role: str) -> None:
    """Have a stack with one role."""
    properties = {"RoleName": role, "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}
    template = {"Resources": {"SageMakerRole": {"Type": "AWS::IAM::Role", "Properties": properties}}}
    calls.client("cloudformation").create_stack(
        StackName=stack, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
    )


class TestRegistration:
    def test_the_model_of_a_training_job(self, sagemaker: Stubber, inbox: Inbox, trained: Event) -> None:
        instruct(approval_status="Approved", min_metric={"validation:auc": 0.8})
        describing(sagemaker, trained)
        creating(sagemaker, "Approved")
        deliver(ended(registration=KEY))
        (message,) = inbox()
        assert f"The model was registered as {PACKAGE}, approval status Approved." in message["Message"]
        assert "Metrics: validation:auc 0.9, validation:error 0.1" in message["Message"]
        assert "model_package_name set to the ARN of the version" in message["Message"]

    def test_its_metrics_are_stored_where_the_version_says(self, sagemaker: Stubber, trained: Event) -> None:
        instruct()
        describing(sagemaker, trained)
        key = "registered/TrainingJob/berths-1/metrics.json"
        source = {"ContentType": "application/json", "S3Uri": f"s3://{PIPELINES}/{key}"}
        creating(sagemaker, ModelMetrics={"ModelQuality": {"Statistics": source}})
        deliver(ended(registration=KEY))
        document = json.loads(calls.client("s3").get_object(Bucket=PIPELINES, Key=key)["Body"].read())
        assert document["metrics"]["validation:auc"] == {"value": 0.8999999761581421}

    def test_a_model_that_is_not_good_enough_is_rejected_with_the_reason(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event
    ) -> None:
        instruct(approval_status="Approved", min_metric={"validation:auc": 0.95})
        describing(sagemaker, trained)
        creating(sagemaker, "Rejected")
        reason = "validation:auc is 0.9, and 0.95 is the least that min_metric allows."
        rejection = {"ModelPackageArn": PACKAGE, "ModelApprovalStatus": "Rejected", "ApprovalDescription": reason}
        sagemaker.add_response("update_model_package", {"ModelPackageArn": PACKAGE}, rejection)
        deliver(ended(registration=KEY))
        (message,) = inbox()
        assert "approval status Rejected" in message["Message"]
        assert reason in message["Message"]

    def test_a_rejection_that_cannot_be_explained_stays_one(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event
    ) -> None:
        instruct(min_metric={"validation:auc": 0.95})
        describing(sagemaker, trained)
        creating(sagemaker, "Rejected")
        sagemaker.add_client_error("update_model_package", "AccessDeniedException", "no", http_status_code=400)
        assert deliver(ended(registration=KEY)) == {"reported": 1}
        assert "approval status Rejected" in inbox()[0]["Message"]

    def test_the_best_model_of_a_tuning_job(self, sagemaker: Stubber, inbox: Inbox, trained: Event) -> None:
        instruct(TUNER_KEY)
        describing(sagemaker, _tuning_job(), "describe_hyper_parameter_tuning_job")
        describing(sagemaker, {**trained, "TrainingJobName": "berths-t-001-0a1b2c3d"})
        creating(sagemaker, MetadataProperties={"GeneratedBy": JOB})
        deliver(tuned(registration=TUNER_KEY))
        assert f"registered as {PACKAGE}, approval status PendingManualApproval" in inbox()[0]["Message"]
        assert "approve the version" in inbox()[0]["Message"]

    def test_a_tuning_job_without_a_best_one(self, sagemaker: Stubber, inbox: Inbox) -> None:
        instruct(TUNER_KEY)
        describing(sagemaker, _tuning_job(BestTrainingJob=""), "describe_hyper_parameter_tuning_job")
        deliver(tuned(registration=TUNER_KEY))
        assert "The model was not registered. The job has no best training job" in inbox()[0]["Message"]

    @pytest.mark.parametrize(
        "forged",
        [
            ("mlops-pipeline-tides-mod-SageMakerRole-9XJ2K4L7M1QZ", "mlops-pipeline-berths-modeltraining", KEY),
            ("DataScientist", "mlops-pipeline-berths-modeltraining", KEY),
            ("mlops-pipeline-berths-mod-SageMakerRole-9XJ2K4L7M1QZ", "mlops-pipeline-tides-modeltraining", KEY),
            ("DataScientist", "mlops-pipeline-gone-modeltraining", KEY.replace("berths", "gone")),
            ("DataScientist", "payroll", "provisioned/payroll/registrations/0.json"),
        ],
        ids=["another pipeline's role", "a person's", "another's instructions", "a stack that is gone", "no pipeline"],
    )
    def test_a_job_that_the_pipeline_did_not_start_is_not_registered(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event, forged: tuple[str, str, str]
    ) -> None:
        """Who may start jobs may tag them as another team's, whose group would get an approved version."""
        role, stack, key = forged
        _deployed("mlops-pipeline-berths-modeltraining", "mlops-pipeline-berths-mod-SageMakerRole-9XJ2K4L7M1QZ")
        instruct(key, approval_status="Approved")
        describing(sagemaker, trained, RoleArn=f"arn:aws:iam::111122223333:role/{role}")
        deliver(ended(registration=key, stack_name=stack))
        assert "The model was not registered. Its tags name a pipeline that did not start it" in inbox()[0]["Message"]

    def test_nor_is_that_of_a_stack_which_is_no_pipeline(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event
    ) -> None:
        """Anybody who makes stacks makes roles in them."""
        key = KEY.replace("mlops-pipeline-berths-modeltraining", "payroll")
        assert key.startswith("provisioned/payroll/registrations/")
        _deployed("payroll", "Payroll")
        instruct(key, approval_status="Approved")
        describing(sagemaker, trained, RoleArn="arn:aws:iam::111122223333:role/Payroll")
        deliver(ended(registration=key, stack_name="payroll"))
        assert "The model was not registered. Its tags name a pipeline that did not start it" in inbox()[0]["Message"]

    def test_a_job_under_its_pipelines_role_is_registered(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event
    ) -> None:
        _deployed("mlops-pipeline-berths-modeltraining", "Chosen")
        instruct()
        describing(sagemaker, trained, RoleArn="arn:aws:iam::111122223333:role/team/Chosen")
        creating(sagemaker)
        deliver(ended(registration=KEY))
        assert f"The model was registered as {PACKAGE}" in inbox()[0]["Message"]

    @pytest.mark.parametrize("allowed", [True, False], indirect=True)
    def test_what_aws_refuses_is_in_the_message(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event, allowed: bool
    ) -> None:
        """In its own words where the operator allows that."""
        instruct()
        describing(sagemaker, trained)
        reason = "Model Package Group does not exist."
        sagemaker.add_client_error("create_model_package", "ValidationException", reason, http_status_code=400)
        assert deliver(ended(registration=KEY)) == {"reported": 1}
        (message,) = inbox()
        assert "The model was not registered. AWS did not register the model." in message["Message"]
        assert (reason in message["Message"]) is allowed
        assert ("The log has what it said." in message["Message"]) is not allowed

    def test_instructions_that_are_gone_are_in_the_message(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event
    ) -> None:
        describing(sagemaker, trained)
        deliver(ended(registration=KEY))
        assert f"AWS did not let the orchestrator read s3://{PIPELINES}/{KEY}." in inbox()[0]["Message"]

    @pytest.mark.parametrize(
        ("code", "status"),
        [
            ("ThrottlingException", 400),
            ("InternalFailure", 500),
            ("ServiceUnavailable", 503),
            ("ConflictException", 400),
        ],
    )
    def test_what_may_pass_is_tried_again(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event, code: str, status: int
    ) -> None:
        instruct()
        describing(sagemaker, trained)
        sagemaker.add_client_error("create_model_package", code, "later", http_status_code=status)
        with pytest.raises(ServiceRefusedError):
            deliver(ended(registration=KEY))
        assert inbox() == []
        describing(sagemaker, trained)
        creating(sagemaker)
        assert deliver(ended(registration=KEY)) == {"reported": 1}
        assert PACKAGE in inbox()[0]["Message"]


NOW = datetime(2026, 11, 22, 10, 20, tzinfo=UTC)
"""The time of the scheduled event."""
LATELY = NOW.replace(minute=12)


def summary(name: str = "berths-a", status: str = "Completed", at: datetime = LATELY) -> Event:
    return {
        "AutoMLJobName": name,
        "AutoMLJobArn": AUTOPILOT.replace("berths-a", name),
        "AutoMLJobStatus": status,
        "AutoMLJobSecondaryStatus": "Completed",
        "CreationTime": NOW.replace(hour=8),
        "EndTime": at,
        "LastModifiedTime": at,
    }


def listing(stub: Stubber, *summaries: Event, token: str = "", after: str = "") -> None:
    """Have the jobs answered that have changed since a quarter of an hour before the event."""
    answer = {"AutoMLJobSummaries": list(summaries), **({"NextToken": token} if token else {})}
    expected = {
        "LastModifiedTimeAfter": NOW.replace(minute=5),
        "MaxResults": 100,
        **({"NextToken": after} if after else {}),
    }
    stub.add_response("list_auto_ml_jobs", answer, expected)


def tagging(stub: Stubber, name: str = "berths-a", **tags: str) -> None:
    listed = {"pipeline_type": "model_autopilot_training", "model_name": "berths", **tags}
    listed.setdefault("stack_name", "mlops-pipeline-berths-modelautopilot")
    answer = {"Tags": [{"Key": key, "Value": value} for key, value in listed.items()]}
    stub.add_response("list_tags", answer, {"ResourceArn": AUTOPILOT.replace("berths-a", name)})


def check(invocation: str = "first") -> Event:
    return deliver(read_json("events/jobs_to_check.json"), invocation)


class TestCheck:
    """Lesson 80: SageMaker sends no event for Autopilot jobs."""

    def test_when_nothing_ended_only_the_listing_is_asked_for(self, sagemaker: Stubber, sent: list[Any]) -> None:
        listing(sagemaker)
        assert check() == {"reported": 0}
        assert sent == []

    def test_a_job_that_ended_is_told_of(self, sagemaker: Stubber, inbox: Inbox, autopilot: Event) -> None:
        listing(sagemaker, summary())
        tagging(sagemaker)
        describing(sagemaker, autopilot, "describe_auto_ml_job")
        assert check() == {"reported": 1}
        (message,) = inbox()
        assert message["Subject"] == "MLOps Autopilot job Completed: berths"
        assert message["Message"].startswith("The Autopilot job berths-a status is: Completed.")
        assert "The best candidate is berths-a-007." in message["Message"]

    def test_its_best_candidate_is_registered(self, sagemaker: Stubber, inbox: Inbox, autopilot: Event) -> None:
        instruct(AUTOPILOT_KEY)
        listing(sagemaker, summary())
        tagging(sagemaker, registration=AUTOPILOT_KEY)
        describing(sagemaker, autopilot, "describe_auto_ml_job")
        creating(sagemaker, MetadataProperties={"GeneratedBy": AUTOPILOT})
        check()
        assert PACKAGE in inbox()[0]["Message"]

    def test_the_next_check_sees_it_again_and_says_nothing(
        self, sagemaker: Stubber, inbox: Inbox, autopilot: Event
    ) -> None:
        """Checks overlap, so that one that comes late, or never, loses nothing."""
        listing(sagemaker, summary())
        tagging(sagemaker)
        describing(sagemaker, autopilot, "describe_auto_ml_job")
        check()
        listing(sagemaker, summary())
        tagging(sagemaker)
        assert check("second") == {"reported": 0}
        assert len(inbox()) == 1

    @pytest.mark.parametrize(
        "job",
        [
            summary(at=NOW.replace(minute=4, second=59)),
            summary(at=NOW.replace(minute=15)),
            summary(status="InProgress"),
            summary(status="Stopping"),
        ],
    )
    def test_what_is_not_its_turn_costs_no_call(self, sagemaker: Stubber, sent: list[Any], job: Event) -> None:
        listing(sagemaker, job)
        assert check() == {"reported": 0}
        assert sent == []

    def test_the_job_of_somebody_else_is_not_touched(self, sagemaker: Stubber, sent: list[Any]) -> None:
        listing(sagemaker, summary())
        tagging(sagemaker, pipeline_type="theirs")
        assert check() == {"reported": 0}
        assert sent == []

    def test_every_page_is_read(self, sagemaker: Stubber, inbox: Inbox, autopilot: Event) -> None:
        listing(sagemaker, summary("others", status="InProgress"), token="more")
        listing(sagemaker, summary(), after="more")
        tagging(sagemaker)
        describing(sagemaker, autopilot, "describe_auto_ml_job")
        assert check() == {"reported": 1}

    def test_a_job_that_fails_to_be_told_keeps_nobody_from_the_others(
        self, sagemaker: Stubber, inbox: Inbox, autopilot: Event
    ) -> None:
        """The next attempt, which has the same id, tells of the one and not again of the other."""
        listing(sagemaker, summary("first"), summary())
        tagging(sagemaker, "first")
        sagemaker.add_client_error("describe_auto_ml_job", "ThrottlingException", "Rate exceeded")
        tagging(sagemaker)
        describing(sagemaker, autopilot, "describe_auto_ml_job")
        with pytest.raises(ServiceBusyError):
            check()
        listing(sagemaker, summary("first"), summary())
        tagging(sagemaker, "first")
        describing(sagemaker, {**autopilot, "AutoMLJobName": "first"}, "describe_auto_ml_job")
        tagging(sagemaker)
        assert check() == {"reported": 1}
        told = [message["Message"].split(" status")[0] for message in inbox()]
        assert told == ["The Autopilot job berths-a", "The Autopilot job first"]
