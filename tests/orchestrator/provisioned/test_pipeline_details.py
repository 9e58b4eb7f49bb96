# SPDX-License-Identifier: Apache-2.0
"""One pipeline: how it is found, and all that is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

import pytest
from botocore.stub import Stubber

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stack_set_removal, stacks
from orchestrator.aws.cloudformation.stack_sets import Instance, StackSetName
from orchestrator.aws.sagemaker.jobs import Job
from orchestrator.launch.settings import MultiAccount, Settings
from orchestrator.pipeline_types.custom.names import PREFIX
from orchestrator.provisioned import pipeline_stacks, removal_records
from orchestrator.sagemaker import job_kinds
from tests import committed
from tests.orchestrator.pipelines_there import (
    deployed_name,
    make_multi_account_pipeline,
    make_pipeline,
    make_stack,
    stage,
    states,
)

Body = dict[str, Any]
Details = Callable[[str], tuple[int, Body]]
CHURN: Final = f"{deployed_name('churn')}-codepipeline"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """In moto's account."""
    return replace(settings, deploy_role_arn="arn:aws:iam::123456789012:role/mlops-DeployRole")


@pytest.fixture
def details(
    aws: None, monkeypatch: pytest.MonkeyPatch, settings: Settings, api_event: Callable[..., Body], context: Any
) -> Details:
    """`details(id)`: status and body of `GET /pipelines/{id}`."""
    monkeypatch.setattr(api, "_settings", lambda: settings)
    bucket = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=settings.launch.pipelines_bucket, CreateBucketConfiguration=bucket)
    states(monkeypatch, stage("DeployPipeline", "Succeeded"))

    def call(given: str) -> tuple[int, Body]:
        route = {"resource": "/pipelines/{id}", "pathParameters": {"id": given}}
        answer = api.handler(api_event(f"/pipelines/{given}", httpMethod="GET", **route), context)
        return answer["statusCode"], json.loads(answer["body"])

    return call


