# SPDX-License-Identifier: Apache-2.0

import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.processes import model_process
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.serving.images import SERVED
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import (
    ACCOUNT,
    ARN,
    ARTIFACT,
    BUCKET,
    CAPTURE,
    CUSTOM_IMAGE,
    IMAGE,
    ROLE,
    VARIANT,
    csv_of,
    make_config,
    make_endpoint,
    make_model,
    names_of_models,
)


@pytest.fixture(scope="module", autouse=True)
def buckets(client: ClientFactory, trained: TrainedModel) -> None:
    for name in (BUCKET, "captures"):
        client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=demo_model.package(trained))


@pytest.fixture(scope="module")
def serving(client: ClientFactory, buckets: None) -> None:
    """An endpoint of the demo's model, for the tests that only invoke it."""
    sm = client("sagemaker")
    make_model(sm, "Serving")
    make_config(sm, "Serving", "Serving", DataCaptureConfig=CAPTURE)
    sm.create_endpoint(EndpointName="Serving", EndpointConfigName="Serving")


@pytest.fixture(autouse=True)
def clean(client: ClientFactory) -> Iterator[None]:
    yield
    sm = client("sagemaker")
    for kind in ("Endpoint", "EndpointConfig", "Model"):
        operation = {"Endpoint": "endpoint", "EndpointConfig": "endpoint_config", "Model": "model"}[kind]
        for item in getattr(sm, f"list_{operation}s")()[f"{kind}s"]:
            if item[f"{kind}Name"] != "Serving":
                getattr(sm, f"delete_{operation}")(**{f"{kind}Name": item[f"{kind}Name"]})


@pytest.mark.usefixtures("serving")
def test_endpoint_predicts_as_the_model_itself(client: ClientFactory, trained: TrainedModel) -> None:
    answer = client("sagemaker-runtime").invoke_endpoint(
        EndpointName="Serving", ContentType="text/csv", Body=csv_of(trained, 114)
    )
    assert answer["ContentType"] == "text/csv; charset=utf-8"
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    predictions = [float(line) for line in answer["Body"].read().decode().splitlines()]
    assert predictions == demo_model.predict(trained, trained.holdout_rows)


@pytest.mark.usefixtures("serving")
def test_endpoint_in_service_is_described(client: ClientFactory) -> None:
    endpoint = client("sagemaker").describe_endpoint(EndpointName="Serving")
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointArn"] == f"{ARN}:endpoint/serving"
    (variant,) = endpoint["ProductionVariants"]
    assert (variant["VariantName"], variant["CurrentInstanceCount"]) == ("AllTraffic", 1)
    assert variant["DeployedImages"][0]["SpecifiedImage"] == IMAGE
    capture = endpoint["DataCaptureConfig"]
    assert (capture["CaptureStatus"], capture["DestinationS3Uri"]) == ("Started", "s3://captures/data")


@pytest.mark.usefixtures("serving")
def test_errors_of_the_model_reach_the_caller(client: ClientFactory) -> None:
    runtime = client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as refused:
        runtime.invoke_endpoint(EndpointName="Serving", ContentType="text/csv", Body="1,2,3")
    original = (
        "Unable to evaluate payload provided: Feature size of csv inference data 3 is not consistent with "
        "feature size of trained model 30"
    )
    response = refused.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert (response["OriginalStatusCode"], response["OriginalMessage"]) == (400, original)
    assert response["LogStreamArn"] == f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/Serving"
    assert response["Error"]["Message"] == (
        f'Received client error (400) from primary with message "{original}". See '
        "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEventViewer:group="
        f"/aws/sagemaker/Endpoints/Serving in account {ACCOUNT} for more information."
    )


@pytest.mark.usefixtures("serving")
def test_binary_bodies_reach_the_model(client: ClientFactory) -> None:
    runtime = client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError, match=r"error \(415\).*please ensure data is in csv format"):
        runtime.invoke_endpoint(EndpointName="Serving", ContentType="text/csv", Body=b"\xff\x00\x8c")


@pytest.mark.parametrize("name", ["nowhere", "serving"])
@pytest.mark.usefixtures("serving")
def test_endpoint_that_does_not_exist(client: ClientFactory, name: str) -> None:
    with pytest.raises(ClientError) as refused:
        client("sagemaker-runtime").invoke_endpoint(EndpointName=name, Body="1")
    assert refused.value.response["Error"] == {
        "Code": "ValidationError", "Message": f"Endpoint {name} of account {ACCOUNT} not found.",
    }  # fmt: skip


