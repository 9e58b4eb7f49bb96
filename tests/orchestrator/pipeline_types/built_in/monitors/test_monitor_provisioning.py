# SPDX-License-Identifier: Apache-2.0
"""Monitors provisioned against moto: baselines are looked at first, and no endpoint takes another's pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from botocore.stub import Stubber

from orchestrator import service
from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.s3 import objects
from orchestrator.errors import ConflictError, RefusedRequestError, ServiceRefusedError
from orchestrator.launch.settings import MultiAccount, Settings, StageTarget
from orchestrator.provisioned import pipeline_stacks
from orchestrator.values.per_stage import STAGES
from tests.orchestrator.conftest import Bundled, Sent
from tests.orchestrator.monitoring import ALL, BASELINES, BIAS, DATA, example
from tests.orchestrator.provision.conftest import PIPELINE_TEMPLATE
from tests.orchestrator.requesting import Body

STACK: Final = "mlops-pipeline-berth-occupancy-byomdataqualitymonitor"
PLAIN: Final = f"{STACK}-codepipeline"
CREATED: Final = "success: stack creation started"
Provision = Callable[..., dict[str, Any]]


@pytest.fixture
def provision(aws: None, settings: Settings, bundled: Bundled) -> Provision:
    """`provision(endpoint_name=...)`; buckets, what is in them, and the endpoint are there."""
    s3, launch = calls.client("s3"), settings.launch
    for bucket in (launch.pipelines_bucket, launch.assets_bucket):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": launch.region})
    s3.put_bucket_versioning(Bucket=launch.pipelines_bucket, VersioningConfiguration={"Status": "Enabled"})
    names = [f"{engine}{kind.removeprefix('byom_')}" for kind in ALL for engine in ("", "open_")]
    blueprints = {f"blueprints/{name}.yaml": "Resources: {}\n" for name in names}
    bundled({"pipelines/single_account_codepipeline.yaml": PIPELINE_TEMPLATE, **blueprints})
    for path in BASELINES.iterdir():
        s3.put_object(Bucket=launch.assets_bucket, Key=f"baselines/berth-occupancy/{path.name}", Body=path.read_bytes())

    def carry_out(pipeline_type: str = DATA, *, served: bool = True, **changes: Any) -> dict[str, Any]:
        body: Body = {**example(pipeline_type), **changes}
        if served:
            make_endpoint(body["endpoint_name"])
        return service.provision_pipeline(body, settings)

    return carry_out


def make_endpoint(name: str) -> None:
    """Make an endpoint if there is none of that name."""
    sagemaker = calls.client("sagemaker")
    if any(found["EndpointName"] == name for found in sagemaker.list_endpoints()["Endpoints"]):
        return
    variant = {"VariantName": "v", "ModelName": f"{name}-m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    role = "arn:aws:iam::111122223333:role/model"
    sagemaker.create_model(ModelName=f"{name}-m", ExecutionRoleArn=role, PrimaryContainer={"Image": "i"})
    sagemaker.create_endpoint_config(EndpointConfigName=f"{name}-c", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-c")


@pytest.fixture
def sent(sent: list[Any]) -> list[Any]:
    """With the looks at SageMaker's things."""

    def note(params: dict[str, Any], event_name: str, **_: Any) -> None:
        if "Describe" in event_name:
            sent.append(Sent(event_name.removeprefix("provide-client-params."), dict(params)))

    calls.client("sagemaker").meta.events.register("provide-client-params", note)
    return sent


def name_in(answer: dict[str, Any]) -> str:
    return str(answer["pipeline_id"]).split("/")[1]