class TestFinding:
    @pytest.mark.parametrize("form", ["arn", "encoded", "stack", "model", "MODEL"])
    def test_an_id_has_several_forms(self, details: Details, form: str) -> None:
        arn = make_pipeline("churn")
        make_pipeline("fraud")
        forms = {"arn": arn, "encoded": quote(arn, safe=""), "stack": CHURN, "model": "churn", "MODEL": "CHURN"}
        status, body = details(forms[form])
        assert (status, body["pipeline_id"]) == (200, arn)

    def test_a_model_with_several_pipelines_is_no_answer(self, details: Details) -> None:
        make_pipeline("churn")
        make_pipeline("churn", "byom_data_quality_monitor", "byomdataqualitymonitor")
        status, body = details("churn")
        assert status == 400
        (problem,) = body["errors"]
        assert problem["problem"] == "churn has several pipelines: name one of churn/data-quality, churn/realtime"

    @pytest.mark.parametrize(
        ("given", "found"),
        [
            ("churn/realtime", "byom_realtime_builtin"),
            ("churn%2Frealtime", "byom_realtime_builtin"),
            ("Churn/Realtime", "byom_realtime_builtin"),
            ("churn/byom_realtime_custom", "byom_realtime_custom"),
            ("churn/custom", "byom_realtime_custom"),
            ("churn/data-quality", "byom_data_quality_monitor"),
            ("churn/data_quality_monitor", "byom_data_quality_monitor"),
            ("churn/monitor", "byom_data_quality_monitor"),
            ("churn/nightly-report", "nightly_report"),
            ("churn/report", "nightly_report"),
        ],
    )
    def test_a_model_and_a_type_name_a_pipeline(
        self, details: Details, settings: Settings, given: str, found: str
    ) -> None:
        make_pipeline("churn")
        make_pipeline("churn", "byom_realtime_custom", "byompipelinerealtimecustom")
        make_pipeline("churn", "byom_data_quality_monitor", "byomdataqualitymonitor")
        make_pipeline("churn", "nightly_report", "nightly-report")
        key = f"{PREFIX}nightly_report/current.json"
        calls.client("s3").put_object(Bucket=settings.launch.pipelines_bucket, Key=key, Body=b"{}")
        status, body = details(given)
        assert (status, body.get("pipeline_type")) == (200, found), body

    def test_a_type_that_several_pipelines_are_of_is_no_answer(self, details: Details) -> None:
        for kind in ("data", "model"):
            make_pipeline("churn", f"byom_{kind}_quality_monitor", f"byom{kind}qualitymonitor")
        status, body = details("churn/monitor")
        assert status == 400
        words = "churn/monitor has several pipelines: name one of churn/data-quality, churn/model-quality"
        assert body["errors"] == [{"key": "id", "problem": words}]

    def test_a_model_without_a_pipeline_of_the_type_tells_which_it_has(self, details: Details) -> None:
        make_pipeline("churn")
        assert details("fraud/realtime")[0] == 404
        status, body = details("churn/batch")
        assert (status, body["message"]) == (
            404,
            "There is no pipeline churn/batch. Of this model there is churn/realtime.",
        )

    def test_a_second_monitor_of_a_model_has_no_short_name(self, details: Details) -> None:
        make_pipeline("churn", "byom_data_quality_monitor", "byomdataqualitymonitor")
        second = make_pipeline("churn", "byom_data_quality_monitor", "endpoint-0123abcd-byomdataqualitymonitor")
        assert details("churn")[1]["short_name"] == "churn/data-quality"
        assert details(second)[1]["short_name"] == details(second)[1]["pipeline_stack_name"]

    def test_the_engine_of_a_monitor_is_told_and_nothing_else_has_one(self, details: Details) -> None:
        make_pipeline("churn")
        make_pipeline("berths", "byom_data_quality_monitor", "byomdataqualitymonitor")
        assert details("churn")[1]["monitor_engine"] is None
        # As releases before have made it, without a tag.
        assert details("berths")[1]["monitor_engine"] == "sagemaker"

    @pytest.mark.parametrize(
        "given",
        [
            "churn",
            CHURN,
            "mlops-pipeline-",
            "mlops-orchestrator",
            deployed_name("fraud"),
            "../x",
            "a%2Fb",
            "a" * 3000,
            "%00",
            "",
            "arn:aws:cloudformation:eu-west-1:123456789012:stack/mlops-orchestrator/a-b",
            f"arn:aws:cloudformation:us-east-1:123456789012:stack/{CHURN}/a-b",
            f"arn:aws:cloudformation:eu-west-1:999999999999:stack/{CHURN}/a-b",
            f"arn:aws:cloudformation:eu-west-1:123456789012:stack/{CHURN}/b300822a-4ab0-45cd-abc3-9db2fc239ddc",
            "arn:aws:s3:::bucket",
        ],
    )
    def test_what_is_not_there_is_a_404(self, details: Details, given: str) -> None:
        make_pipeline("fraud")
        make_stack("mlops-orchestrator")
        make_stack(deployed_name("fraud"))
        status, body = details(given)
        assert status == 404
        assert body["message"].startswith("There is no pipeline ")

    def test_an_old_arn_is_not_that_of_a_pipeline_on_its_way_out(self, details: Details, settings: Settings) -> None:
        first = make_pipeline("churn")
        calls.client("cloudformation").delete_stack(StackName=first)
        second = make_pipeline("churn")
        stack = stacks.find(second)
        assert stack is not None
        removal_records.store(
            settings.launch.pipelines_bucket, removal_records.begin(pipeline_stacks.of(stack), "anna")
        )
        calls.client("cloudformation").delete_stack(StackName=second)
        assert [details(arn)[0] for arn in (first, second)] == [404, 200]

    def test_an_arn_means_the_pipeline_that_had_it(self, details: Details) -> None:
        """Another one of that name may have taken its place."""
        first = make_pipeline("churn")
        calls.client("cloudformation").delete_stack(StackName=first)
        second = make_pipeline("churn")
        assert details(first)[0] == 404
        assert details("churn")[1]["pipeline_id"] == second


def test_the_deployed_stack_is_told_with_its_outputs(details: Details) -> None:
    """Lesson 36."""
    make_pipeline("churn")
    deployed = make_stack(deployed_name("churn"), InferenceApiUrl="https://x/prod/inference")
    body = details("churn")[1]
    assert body["stack"]["stack_id"] == deployed
    assert (body["stack"]["status"], body["outputs"]) == (
        "CREATE_COMPLETE",
        {"InferenceApiUrl": "https://x/prod/inference"},
    )
    assert body["pipeline"]["stageStates"][0]["stageName"] == "DeployPipeline"
    assert (body["stages"], body["job"], body["deletion"]) == ([], None, None)


def test_nothing_is_deployed_yet(details: Details) -> None:
    make_pipeline("churn")
    body = details("churn")[1]
    assert (body["stack"], body["outputs"]) == (None, {})


def test_an_image_builder_has_one_stack(details: Details) -> None:
    arn = make_stack("mlops-pipeline-v1-byompipelineimagebuilder", PipelineName="p", CustomAlgorithmImageURI="uri")
    body = details("v1")[1]
    assert body["stack"]["stack_id"] == arn
    assert body["outputs"]["CustomAlgorithmImageURI"] == "uri"


