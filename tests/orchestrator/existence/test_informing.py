# SPDX-License-Identifier: Apache-2.0
"""What requests name is looked up before anything is made, against moto."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from botocore.stub import Stubber

from orchestrator import service
from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.errors import RefusedRequestError
from orchestrator.existence import informing
from orchestrator.existence.informing import Informed
from orchestrator.launch.settings import Launch, Settings
from orchestrator.pipeline_types.built_in.serving.updates import SafelyUpdated
from tests import making
from tests.orchestrator.conftest import Body, Bundled, read_json
from tests.orchestrator.provision.conftest import PIPELINE_TEMPLATE
from tests.orchestrator.requesting import PACKAGE, request_of

ACCOUNT: Final = "123456789012"
Look = Callable[..., Informed]


@pytest.fixture(autouse=True)
def all_is_there() -> None:
    """Here it is looked."""


@pytest.fixture
def launch(launch: Launch) -> Launch:
    """In moto's account."""
    return replace(launch, ecr_repository_arn=f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/quayside-images")


@pytest.fixture
def there(aws: None, launch: Launch) -> None:
    """The buckets of the orchestrator."""
    for bucket in (launch.assets_bucket, launch.pipelines_bucket):
        calls.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": launch.region})
    calls.client("s3").put_bucket_versioning(
        Bucket=launch.pipelines_bucket, VersioningConfiguration={"Status": "Enabled"}
    )


@pytest.fixture
def look(there: None, launch: Launch) -> Look:
    """`look(body, key=...)`."""

    def carry_out(body: Body, **changes: Any) -> Informed:
        return informing.inform(request_of(body, launch, **changes), launch, {**body, **changes})

    return carry_out


def of(pipeline_type: str) -> Body:
    body: Body = read_json(f"requests/{pipeline_type}.json")
    body.pop("kms_key_arn", None)
    if "custom_image_uri" in body:
        body["custom_image_uri"] = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/vision:2026.11.0"
    return body


def missing(found: Informed) -> dict[str, str]:
    return {problem.key: problem.problem for problem in found.missing}


LOOKED_AT: Final = {
    "byom_realtime_builtin": ["model_artifact_location", "data_capture_location"],
    "byom_realtime_custom": ["model_artifact_location", "custom_image_uri", "data_capture_location"],
    "byom_batch_builtin": ["model_artifact_location", "batch_inference_data", "batch_job_output_location"],
    "byom_image_builder": ["custom_algorithm_docker", "ecr_repo_name"],
    "model_training_builtin": ["register.model_package_group_name", "training_data", "validation_data"],
    "model_tuner_builtin": ["training_data", "validation_data"],
    "model_autopilot_training": ["training_data"],
}


class TestMissing:
    @pytest.mark.parametrize("pipeline_type", LOOKED_AT)
    def test_all_of_it_is_told_and_nothing_when_it_is_there(
        self, look: Look, launch: Launch, pipeline_type: str
    ) -> None:
        found = look(of(pipeline_type))
        assert list(missing(found)) == LOOKED_AT[pipeline_type]
        assert all("there is no " in problem for problem in missing(found).values())
        making.all_named(of(pipeline_type), launch, calls.client)
        assert look(of(pipeline_type)).missing == ()
        assert look(of(pipeline_type)).warnings == ()

    def test_five_things_that_do_not_exist_are_five_problems_and_nothing_is_made(
        self, there: None, settings: Settings, launch: Launch
    ) -> None:
        key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/8c2d7e10-5b3f-4a61-9f27-0d4c6b1e93aa"
        body = {**of("byom_batch_custom"), "kms_key_arn": key}
        with pytest.raises(RefusedRequestError) as refused:
            service.provision_pipeline(body, replace(settings, launch=launch))
        assert [problem.key for problem in refused.value.problems] == [
            "model_artifact_location",
            "kms_key_arn",
            "batch_inference_data",
            "batch_job_output_location",
            "custom_image_uri",
        ]
        assert calls.client("cloudformation").list_stacks()["StackSummaries"] == []
        assert "Contents" not in calls.client("s3").list_objects_v2(Bucket=launch.pipelines_bucket)

    def test_a_dry_run_is_refused_too(self, there: None, settings: Settings, launch: Launch) -> None:
        body = {**of("byom_realtime_builtin"), "dry_run": True}
        with pytest.raises(RefusedRequestError):
            service.provision_pipeline(body, replace(settings, launch=launch))

    def test_a_file_is_more_than_the_beginning_of_a_key(self, look: Look, launch: Launch) -> None:
        body = of("byom_realtime_builtin")
        making.all_named(body, launch, calls.client)
        assert list(missing(look(body, model_artifact_location="models/berth"))) == ["model_artifact_location"]
        assert look(of("model_autopilot_training"), training_data="models/berth").missing == ()

    def test_a_repository_without_the_tag(self, look: Look) -> None:
        calls.client("ecr").create_repository(repositoryName="vision")
        problem = missing(look(of("byom_realtime_custom")))["custom_image_uri"]
        assert problem == "there is no image with the tag 2026.11.0 in the repository vision: push it first"

    def test_an_image_without_a_tag_is_the_latest(self, look: Look) -> None:
        calls.client("ecr").create_repository(repositoryName="vision")
        uri = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/vision"
        assert "tag latest" in missing(look(of("byom_realtime_custom"), custom_image_uri=uri))["custom_image_uri"]


class TestUnusable:
    @pytest.fixture
    def told(self, look: Look) -> Callable[[str], str]:
        def of_key(arn: str) -> str:
            return missing(look(of("byom_realtime_builtin"), kms_key_arn=arn)).get("kms_key_arn", "")

        return of_key

    def test_keys(self, told: Callable[[str], str]) -> None:
        kms = calls.client("kms")
        good, signs = (
            kms.create_key(**options)["KeyMetadata"]["Arn"]
            for options in ({}, {"KeyUsage": "SIGN_VERIFY", "KeySpec": "RSA_2048"})
        )
        kms.create_alias(AliasName="alias/harbour", TargetKeyId=good)
        assert told(good) == ""
        assert told(good.rpartition("key/")[0] + "alias/harbour") == ""
        assert told(signs).startswith("must be a symmetric key that encrypts")
        kms.schedule_key_deletion(KeyId=good.rpartition("/")[2])
        assert told(good) == f"must be a key that is enabled: {good} is PendingDeletion"

    def test_topics(self, look: Look) -> None:
        made = calls.client("sns").create_topic(Name="answers")["TopicArn"]
        queue = {"output_location": "absent-answers", "success_topic_arn": made, "error_topic_arn": f"{made}-failed"}
        found = missing(look(of("byom_realtime_builtin"), async_inference=queue))
        assert found["async_inference.error_topic_arn"] == f"there is no topic {made}-failed: make it first"
        assert "there is no bucket absent-answers" in found["async_inference.output_location"]
        assert "async_inference.success_topic_arn" not in found

    def test_secrets(self, look: Look) -> None:
        made = calls.client("secretsmanager").create_secret(Name="mlops/hub", SecretString="x")["ARN"]
        key = "registry_credentials_secret_arn"
        assert key not in missing(look(of("byom_image_builder"), **{key: made}))
        calls.client("secretsmanager").delete_secret(SecretId=made)
        assert missing(look(of("byom_image_builder"), **{key: made}))[key].endswith("is scheduled for deletion")

    def test_subnets_and_security_groups(self, look: Look) -> None:
        ec2 = calls.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
        body = of("byom_data_quality_monitor")
        baseline = {"Bucket": "quayside-assets", "Key": body["baseline_data"], "Body": b"a,b\n1,2\n"}
        calls.client("s3").put_object(**baseline)
        network = {"subnets": [subnet, "subnet-0"], "security_group_ids": [group, "sg-0"]}
        found = missing(look(body, **network))
        assert found["subnets"] == "there is no subnet subnet-0 in this account and Region"
        assert found["security_group_ids"] == "there is no security group sg-0 in this account and Region"


class TestVpc:
    @pytest.fixture
    def two(self) -> tuple[list[str], list[str]]:
        """Two subnets of two zones and a group of one VPC; then a subnet and a group of another."""
        ec2, subnets, groups = calls.client("ec2"), [], []
        for number, zones in ((0, ("a", "b")), (1, ("a",))):
            vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
            groups.append(ec2.create_security_group(GroupName=f"g{number}", Description="g", VpcId=vpc)["GroupId"])
            for place, zone in enumerate(zones):
                block = {"CidrBlock": f"10.{number}.{place}.0/24", "AvailabilityZone": f"eu-west-1{zone}"}
                subnets.append(ec2.create_subnet(VpcId=vpc, **block)["Subnet"]["SubnetId"])
        return subnets, groups

    @pytest.fixture
    def told(self, look: Look) -> Callable[[str, list[str], list[str]], str]:
        def of_vpc(pipeline_type: str, subnets: list[str], groups: list[str]) -> str:
            vpc = {"subnets": subnets, "security_groups": groups}
            return missing(look(of(pipeline_type), vpc=vpc)).get("vpc", "")

        return of_vpc

    def test_subnets_and_security_groups_are_of_one_vpc(
        self, told: Callable[[str, list[str], list[str]], str], two: tuple[list[str], list[str]]
    ) -> None:
        (one, other, strange), (group, strange_group) = two
        assert told("byom_realtime_builtin", [one, other], [group]) == ""
        assert told("model_training_builtin", [one], [group]) == ""
        mixed = told("byom_batch_builtin", [one, strange], [group])
        assert mixed.startswith(f"must be of one VPC: {one} is of vpc-")
        assert "must be of one VPC" in told("byom_batch_builtin", [one], [group, strange_group])

    def test_what_is_missing_is_named_at_once(
        self, told: Callable[[str, list[str], list[str]], str], two: tuple[list[str], list[str]]
    ) -> None:
        (one, *_), _ = two
        assert told("byom_batch_builtin", [one, "subnet-00000000"], ["sg-00000000"]) == (
            "there is no subnet subnet-00000000 in this account and Region; "
            "there is no security group sg-00000000 in this account and Region"
        )

    def test_an_endpoint_is_in_two_zones(
        self, told: Callable[[str, list[str], list[str]], str], two: tuple[list[str], list[str]]
    ) -> None:
        (one, _, _), (group, _) = two
        network = calls.client("ec2").describe_subnets(SubnetIds=[one])["Subnets"][0]
        block = {"CidrBlock": "10.0.7.0/24", "AvailabilityZone": network["AvailabilityZone"]}
        beside = calls.client("ec2").create_subnet(VpcId=network["VpcId"], **block)["Subnet"]["SubnetId"]
        assert "subnets in 2 Availability Zones at least" in told("byom_realtime_builtin", [one, beside], [group])
        assert told("byom_batch_builtin", [one, beside], [group]) == ""


class TestNotSeen:
    @pytest.mark.parametrize("code", ["AccessDenied", "SlowDown"])
    def test_what_may_not_be_looked_at_is_a_warning(self, look: Look, code: str) -> None:
        body = of("model_autopilot_training")
        with Stubber(calls.client("s3")) as stub:
            stub.add_client_error("list_objects_v2", code, http_status_code=403)
            found = look(body)
        assert found.missing == ()
        assert found.warnings == (f"training_data: could not be looked up before the deployment ({code})",)

    def test_things_of_stages_are_not_looked_at(self, there: None, launch: Launch) -> None:
        staged = replace(launch, multi_account=True)
        body = read_json("requests/byom_batch_custom.multi.json")
        found = informing.inform(request_of(body, staged), staged, body)
        assert list(missing(found)) == ["model_artifact_location"]

    def test_things_of_other_regions_are_not_looked_at(self, look: Look) -> None:
        uri = f"{ACCOUNT}.dkr.ecr.eu-north-1.amazonaws.com/vision:1"
        assert "custom_image_uri" not in missing(look(of("byom_realtime_custom"), custom_image_uri=uri))

    def test_what_the_registry_makes_superfluous_is_not_looked_at(self, there: None, launch: Launch) -> None:
        registry = replace(launch, use_model_registry=True)
        package = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model-package/berths/1"
        request = request_of(of("byom_realtime_custom"), registry, model_package_name=package)
        with pytest.raises(RefusedRequestError) as refused:
            informing.inform(request, registry, {})
        assert [problem.key for problem in refused.value.problems] == ["model_package_name", "data_capture_location"]


class TestInPlace:
    @pytest.fixture
    def provision(self, there: None, settings: Settings, launch: Launch, bundled: Bundled) -> Callable[..., Any]:
        bundled(
            {
                "pipelines/single_account_codepipeline.yaml": PIPELINE_TEMPLATE,
                "blueprints/realtime_inference.yaml": "Resources: {}\n",
            }
        )
        body = of("byom_realtime_builtin")
        making.all_named(body, launch, calls.client)
        own = replace(settings, launch=launch)

        def carry_out(**changes: Any) -> Any:
            return service.provision_pipeline({**body, **changes}, own)

        carry_out()
        calls.client("s3").delete_object(Bucket=launch.assets_bucket, Key=body["model_artifact_location"])
        return carry_out

    def ran(self, codepipeline: Stubber, launch: Launch, status: str, times: int) -> None:
        stack = stacks.find("mlops-pipeline-berth-occupancy-byompipelinerealtimebuiltin-codepipeline")
        assert stack is not None
        key = stack.parameters["TemplateZipFileName"]
        version = calls.client("s3").head_object(Bucket=launch.pipelines_bucket, Key=key)["VersionId"]
        execution = {
            "pipelineExecutionId": "e",
            "status": status,
            "sourceRevisions": [{"actionName": "S3Source", "revisionId": version}],
        }
        for _ in range(times):
            codepipeline.add_response("list_pipeline_executions", {"pipelineExecutionSummaries": [execution]})

    def test_an_equal_request_is_still_nothing_to_do(
        self, provision: Callable[..., Any], codepipeline: Stubber, launch: Launch
    ) -> None:
        self.ran(codepipeline, launch, "Succeeded", 2)
        answer = provision()
        assert answer["message"].endswith("No updates are to be performed.")
        (warning,) = answer["warnings"]
        assert warning.startswith("model_artifact_location: there is no ")
        assert warning.endswith("the pipeline is as requested, and nothing is made of it again")

    def test_a_changed_one_is_refused(self, provision: Callable[..., Any]) -> None:
        with pytest.raises(RefusedRequestError):
            provision(inference_instance="ml.m5.xlarge")

    def test_so_is_one_that_would_run_again(
        self, provision: Callable[..., Any], codepipeline: Stubber, launch: Launch
    ) -> None:
        self.ran(codepipeline, launch, "Failed", 1)
        with pytest.raises(RefusedRequestError):
            provision()


class TestAlarms:
    """Alarms that a deployment names, and those of the model's monitors."""

    CANARY: Final = {"strategy": "canary"}

    @pytest.fixture
    def alarm(self, there: None) -> Callable[[str], None]:
        def make(name: str) -> None:
            making.alarm(calls.client, name, "OK")

        return make

    def test_each_that_is_named_must_be_there(self, look: Look, alarm: Callable[[str], None]) -> None:
        named = {"deployment": {**self.CANARY, "alarms": ["too-few-orders", "drift"]}}
        alarm("drift")
        found = missing(look(of("byom_realtime_builtin"), **named))["deployment.alarms"]
        assert found == "there is no alarm too-few-orders in this account and Region"
        alarm("too-few-orders")
        assert "deployment.alarms" not in missing(look(of("byom_realtime_builtin"), **named))

    def test_those_of_the_model_s_monitors_are_found(
        self, look: Look, alarm: Callable[[str], None], launch: Launch
    ) -> None:
        body = {**of("byom_realtime_builtin"), "deployment": {**self.CANARY, "monitors": True}}
        making.all_named(of("byom_realtime_builtin"), launch, calls.client)
        (warning,) = look(body).warnings
        assert "deployment.monitors: there is no monitor of this model on the open engine yet" in warning
        own = "mlops-pipeline-berth-occupancy-byompipelinedataqualitymonitor-ViolationsAlarm-1"
        for name in (own, own.replace("ViolationsAlarm", "RunsMissingAlarm"), own.replace("occupancy", "occupancy-x")):
            alarm(name)
        found = look(body)
        assert found.warnings == ()
        assert isinstance(found.request, SafelyUpdated)
        assert found.request.values(launch, None)["RollbackAlarms"] == f"{own},,"

    def test_those_of_monitors_beyond_the_third_are_told(
        self, look: Look, alarm: Callable[[str], None], launch: Launch
    ) -> None:
        body = {**of("byom_realtime_builtin"), "deployment": {**self.CANARY, "monitors": True}}
        making.all_named(of("byom_realtime_builtin"), launch, calls.client)
        kinds = ("data", "model", "bias", "reasons")
        names = [f"mlops-pipeline-berth-occupancy-byompipeline{kind}-ViolationsAlarm-1" for kind in kinds]
        for name in names:
            alarm(name)
        found = look(body)
        assert isinstance(found.request, SafelyUpdated)
        watched = found.request.values(launch, None)["RollbackAlarms"].split(",")
        (left_out,) = set(names) - set(watched)
        (warning,) = found.warnings
        assert warning.startswith("deployment.monitors: an update watches three alarms beside its own")
        assert warning.endswith(f"these are not among them: {left_out}")

    def test_an_artifact_of_a_variant_must_be_there(self, look: Look) -> None:
        other = {"name": "b", "model_artifact_location": "models/other.tar.gz"}
        found = missing(look(of("byom_realtime_builtin"), variants=[other]))
        assert "there is no models/other.tar.gz" in found["variants.0.model_artifact_location"]

    def test_a_version_of_a_variant_must_be_there(self, look: Look) -> None:
        other = {"name": "b", "model_package_name": PACKAGE}
        with pytest.raises(RefusedRequestError) as refused:
            look(of("byom_realtime_builtin"), variants=[other])
        assert "variants.0.model_package_name" in [problem.key for problem in refused.value.problems]