@pytest.mark.usefixtures("serving")
def test_bodies_over_6_megabytes_are_refused(client: ClientFactory) -> None:
    with pytest.raises(ClientError, match="Member must have length less than or equal to 6291456"):
        client("sagemaker-runtime").invoke_endpoint(EndpointName="Serving", Body=b"1" * 6_291_457)


def test_custom_image_is_deployed_with_words_and_its_invocation_refused_in_them(client: ClientFactory) -> None:
    words = f"The local AWS cannot run the image {CUSTOM_IMAGE}: it runs {SERVED} only."
    endpoint = make_endpoint(client("sagemaker"), image=CUSTOM_IMAGE)
    assert endpoint["EndpointStatus"] == "InService"
    assert [state["StatusMessage"] for state in endpoint["ProductionVariants"][0]["VariantStatus"]] == [words]
    runtime = client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as refused:
        runtime.invoke_endpoint(EndpointName="Endpoint", ContentType="text/csv", Body="1")
    assert refused.value.response["Error"]["Message"] == words


def test_model_without_its_artifact_is_refused(client: ClientFactory) -> None:
    with pytest.raises(ClientError) as refused:
        make_model(client("sagemaker"), artifact=f"s3://{BUCKET}/not-there.tar.gz")
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert refused.value.response["Error"]["Message"] == f"Could not find model data at s3://{BUCKET}/not-there.tar.gz."
    assert names_of_models(client("sagemaker")) <= {"Serving"}


def test_endpoint_whose_artifact_is_gone_fails(client: ClientFactory, trained: TrainedModel) -> None:
    client("s3").put_object(Bucket=BUCKET, Key="passing.tar.gz", Body=demo_model.package(trained))
    sm = client("sagemaker")
    make_model(sm, artifact=f"s3://{BUCKET}/passing.tar.gz")
    client("s3").delete_object(Bucket=BUCKET, Key="passing.tar.gz")
    make_config(sm)
    sm.create_endpoint(EndpointName="Endpoint", EndpointConfigName="Config")
    endpoint = sm.describe_endpoint(EndpointName="Endpoint")
    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"].startswith(
        f'Failed to download model data from URL "s3://{BUCKET}/passing.tar.gz"'
    )
    with pytest.raises(ClientError, match="is Failed, not InService"):
        client("sagemaker-runtime").invoke_endpoint(EndpointName="Endpoint", Body="1")


def _archive(name: str, content: bytes = b"", link: str = "") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        if link:
            member.type, member.linkname = tarfile.SYMTYPE, link
        tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no archive", "Failed to extract model data archive from URL"),
        (_archive("../../outside", b"{}"), "Failed to extract model data archive from URL"),
        (_archive("xgboost-model", link="/etc/passwd"), "Failed to extract model data archive from URL"),
        (_archive("xgboost-model", b"no model"), r"did not pass the ping health check.*not an XGBoost model in JSON"),
        (_archive("code/inference.py", b""), r"did not pass the ping health check.*holds no model file"),
    ],
    ids=["no archive", "path to outside", "link", "no model", "no file"],
)
def test_endpoint_whose_artifact_is_unusable_fails_and_says_why(
    client: ClientFactory, content: bytes, reason: str
) -> None:
    client("s3").put_object(Bucket=BUCKET, Key="bad.tar.gz", Body=content)
    endpoint = make_endpoint(client("sagemaker"), artifact=f"s3://{BUCKET}/bad.tar.gz")
    assert endpoint["EndpointStatus"] == "Failed"
    assert re.search(reason, endpoint["FailureReason"])


def test_unknown_and_repeated_names_are_refused_in_sagemakers_words(client: ClientFactory) -> None:
    sm = client("sagemaker")
    make_endpoint(sm, image=CUSTOM_IMAGE)
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: make_config(sm, "Other", "Nothing"), f'Could not find model "{ARN}:model/nothing".'),
        (lambda: make_model(sm), f'Cannot create already existing model "{ARN}:model/model".'),
        (
            lambda: make_config(sm),
            f'Cannot create already existing endpoint configuration "{ARN}:endpoint-config/config".',
        ),
        (
            lambda: sm.create_endpoint(EndpointName="New", EndpointConfigName="Nothing"),
            f'Could not find endpoint configuration "{ARN}:endpoint-config/nothing".',
        ),
        (
            lambda: sm.create_endpoint(EndpointName="ENDPOINT", EndpointConfigName="Config"),
            f'Cannot create already existing endpoint "{ARN}:endpoint/endpoint".',
        ),
    ]
    for attempt, words in cases:
        with pytest.raises(ClientError) as refused:
            attempt()
        assert refused.value.response["Error"] == {"Code": "ValidationException", "Message": words}