class TestNames:
    def test_the_plain_case_has_the_promised_name(self, provision: Provision) -> None:
        assert name_in(provision()) == PLAIN

    def test_two_endpoints_of_one_model_do_not_overwrite_each_other(self, provision: Provision) -> None:
        """Lesson 30."""
        first, second = provision(), provision(endpoint_name="berths-canary")
        assert (second["message"], name_in(first)) == (CREATED, PLAIN)
        name = name_in(second)
        assert name.startswith("mlops-pipeline-berth-occupancy-berths-canary-")
        assert name.endswith("-byomdataqualitymonitor-codepipeline")
        stack = stacks.find(name)
        assert stack is not None
        # Everything follows from the chosen name.
        own = name.removesuffix("-codepipeline")
        assert stack.parameters["StackName"] == own
        assert stack.parameters["TemplateZipFileName"] == f"provisioned/{own}/template.zip"
        assert stack.tags["mlops:subject"] == "berths-canary"

    def test_another_monitor_of_the_same_endpoint_is_another_pipeline(self, provision: Provision) -> None:
        assert name_in(provision(BIAS)) == "mlops-pipeline-berth-occupancy-byommodelbiasmonitor-codepipeline"

    def test_a_changed_request_for_the_same_endpoint_keeps_its_pipeline(
        self, provision: Provision, codepipeline: Any
    ) -> None:
        first = provision()
        codepipeline.add_response("list_pipeline_executions", {"pipelineExecutionSummaries": []})
        codepipeline.add_response("start_pipeline_execution", {"pipelineExecutionId": "e-1"})
        assert provision(instance_type="ml.m5.xlarge")["pipeline_id"] == first["pipeline_id"]

    def test_a_pipeline_keeps_its_name_when_the_plain_one_becomes_free(
        self, provision: Provision, codepipeline: Any
    ) -> None:
        provision()
        second = provision(endpoint_name="berths-canary")
        calls.client("cloudformation").delete_stack(StackName=PLAIN)
        codepipeline.add_response("list_pipeline_executions", {"pipelineExecutionSummaries": []})
        codepipeline.add_response("start_pipeline_execution", {"pipelineExecutionId": "e-1"})
        assert provision(endpoint_name="berths-canary")["pipeline_id"] == second["pipeline_id"]

    def test_configurations_go_with_the_chosen_name(self, provision: Provision, settings: Settings) -> None:
        provision(BIAS)
        name = name_in(provision(BIAS, endpoint_name="berths-canary")).removesuffix("-codepipeline")
        listed = calls.client("s3").list_objects_v2(
            Bucket=settings.launch.pipelines_bucket, Prefix=f"provisioned/{name}/"
        )
        assert [entry["Key"].rpartition("/")[2] for entry in listed["Contents"]] == [
            "analysis_config.json",
            "analysis_config.json",
            "template.zip",
        ]

    def test_a_long_model_name_has_its_plain_name_only(self, provision: Provision, sent: list[Any]) -> None:
        model = {"model_name": "m" * 70}
        assert len(name_in(provision(**model))) <= 128
        before = len(sent)
        with pytest.raises(ConflictError, match="belong to other pipelines"):
            provision(**model, endpoint_name="berths-canary")
        # The other endpoint's package stays what it was.
        assert sorted(call.operation for call in sent[before:]) == [
            "cloudformation.DescribeStacks",
            "s3.GetObject",
            "sagemaker.DescribeEndpoint",
        ]

    def test_no_name_is_too_long(self, provision: Provision) -> None:
        model = {"model_name": "m" * 58}
        first, second = (name_in(provision(**model, endpoint_name=f"{letter}{'e' * 40}")) for letter in ("a", "b"))
        assert first != second
        # A stack set adds more than `-codepipeline`.
        assert len(second.removesuffix("-codepipeline")) + len("-staging-12345678") <= 128


TARGETS: Final = {stage: StageTarget(str(number) * 12, "ou-ab12-cd34ef56") for number, stage in enumerate(STAGES, 4)}
MODEL_STACK: Final = "mlops-pipeline-berth-occupancy-byompipelinerealtimecustom-codepipeline"