def test_stages_are_told_by_account(details: Details, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    multi = replace(settings, multi_account=MultiAccount({}, "StageDeployer", "DELEGATED_ADMIN"))
    monkeypatch.setattr(api, "_settings", lambda: multi)
    arn = make_multi_account_pipeline("churn")
    digits = arn.rsplit("/", 1)[1][:8]
    dev = f"{deployed_name('churn')}-dev-{digits}"
    failed = Instance("111122223333", "eu-west-1", "OUTDATED", "FAILED", "no capacity", "op")

    def instances(stack_set: StackSetName) -> Any:
        assert stack_set.call_as == "DELEGATED_ADMIN"
        return (failed,) if stack_set.name == dev else None

    monkeypatch.setattr(stack_set_removal, "instances_of", instances)
    body = details("churn")[1]
    assert [(found["stage"], found["instances"] is None) for found in body["stages"]] == [
        ("dev", False),
        ("staging", True),
        ("prod", True),
    ]
    assert body["stages"][0]["stack_set"] == dev
    assert body["stages"][0]["instances"] == [
        {
            "account": "111122223333",
            "region": "eu-west-1",
            "status": "OUTDATED",
            "detailed_status": "FAILED",
            "reason": "no capacity",
        }
    ]
    assert body["stack"] is None


class TestJob:
    """Lessons 6 and 36: the pipeline's success says nothing of the job."""

    @pytest.mark.parametrize("kind", job_kinds.ALL, ids=lambda kind: kind.output)
    def test_an_output_names_a_job_of_its_kind(
        self, details: Details, monkeypatch: pytest.MonkeyPatch, kind: job_kinds.JobKind
    ) -> None:
        asked = []

        def describe(found: job_kinds.JobKind, name: str) -> Any:
            asked.append((found, name))
            return Job(found, {f"{found.noun}Name": name, f"{found.noun}Status": "Failed", "FailureReason": "no data"})

        monkeypatch.setattr("orchestrator.aws.sagemaker.jobs.describe", describe)
        make_pipeline("churn")
        value = "arn:aws:sagemaker:eu-west-1:1:processing-job/the-job" if kind.output.endswith("Arn") else "the-job"
        make_stack(deployed_name("churn"), **{kind.output: value})
        job = details("churn")[1]["job"]
        assert asked == [(kind, "the-job")]
        assert job == {"kind": kind.words, "name": "the-job", "status": "Failed", "failure_reason": "no data"}

    def test_a_job_that_cannot_be_looked_at_hides_nothing_else(self, details: Details, sagemaker: Stubber) -> None:
        sagemaker.add_client_error("describe_training_job", "ValidationException", "not found", http_status_code=400)
        make_pipeline("churn")
        make_stack(deployed_name("churn"), TrainingJobName="lost")
        status, body = details("churn")
        assert status == 200
        assert (body["job"]["name"], body["job"]["status"]) == ("lost", None)
        assert "AWS did not describe the training job lost" in body["job"]["failure_reason"]

    def test_sagemaker_being_busy_is_worth_a_repeat(self, details: Details, sagemaker: Stubber) -> None:
        sagemaker.add_client_error("describe_training_job", "ThrottlingException", "slowly", http_status_code=400)
        make_pipeline("churn")
        make_stack(deployed_name("churn"), TrainingJobName="j")
        assert details("churn")[0] == 503

    def test_every_blueprint_of_a_job_has_such_an_output(self) -> None:
        templates = [committed.template(path) for path in committed.PATHS if path.startswith("blueprints/")]
        named = {name for template in templates for name in template["Outputs"]}
        outputs = {kind.output for kind in job_kinds.ALL}
        assert named >= outputs
        with_job = [t for t in templates if "Custom::SageMakerJob" in {r["Type"] for r in t["Resources"].values()}]
        assert len(with_job) >= 4
        assert all(template["Outputs"].keys() & outputs for template in with_job)


def test_a_deletion_is_told_as_long_as_it_goes_on(details: Details, settings: Settings) -> None:
    arn = make_pipeline("churn")
    stack = stacks.find(arn)
    assert stack is not None
    removal = removal_records.begin(pipeline_stacks.of(stack), "arn:aws:iam::123456789012:user/anna")
    removal_records.store(settings.launch.pipelines_bucket, removal.model_copy(update={"failure": "in use"}))
    calls.client("cloudformation").delete_stack(StackName=arn)
    for given in (arn, CHURN, "churn"):
        status, body = details(given)
        assert (status, body["stack_status"], body["pipeline"]) == (200, "DELETE_COMPLETE", None)
        assert (body["pipeline_id"], body["deletion"]["failure"]) == (arn, "in use")
        assert body["deletion"]["requested_by"].endswith("user/anna")


def test_the_deletion_of_an_earlier_pipeline_is_not_this_one_s(details: Details, settings: Settings) -> None:
    first = make_pipeline("churn")
    stack = stacks.find(first)
    assert stack is not None
    removal_records.store(settings.launch.pipelines_bucket, removal_records.begin(pipeline_stacks.of(stack), "anna"))
    calls.client("cloudformation").delete_stack(StackName=first)
    make_pipeline("churn")
    assert details("churn")[1]["deletion"] is None