def test_instance_types_are_those_of_the_sdk(client: ClientFactory) -> None:
    make_model(client("sagemaker"), image=CUSTOM_IMAGE)
    variant = VARIANT | {"ModelName": "Model", "InstanceType": "ml.imaginary.large"}
    with pytest.raises(ClientError, match=r"'ml\.imaginary\.large'.*Member must satisfy enum value set"):
        client("sagemaker").create_endpoint_config(EndpointConfigName="Config", ProductionVariants=[variant])


def test_model_of_a_model_package_is_served(client: ClientFactory, trained: TrainedModel) -> None:
    sm = client("sagemaker")
    sm.create_model_package_group(ModelPackageGroupName="Group")
    package = sm.create_model_package(
        ModelPackageGroupName="Group",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": ARTIFACT}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    sm.create_model(ModelName="Model", ExecutionRoleArn=ROLE, PrimaryContainer={"ModelPackageName": package})
    make_config(sm)
    sm.create_endpoint(EndpointName="Endpoint", EndpointConfigName="Config")
    answer = client("sagemaker-runtime").invoke_endpoint(
        EndpointName="Endpoint", ContentType="text/csv", Body=csv_of(trained, 1)
    )
    assert float(answer["Body"].read()) == demo_model.predict(trained, trained.holdout_rows)[0]
    with pytest.raises(ClientError, match="still contains model packages"):
        sm.delete_model_package_group(ModelPackageGroupName="Group")


def test_an_empty_group_can_be_deleted(client: ClientFactory) -> None:
    sm = client("sagemaker")
    sm.create_model_package_group(ModelPackageGroupName="Emptied")
    container = {"Image": IMAGE, "ModelDataUrl": ARTIFACT}
    specification = {
        "Containers": [container],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    made = [
        sm.create_model_package(ModelPackageGroupName="Emptied", InferenceSpecification=specification) for _ in range(2)
    ]
    for version in made:
        sm.delete_model_package(ModelPackageName=version["ModelPackageArn"])
    assert sm.list_model_packages(ModelPackageGroupName="Emptied")["ModelPackageSummaryList"] == []
    with pytest.raises(ClientError, match="not found"):
        sm.delete_model_package(ModelPackageName=made[0]["ModelPackageArn"])
    sm.delete_model_package_group(ModelPackageGroupName="Emptied")
    groups = sm.list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert "Emptied" not in [group["ModelPackageGroupName"] for group in groups]


def test_tags_are_found_by_the_arn(client: ClientFactory) -> None:
    sm = client("sagemaker")
    container = {"Image": CUSTOM_IMAGE}
    tags = [{"Key": "model_name", "Value": "mine"}]
    arn = sm.create_model(ModelName="Model", ExecutionRoleArn=ROLE, PrimaryContainer=container, Tags=tags)["ModelArn"]
    assert arn == f"{ARN}:model/model"
    assert sm.list_tags(ResourceArn=arn)["Tags"] == tags


@pytest.mark.usefixtures("serving")
def test_invocations_are_captured(client: ClientFactory, trained: TrainedModel) -> None:
    runtime = client("sagemaker-runtime")
    assert sagemaker.flush_captures()
    body = csv_of(trained, 1)
    answer = runtime.invoke_endpoint(
        EndpointName="Serving", ContentType="text/csv", Body=body, InferenceId="first", CustomAttributes="mine"
    )
    prediction = answer["Body"].read().decode()
    with pytest.raises(ClientError):
        runtime.invoke_endpoint(EndpointName="Serving", ContentType="text/csv", Body="1")
    assert sagemaker.flush_captures()
    found = client("s3").list_objects_v2(Bucket="captures", Prefix="data/Serving/AllTraffic/")["Contents"][-1]
    lines = client("s3").get_object(Bucket="captures", Key=found["Key"])["Body"].read().decode().splitlines()
    (record,) = [json.loads(line) for line in lines]
    captured = record["captureData"]
    assert captured["endpointInput"]["data"] == body
    assert captured["endpointOutput"]["data"] == prediction
    assert record["eventMetadata"]["inferenceId"] == "first"
    assert record["eventMetadata"]["customAttributes"] == ["mine"]


def test_updated_endpoint_serves_the_new_model_and_ends_the_old_process(client: ClientFactory) -> None:
    sm = client("sagemaker")
    others = set(model_process.running())
    make_endpoint(sm)
    (before,) = set(model_process.running()) - others
    make_model(sm, "Second", CUSTOM_IMAGE)
    make_config(sm, "SecondConfig", "Second")
    sm.update_endpoint(EndpointName="Endpoint", EndpointConfigName="SecondConfig")
    endpoint = sm.describe_endpoint(EndpointName="Endpoint")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "SecondConfig")
    assert not Path(f"/proc/{before.pid}").exists()
