# SPDX-License-Identifier: Apache-2.0
"""What SageMaker is asked for by each kind of real-time pipeline, field by field (compatibility 3.1, 3.2).

The blueprint is deployed by itself, with the values that the orchestrator plans: in the orchestrator's account, or in
that of a stage, whose model package and artifact are the orchestrator account's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.values.per_stage import Stage
from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.cloudformation.resources.base import Clients
from scripts.local_aws.server import LocalAws
from tests.end_to_end import sharing
from tests.end_to_end.combinations import Combination, every_pair
from tests.end_to_end.deployed import ORCHESTRATOR, Deployed, launch_of
from tests.local_aws.serving import csv_of
from tests.local_aws.stack_setting import ACCOUNTS, acting_in

ASSETS: Final = "quayside-assets"
ARTIFACT: Final = "models/berths/model.tar.gz"
CAPTURE: Final = "quayside-assets/captured/berths"
KMEANS: Final = "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1"
"""The local AWS deploys it without a process that serves, which keeps these tests quick."""
XGBOOST: Final = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
OWN_IMAGE: Final = "444455556666.dkr.ecr.us-east-1.amazonaws.com/vision/hulls:7"
OWN_REPOSITORY: Final = "arn:aws:ecr:us-east-1:444455556666:repository/vision/hulls"
SOLUTION_REPOSITORY: Final = f"arn:aws:ecr:us-east-1:{ORCHESTRATOR}:repository/quayside-images"
PACKAGE: Final = f"arn:aws:sagemaker:us-east-1:{ORCHESTRATOR}:model-package/berths/1"
PACKAGE_THAT_SERVES: Final = f"arn:aws:sagemaker:us-east-1:{ORCHESTRATOR}:model-package/berths/2"
GROUP: Final = f"arn:aws:sagemaker:us-east-1:{ORCHESTRATOR}:model-package-group/berths"
KEY: Final = "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALIAS: Final = "arn:aws:kms:us-east-1:444455556666:alias/team/models"
SENT: Final = ("CreateModel", "CreateEndpointConfig", "CreateEndpoint")


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws(accounts=ACCOUNTS) as aws:
        yield aws


@pytest.fixture(scope="module", autouse=True)
def assets(local_aws: LocalAws, trained_model: TrainedModel) -> None:
    """The artifact in the orchestrator's bucket, a bucket for code, and versions of a model package with it."""
    s3 = acting_in(local_aws, ORCHESTRATOR, "s3")
    for bucket in (ASSETS, launch_of(ASSETS).pipelines_bucket):
        s3.create_bucket(Bucket=bucket)
        sharing.share_bucket(s3, bucket)
    s3.put_object(Bucket=ASSETS, Key=ARTIFACT, Body=demo_model.package(trained_model))
    registry = acting_in(local_aws, ORCHESTRATOR, "sagemaker")
    registry.create_model_package_group(ModelPackageGroupName="berths")
    sharing.share_packages(registry, "berths")
    for image, arn in ((KMEANS, PACKAGE), (XGBOOST, PACKAGE_THAT_SERVES)):
        created = registry.create_model_package(
            ModelPackageGroupName="berths",
            InferenceSpecification={
                "Containers": [{"Image": image, "ModelDataUrl": f"s3://{ASSETS}/{ARTIFACT}"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )
        assert created["ModelPackageArn"] == arn


class Deployer:
    """Deploys the blueprint for a request and listens."""

    def __init__(self, aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
        self._aws = aws
        self.sent: dict[str, dict[str, Any]] = {}
        """What SageMaker got for the last stack, by operation."""
        self._stacks: list[Deployed] = []
        make = Clients._make

        def listened_to(clients: Clients, service: str) -> Any:
            client = make(clients, service)
            if service == "sagemaker":
                client.meta.events.register("provide-client-params.sagemaker", self._note)
            return client

        monkeypatch.setattr(Clients, "_make", listened_to)

    def _note(self, params: dict[str, Any], event_name: str, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        if operation in SENT:
            self.sent[operation] = dict(params)

    def deploy(self, body: dict[str, Any], launch: Launch, stage: Stage | None = None) -> Deployed:
        """The blueprint's stack of a request."""
        self.sent = {}
        self._stacks.append(Deployed(self._aws, body, launch, stage))
        return self._stacks[-1]

    def policies(self, deployed: Deployed) -> dict[str, list[dict[str, Any]]]:
        """The statements of each policy of the role that SageMaker works under."""
        iam = deployed.client("iam")
        role = self.sent["CreateModel"]["ExecutionRoleArn"].rpartition("/")[2]
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        documents = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
        return {name: document["Statement"] for name, document in documents.items()}

    def remove_all(self) -> None:
        """Delete the stacks."""
        for deployed in self._stacks:
            deployed.remove()


@pytest.fixture
def deployer(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployer]:
    deployer = Deployer(local_aws, monkeypatch)
    yield deployer
    deployer.remove_all()


@pytest.fixture
def launch() -> Launch:
    return launch_of(ASSETS)


def body_of(kind: str, *, registry: bool, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "pipeline_type": f"byom_realtime_{kind}",
        "model_name": "Berths",
        "inference_instance": "ml.m5.large",
        "data_capture_location": f"{CAPTURE}/",
        **more,
    }
    if registry:
        return {"model_package_name": PACKAGE, **body}
    image = {"custom_image_uri": OWN_IMAGE}
    framework = {"model_framework": "kmeans", "model_framework_version": "1"}
    return {**body, "model_artifact_location": ARTIFACT, **(image if kind == "custom" else framework)}


def container_of(kind: str, *, registry: bool) -> dict[str, str]:
    if registry:
        return {"ModelPackageName": PACKAGE}
    image = OWN_IMAGE if kind == "custom" else KMEANS
    return {"Image": image, "ModelDataUrl": f"s3://{ASSETS}/{ARTIFACT}"}


CAPTURED: Final[dict[str, Any]] = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": f"s3://{CAPTURE}",
    "CaptureOptions": [{"CaptureMode": "Output"}, {"CaptureMode": "Input"}],
    "CaptureContentTypeHeader": {
        "CsvContentTypes": ["text/csv"],
        "JsonContentTypes": ["application/json", "application/jsonlines"],
    },
}


@every_pair
def test_sagemaker_is_asked_for_what_is_promised(deployer: Deployer, launch: Launch, combination: Combination) -> None:
    kind, registry, encrypted, stage = combination
    key = KEY if encrypted else ""
    launch = replace(launch, use_model_registry=registry, multi_account=stage is not None)
    body = body_of(kind, registry=registry, endpoint_name=" Berths-LIVE ", kms_key_arn=key)
    if stage:
        others = dict.fromkeys(("dev", "prod"), "other-name")
        body["endpoint_name"] = {**others, stage: body["endpoint_name"]}
        body["kms_key_arn"] = {"dev": "", "prod": ALIAS, stage: key}
    deployed = deployer.deploy(body, launch, stage)
    sent, outputs = deployer.sent, deployed.outputs
    role = sent["CreateModel"]["ExecutionRoleArn"]
    assert role.startswith(f"arn:aws:iam::{deployed.account}:role/mlops-pipeline-berths-")
    assert outputs["SageMakerModelName"].startswith("MLOpsSagemakerModel-")
    assert outputs["SageMakerEndpointConfigName"].startswith("MLOpsSagemakerEndpointConfig-")
    encrypted = {"KmsKeyId": key} if key else {}
    assert sent == {
        "CreateModel": {
            "ModelName": outputs["SageMakerModelName"],
            "ExecutionRoleArn": role,
            "PrimaryContainer": container_of(kind, registry=registry),
            "Tags": [{"Key": "model_name", "Value": "Berths"}],
        },
        "CreateEndpointConfig": {
            "EndpointConfigName": outputs["SageMakerEndpointConfigName"],
            "ProductionVariants": [
                {
                    "VariantName": "AllTraffic",
                    "ModelName": outputs["SageMakerModelName"],
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 1,
                    "InitialVariantWeight": 1.0,
                }
            ],
            "DataCaptureConfig": CAPTURED | encrypted,
            **encrypted,
            "Tags": [{"Key": "endpoint-config-name", "Value": "Berths-endpoint-config"}],
        },
        "CreateEndpoint": {
            "EndpointName": "berths-live",
            "EndpointConfigName": outputs["SageMakerEndpointConfigName"],
            "Tags": [{"Key": "endpoint-name", "Value": "Berths-endpoint"}],
        },
    }


USE_OF_A_KEY: Final = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]


def test_a_stage_may_read_the_package_where_it_lives_and_predicts_with_it(
    deployer: Deployer, launch: Launch, trained_model: TrainedModel
) -> None:
    """Lesson 54: roles named the package group of their own account, which has none."""
    launch = replace(launch, use_model_registry=True, multi_account=True)
    body = body_of("builtin", registry=True, model_package_name=PACKAGE_THAT_SERVES)
    deployed = deployer.deploy(body, launch, "staging")
    policies = deployer.policies(deployed)
    package = [(statement["Action"], statement["Resource"]) for statement in policies["ModelPackage"]]
    assert package == [
        (["sagemaker:DescribeModelPackage"], [PACKAGE_THAT_SERVES]),
        (["sagemaker:DescribeModelPackageGroup"], [GROUP]),
    ]
    statements = [statement for policy in policies.values() for statement in policy]
    read = [statement["Resource"] for statement in statements if "s3:GetObject" in statement["Action"]]
    assert [resource for resources in read for resource in resources if "captured" not in resource] == [
        f"arn:aws:s3:::{ASSETS}/{ARTIFACT}"
    ]
    assert policies["ModelImage"][0]["Resource"] == [SOLUTION_REPOSITORY]
    answer = deployed.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=deployed.outputs["SageMakerEndpointName"], ContentType="text/csv", Body=csv_of(trained_model, 8)
    )
    predicted = [float(line) for line in answer["Body"].read().decode().split()]
    assert predicted == pytest.approx(demo_model.predict(trained_model, trained_model.holdout_rows[:8]), abs=1e-6)


def test_without_the_registry_only_the_one_artifact_and_its_image_may_be_read(
    deployer: Deployer, launch: Launch
) -> None:
    """Lesson 28: a name of a package that nobody asked for must not open anything."""
    policies = deployer.policies(deployer.deploy(body_of("custom", registry=False), launch))
    assert set(policies) == {"LogsAndMetrics", "ModelArtifact", "ModelImage", "DataCapture", "Reach"}
    read = policies["ModelArtifact"]
    assert [statement["Resource"] for statement in read] == [
        [f"arn:aws:s3:::{ASSETS}/{ARTIFACT}"],
        [f"arn:aws:s3:::{ASSETS}"],
    ]
    assert policies["ModelImage"][0]["Resource"] == [OWN_REPOSITORY]


def test_the_role_may_use_the_key_of_an_alias(deployer: Deployer, launch: Launch) -> None:
    """Lesson 71: aliases were refused. IAM takes none for a resource, so a condition names it."""
    deployed = deployer.deploy(body_of("custom", registry=False, kms_key_arn=ALIAS), launch)
    assert deployer.sent["CreateEndpointConfig"]["KmsKeyId"] == ALIAS
    statements = deployer.policies(deployed)["EncryptionKey"]
    assert sorted(action for statement in statements for action in statement["Action"]) == USE_OF_A_KEY
    has_alias = {"kms:ResourceAliases": "alias/team/models"}
    for statement in statements:
        assert statement["Resource"] == ["arn:aws:kms:us-east-1:444455556666:key/*"]
        assert statement["Condition"]["ForAnyValue:StringEquals"] == has_alias


def test_local_storage_goes_without_the_key_and_captured_data_do_not(deployer: Deployer, launch: Launch) -> None:
    """Lesson 72: CreateEndpointConfig fails when it names a key for the volume of such an instance."""
    body = body_of("custom", registry=False, kms_key_arn=KEY, inference_instance="ml.g5.xlarge")
    deployed = deployer.deploy(body, launch)
    configuration = deployer.sent["CreateEndpointConfig"]
    assert configuration["ProductionVariants"][0]["InstanceType"] == "ml.g5.xlarge"
    assert "KmsKeyId" not in configuration
    assert configuration["DataCaptureConfig"]["KmsKeyId"] == KEY
    policies = deployer.policies(deployed)
    assert {name for name in policies if name.startswith("EncryptionKey")} == {"EncryptionKey"}
    statements = policies["EncryptionKey"]
    assert sorted(action for statement in statements for action in statement["Action"]) == USE_OF_A_KEY
    for statement in statements:
        assert statement["Resource"] == [KEY]
        assert "ForAnyValue:StringEquals" not in statement.get("Condition", {})