class TestEndpoints:
    """Lesson 106."""

    @pytest.fixture
    def asked(self, provision: Provision) -> Callable[..., tuple[str, str]]:
        """The endpoint that a dry run would monitor, and the schedule."""

        def dry_run(name: str, pipeline_type: str = DATA) -> tuple[str, str]:
            plan = provision(pipeline_type, served=False, dry_run=True, endpoint_name=name)["plan"]
            (values,) = plan["parameters"].values()
            return values["EndpointName"], values["MonitoringScheduleName"]

        return dry_run

    def test_its_name_is_as_sagemaker_spells_it(self, asked: Callable[..., tuple[str, str]]) -> None:
        make_endpoint("Berths-Live")
        name, schedule = asked("Berths-Live")
        assert name == "Berths-Live"
        assert schedule.startswith("berths-live-dataquality-")

    @pytest.mark.parametrize("given", ["BERTHS-live", "berths-live"])
    def test_also_where_the_caller_does_not(self, asked: Callable[..., tuple[str, str]], given: str) -> None:
        """Where DescribeEndpoint finds an endpoint by any spelling, its answer has the right one."""
        with Stubber(calls.client("sagemaker")) as stub:
            times = dict.fromkeys(("CreationTime", "LastModifiedTime"), datetime(2026, 1, 1, tzinfo=UTC))
            arn = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/berths-live"
            found = {"EndpointName": "Berths-Live", "EndpointArn": arn, "EndpointStatus": "InService", **times}
            stub.add_response("describe_endpoint", found, {"EndpointName": given})
            assert asked(given)[0] == "Berths-Live"

    def test_it_may_have_been_made_in_lower_case(self, asked: Callable[..., tuple[str, str]]) -> None:
        """Where DescribeEndpoint heeds the case."""
        make_endpoint("berths-live")
        assert asked("Berths-Live")[0] == "berths-live"

    def test_one_that_is_not_there_is_a_problem(self, provision: Provision) -> None:
        with pytest.raises(RefusedRequestError) as refused:
            provision(served=False, endpoint_name="Berths-Live")
        (problem,) = refused.value.problems
        assert str(problem).startswith("endpoint_name: there is no endpoint Berths-Live in this account and Region")

    def test_one_that_is_missing_and_a_missing_baseline_are_told_together(self, provision: Provision) -> None:
        with pytest.raises(RefusedRequestError) as refused:
            provision(served=False, baseline_data="nowhere.csv")
        assert [problem.key for problem in refused.value.problems] == ["endpoint_name", "baseline_data"]

    def test_one_of_ours_may_come_yet(self, provision: Provision, asked: Callable[..., tuple[str, str]]) -> None:
        """Real-time pipelines make names in lower case, as the earlier solution did."""
        template = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
        calls.client("cloudformation").create_stack(StackName=MODEL_STACK, TemplateBody=template)
        assert asked("Berths-Live")[0] == "berths-live"
        (warning,) = provision(served=False, dry_run=True, endpoint_name="Berths-Live")["warnings"]
        assert warning.startswith("endpoint_name: there is no endpoint Berths-Live yet")

    def test_nobody_looks_into_the_accounts_of_stages(
        self, provision: Provision, settings: Settings, sent: list[Any]
    ) -> None:
        staged = replace(
            settings,
            launch=replace(settings.launch, multi_account=True),
            multi_account=MultiAccount(TARGETS, "deployer"),
        )
        names = {"dev": "Berths-Dev", "staging": "berths-staging", "prod": "berths-prod"}
        body = {**example(DATA, multi=True), "dry_run": True, "endpoint_name": names}
        plan = service.provision_pipeline(body, staged)["plan"]
        assert [values["EndpointName"] for values in plan["parameters"].values()] == [*names.values()]
        assert {call.operation for call in sent} == {"s3.GetObject", "cloudformation.DescribeStacks"}

    def test_clarify_asks_the_real_one(self, provision: Provision) -> None:
        make_endpoint("Berths-Live")
        plan = provision(BIAS, dry_run=True, endpoint_name="Berths-Live")["plan"]
        baseline, _ = (json.loads(content) for content in plan["objects"].values())
        assert baseline["predictor"]["endpoint_name"] == "Berths-Live"

    def test_a_refusal_is_told(self, asked: Callable[..., tuple[str, str]]) -> None:
        with Stubber(calls.client("sagemaker")) as stub:
            stub.add_client_error("describe_endpoint", "AccessDeniedException", http_status_code=400)
            with pytest.raises(ServiceRefusedError):
                asked("berths-live")


class TestHeaders:
    def test_a_new_one_takes_a_read_and_a_look_at_once_and_the_other_calls(
        self, provision: Provision, sent: list[Any]
    ) -> None:
        provision()
        found = [call.operation.partition(".")[2] for call in sent[-7:]]
        assert sorted(found[:2]) == ["DescribeEndpoint", "GetObject"]
        assert found[2:] == [
            "DescribeStacks",
            "DescribeStacks",
            "HeadObject",
            "PutObject",
            "CreateStack",
        ]

    @pytest.mark.parametrize("dry_run", [True, False])
    def test_a_missing_baseline_is_refused_before_anything_is_made(
        self, provision: Provision, sent: list[Any], dry_run: bool
    ) -> None:
        before = len(sent)
        with pytest.raises(RefusedRequestError) as refused:
            provision(baseline_data="nowhere.csv", dry_run=dry_run)
        (problem,) = refused.value.problems
        assert problem.key == "baseline_data"
        assert problem.problem.startswith("there is no nowhere.csv in the assets bucket quayside-assets")
        assert sorted(call.operation for call in sent[before:]) == ["s3.GetObject", "sagemaker.DescribeEndpoint"]

    def test_a_dry_run_shows_the_configurations(self, provision: Provision) -> None:
        plan = provision(BIAS, dry_run=True)["plan"]
        baseline, schedule = (json.loads(content) for content in plan["objects"].values())
        assert baseline["headers"] == schedule["headers"] == ["occupied", "carrier", "length", "tide"]
        (other,) = plan["pipeline_stack_names_if_taken"]
        assert "berth-occupancy-live" in other

    def test_a_configuration_is_encrypted_with_the_request_s_key(
        self, provision: Provision, settings: Settings, sent: list[Any]
    ) -> None:
        """Lessons 4 and 5."""
        key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
        provision(BIAS, kms_key_arn=key)
        stored = [call.parameters for call in sent if call.operation == "s3.PutObject"]
        configurations = [put for put in stored if put["Key"].endswith("analysis_config.json")]
        assert [(put["ServerSideEncryption"], put["SSEKMSKeyId"]) for put in configurations] == [("aws:kms", key)] * 2


