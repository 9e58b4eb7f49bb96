# SPDX-License-Identifier: Apache-2.0
"""A job that has ended, from the event to the version that is registered."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.errors import ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import registrations
from orchestrator.sagemaker import job_kinds
from tests.orchestrator.events.jobs.report.conftest import (
    JOB,
    KEY,
    PACKAGE,
    PIPELINES,
    Event,
    Inbox,
    _tuning_job,
    creating,
    deliver,
    describing,
    ended,
    instruct,
    tuned,
)

TUNER_KEY = KEY.replace("modeltraining", "modeltuner")


@pytest.fixture
def allowed(request: pytest.FixtureRequest, with_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the operator allows detailed error messages."""
    used = replace(with_settings, allow_detailed_error_message=request.param)
    monkeypatch.setattr(api, "_settings", lambda: used)
    return used.allow_detailed_error_message


def _deployed(stack: str, role: str) -> None:
    """Have a stack with one role."""
    properties = {"RoleName": role, "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}
    template = {"Resources": {"SageMakerRole": {"Type": "AWS::IAM::Role", "Properties": properties}}}
    calls.client("cloudformation").create_stack(
        StackName=stack, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
    )


def _state_of(message: Any) -> str:
    """What subscriptions filter by."""
    return str(message["MessageAttributes"]["state"]["StringValue"])


class TestRegistration:
    def test_the_model_of_a_training_job(self, sagemaker: Stubber, inbox: Inbox, trained: Event) -> None:
        instruct(approval_status="Approved", min_metric={"validation:auc": 0.8})
        describing(sagemaker, trained)
        creating(sagemaker, "Approved")
        deliver(ended(registration=KEY))
        (message,) = inbox()
        assert f"The model was registered as {PACKAGE}, approval status Approved." in message["Message"]
        assert "Metrics: validation:auc 0.9, validation:error 0.1" in message["Message"]
        assert "State: Succeeded" in message["Message"]
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
        assert message["Subject"] == "MLOps model rejected by its gate: berths"
        assert _state_of(message) == "Failed"
        recorded = registrations.find(PIPELINES, job_kinds.TRAINING, "berths-1")
        assert recorded is not None
        assert (recorded.status, recorded.model_package_arn, recorded.reason) == ("Rejected", PACKAGE, reason)

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

    def test_a_registration_that_comes_to_nothing_is_a_failure(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """For whoever reads subjects, filters messages, counts failures or asks later."""
        instruct()
        describing(sagemaker, trained)
        sagemaker.add_client_error("create_model_package", "ValidationException", "no group", http_status_code=400)
        deliver(ended(registration=KEY))
        (message,) = inbox()
        assert message["Subject"] == "MLOps model not registered: berths"
        assert message["Message"].startswith("The training job berths-1 status is: Completed.\n\n")
        assert "State: Failed" in message["Message"]
        assert _state_of(message) == "Failed"
        written = capsys.readouterr().out
        assert '"outcome":"Failed","JobsEnded":[1.0]' in written
        assert '"state":"Failed","StatesTold":[1.0]' in written
        recorded = registrations.find(PIPELINES, job_kinds.TRAINING, "berths-1")
        assert recorded is not None
        assert (recorded.status, recorded.reason) == ("Failed", "AWS did not register the model.")
        assert recorded.detail == "ValidationException: no group"

    def test_the_version_is_recorded_for_whoever_asks_later(self, sagemaker: Stubber, trained: Event) -> None:
        instruct()
        describing(sagemaker, trained)
        creating(sagemaker)
        deliver(ended(registration=KEY))
        recorded = registrations.find(PIPELINES, job_kinds.TRAINING, "berths-1")
        assert recorded is not None
        assert (recorded.status, recorded.model_package_arn) == ("Registered", PACKAGE)
        assert recorded.metrics.keys() == {"validation:auc", "validation:error"}

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
