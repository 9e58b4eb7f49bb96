# SPDX-License-Identifier: Apache-2.0
"""Inference components: calls name them, copies come and go with their instances, and none is an answer of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.cloudwatch.metric_store import STORE, Metric
from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.minutes import begin_minute
from tests.local_aws.serving import ACCOUNT, BUCKET, CAPTURE, ROLE, VARIANT, csv_of, make_model

NAME: Final = "TidesByCopies"
IDLE: Final = "TidesNobodyAsks"
MANAGED: Final = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2}
EMPTY: Final = {**VARIANT, "ManagedInstanceScaling": MANAGED}
DIMENSION: Final = "sagemaker:inference-component:DesiredCopyCount"


@pytest.fixture(scope="module", autouse=True)
def models(client: ClientFactory, trained: TrainedModel) -> None:
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=demo_model.package(trained))
    make_model(client("sagemaker"), "Good")


@pytest.fixture
def sm(client: ClientFactory) -> Iterator[Any]:
    """SageMaker with an endpoint that has no model."""
    sagemaker = client("sagemaker")
    sagemaker.create_endpoint_config(EndpointConfigName=NAME, ExecutionRoleArn=ROLE, ProductionVariants=[EMPTY])
    sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    yield sagemaker
    for one in sagemaker.list_inference_components(EndpointNameEquals=NAME)["InferenceComponents"]:
        sagemaker.delete_inference_component(InferenceComponentName=one["InferenceComponentName"])
    sagemaker.delete_endpoint(EndpointName=NAME)
    sagemaker.delete_endpoint_config(EndpointConfigName=NAME)


def make(sm: Any, copies: int = 1, name: str = NAME, **takes: float) -> dict[str, Any]:
    """Make the component, and return how it is described."""
    needs = {"MinMemoryRequiredInMb": 1024, **takes}
    sm.create_inference_component(
        InferenceComponentName=name,
        EndpointName=NAME,
        VariantName="AllTraffic",
        Specification={"ModelName": "Good", "ComputeResourceRequirements": needs},
        RuntimeConfig={"CopyCount": copies},
    )
    return described(sm, name)


def described(sm: Any, name: str = NAME) -> dict[str, Any]:
    found: dict[str, Any] = sm.describe_inference_component(InferenceComponentName=name)
    return found


def instances(sm: Any) -> int:
    (variant,) = sm.describe_endpoint(EndpointName=NAME)["ProductionVariants"]
    return int(variant["CurrentInstanceCount"])


def ask(client: ClientFactory, rows: str, **more: str) -> str:
    given = {"InferenceComponentName": NAME, **more}
    answer = client("sagemaker-runtime").invoke_endpoint(EndpointName=NAME, Body=rows, ContentType="text/csv", **given)
    return str(answer["Body"].read().decode())


def put(name: str) -> float:
    """Sum of a metric of the component."""
    metric = Metric.of("AWS/SageMaker", name, {"InferenceComponentName": NAME})
    return sum(values.total for known, _, values in STORE.by_minute((ACCOUNT, "us-east-1")) if known == metric)


def test_a_component_answers_calls_that_name_it(client: ClientFactory, sm: Any, trained: TrainedModel) -> None:
    rows = csv_of(trained, 2)
    assert make(sm)["InferenceComponentStatus"] == "InService"
    assert len(ask(client, rows).splitlines()) == 2
    assert put("Invocations") >= 1
    with pytest.raises(ClientError, match="Inference Component Name header is required for endpoints"):
        client("sagemaker-runtime").invoke_endpoint(EndpointName=NAME, Body=rows, ContentType="text/csv")
    with pytest.raises(ClientError, match=r"Inference component Other of endpoint .* not found"):
        ask(client, rows, InferenceComponentName="Other")


def test_an_endpoint_with_a_model_takes_neither_components_nor_their_names(
    client: ClientFactory, sm: Any, trained: TrainedModel
) -> None:
    sm.create_endpoint_config(EndpointConfigName="Own", ProductionVariants=[{**VARIANT, "ModelName": "Good"}])
    sm.create_endpoint(EndpointName="Own", EndpointConfigName="Own")
    with pytest.raises(ClientError, match="header is not allowed for endpoints to which you dont plan"):
        client("sagemaker-runtime").invoke_endpoint(EndpointName="Own", Body="1", InferenceComponentName=NAME)
    with pytest.raises(ClientError, match="Inference Components are not supported in this Endpoint"):
        sm.create_inference_component(
            InferenceComponentName="Another",
            EndpointName="Own",
            Specification={"ModelName": "Good", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128}},
            RuntimeConfig={"CopyCount": 1},
        )
    with pytest.raises(ClientError, match="cannot become one for inference components"):
        sm.update_endpoint(EndpointName="Own", EndpointConfigName=NAME)


def test_without_copies_a_call_fails_and_is_counted(client: ClientFactory, sm: Any, trained: TrainedModel) -> None:
    make(sm, copies=0)
    before = put("NoCapacityInvocationFailures")
    with pytest.raises(ClientError, match="Inference Component has no capacity to process this request") as refused:
        ask(client, csv_of(trained, 1))
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert put("NoCapacityInvocationFailures") == before + 1
    sm.update_inference_component_runtime_config(InferenceComponentName=NAME, DesiredRuntimeConfig={"CopyCount": 1})
    assert ask(client, csv_of(trained, 1))


def test_instances_come_with_copies_and_go_ten_minutes_after_them(sm: Any, local_aws: LocalAws) -> None:
    make(sm, copies=2, NumberOfCpuCoresRequired=1)
    assert instances(sm) == 1
    runtime = {"InferenceComponentName": NAME, "DesiredRuntimeConfig": {"CopyCount": 3}}
    sm.update_inference_component_runtime_config(**runtime)
    assert (instances(sm), described(sm)["RuntimeConfig"]["CurrentCopyCount"]) == (2, 3)
    sm.update_inference_component_runtime_config(**{**runtime, "DesiredRuntimeConfig": {"CopyCount": 0}})
    local_aws.advance(540)
    assert instances(sm) == 2
    local_aws.advance(61)
    assert instances(sm) == 0


def test_copies_that_find_no_room_fail(sm: Any) -> None:
    found = make(sm, NumberOfAcceleratorDevicesRequired=1)
    assert found["InferenceComponentStatus"] == "Failed"
    assert found["FailureReason"].startswith("There is not enough hardware resources on the instances")


def test_application_auto_scaling_takes_all_copies_of_an_idle_component(
    client: ClientFactory, sm: Any, local_aws: LocalAws
) -> None:
    # Under a name of its own: minutes of others are not those of this component.
    begin_minute(local_aws)
    make(sm, name=IDLE)
    target = {
        "ServiceNamespace": "sagemaker",
        "ScalableDimension": DIMENSION,
        "ResourceId": f"inference-component/{IDLE}",
    }
    scaling = client("application-autoscaling")
    scaling.register_scalable_target(**target, MinCapacity=0, MaxCapacity=2)
    predefined = {"PredefinedMetricType": "SageMakerInferenceComponentInvocationsPerCopy"}
    tracking = {"PredefinedMetricSpecification": predefined, "TargetValue": 10.0}
    scaling.put_scaling_policy(
        **target,
        PolicyName="load",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=tracking,
    )
    local_aws.advance(14 * 60)
    assert described(sm, IDLE)["RuntimeConfig"]["CurrentCopyCount"] == 1
    local_aws.advance(2 * 60)
    assert described(sm, IDLE)["RuntimeConfig"]["CurrentCopyCount"] == 0
    scaling.deregister_scalable_target(**target)
    with pytest.raises(ClientError, match="No inference component found"):
        scaling.register_scalable_target(
            **{**target, "ResourceId": "inference-component/None"}, MinCapacity=0, MaxCapacity=1
        )


@pytest.mark.parametrize(
    ("config", "words"),
    [
        pytest.param({"ProductionVariants": [EMPTY]}, "without ExecutionRoleArn", id="no role"),
        pytest.param(
            {
                "ProductionVariants": [EMPTY, {**VARIANT, "VariantName": "b", "ModelName": "Good"}],
                "ExecutionRoleArn": ROLE,
            },
            "beside others with a model",
            id="half of it",
        ),
        pytest.param(
            {"ProductionVariants": [EMPTY], "ExecutionRoleArn": ROLE, "DataCaptureConfig": CAPTURE},
            "with DataCaptureConfig",
            id="captures",
        ),
        pytest.param(
            {
                "ProductionVariants": [EMPTY],
                "ShadowProductionVariants": [{**EMPTY, "VariantName": "b"}],
                "ExecutionRoleArn": ROLE,
            },
            "with ShadowProductionVariants",
            id="a shadow",
        ),
        pytest.param(
            {"ProductionVariants": [{**EMPTY, "ModelName": "Good"}]}, "needs a variant without a model", id="a model"
        ),
    ],
)
def test_configurations_that_are_none_are_refused(client: ClientFactory, config: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        client("sagemaker").create_endpoint_config(EndpointConfigName="Wrong", **config)