def test_only_the_beginning_of_an_object_is_read(provision: Provision, settings: Settings) -> None:
    found = objects.beginning(settings.launch.assets_bucket, "baselines/berth-occupancy/label_first.csv", 8)
    assert found is not None
    assert (found.content, found.is_whole) == (b"occupied", False)


class TestEngine:
    """The fixture's launch has SageMaker's engine."""

    @pytest.mark.parametrize("engine", ["open", "sagemaker"])
    def test_answers_and_the_stack_s_tag_name_it(self, provision: Provision, engine: str) -> None:
        planned = provision(dry_run=True, monitor_engine=engine)
        answer = provision(monitor_engine=engine)
        assert planned["plan"]["monitor_engine"] == answer["monitor_engine"] == engine
        assert "warnings" not in planned
        assert "warnings" not in answer
        stack = stacks.find(PLAIN)
        assert stack is not None
        assert stack.tags["mlops:monitor-engine"] == engine
        assert pipeline_stacks.of(stack).engine == engine

    def test_a_changed_one_is_told_before_and_when_it_changes(self, provision: Provision) -> None:
        provision()
        expected = (
            "monitor_engine: this changes the engine from SageMaker's to the open one, because the request says "
            "so. It computes a baseline of its own, and its schedule takes the place of the one that is there"
        )
        assert provision(dry_run=True, monitor_engine="open")["warnings"] == [expected]
        changed = provision(monitor_engine="open")
        assert (changed["warnings"], changed["monitor_engine"]) == ([expected], "open")
        assert "warnings" not in provision(dry_run=True, monitor_engine="open")

    def test_the_launch_is_named_where_the_request_says_nothing(self, provision: Provision, settings: Settings) -> None:
        """After an upgrade a request that is sent again follows the launch."""
        provision()
        body = {**example(DATA), "endpoint_name": "berth-occupancy-live"}
        opened = replace(settings, launch=replace(settings.launch, monitor_engine="open"))
        (warning,) = service.provision_pipeline(body, opened)["warnings"]
        assert "because the orchestrator was launched with MonitorEngine=Open and the request names none" in warning
        assert '"monitor_engine": "sagemaker" leaves it as it is' in warning

    def test_a_pipeline_of_an_earlier_release_runs_sagemaker_s(self, provision: Provision) -> None:
        """It has no tag."""
        provision()
        stack = stacks.find(PLAIN)
        assert stack is not None
        tags = {name: value for name, value in stack.tags.items() if name != "mlops:monitor-engine"}
        assert pipeline_stacks.of(replace(stack, tags=tags)).engine == "sagemaker"

    def test_what_is_no_monitor_has_none(self, provision: Provision) -> None:
        provision()
        stack = stacks.find(PLAIN)
        assert stack is not None
        tags = {**stack.tags, "pipeline_type": "byom_realtime_builtin"}
        assert pipeline_stacks.of(replace(stack, tags=tags)).engine is None

    def test_the_engine_is_stored_and_takes_one_call_more(
        self, provision: Provision, settings: Settings, sent: list[Any]
    ) -> None:
        provision(monitor_engine="open")
        puts = [call.parameters["Key"] for call in sent if call.operation.endswith("PutObject")]
        engine = next(key for key in puts if "/engine/" in key)
        head = calls.client("s3").head_object(Bucket=settings.launch.pipelines_bucket, Key=engine)
        assert head["ContentType"] == "application/zip"
        assert len(puts) == 2
