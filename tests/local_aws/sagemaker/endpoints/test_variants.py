# SPDX-License-Identifier: Apache-2.0
"""Several production variants by weight, and shadows, whose answers nobody gets."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from moto.sagemaker.models import sagemaker_backends

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.sagemaker.endpoints import invocations
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint
from scripts.local_aws.sagemaker.endpoints.invocations import Request
from scripts.local_aws.sagemaker.endpoints.traffic import GENERATOR
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import ACCOUNT, BUCKET, CAPTURE, CUSTOM_IMAGE, csv_of, make_model
from tests.local_aws.serving import VARIANT as _VARIANT


@pytest.fixture(scope="module", autouse=True)
def models(client: ClientFactory, trained: TrainedModel) -> None:
    for name in (BUCKET, "captures"):
        client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=demo_model.package(trained))
    make_model(client("sagemaker"), "Good")
    make_model(client("sagemaker"), "Broken", CUSTOM_IMAGE)


def variant(name: str, model: str = "Good", **more: Any) -> dict[str, Any]:
    return _VARIANT | {"VariantName": name, "ModelName": model} | more


def serve(sm: Any, name: str, *variants: dict[str, Any], **more: Any) -> dict[str, Any]:
    config = {"EndpointConfigName": name, "ProductionVariants": list(variants), "DataCaptureConfig": CAPTURE}
    sm.create_endpoint_config(**config, **more)
    sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
    described: dict[str, Any] = sm.describe_endpoint(EndpointName=name)
    return described


def found(client: ClientFactory, name: str) -> LocalEndpoint:
    return cast(LocalEndpoint, sagemaker_backends[ACCOUNT][client("sagemaker").meta.region_name].endpoints[name])


def captured(s3: Any, endpoint: str, name: str) -> list[dict[str, Any]]:
    assert sagemaker.flush_captures()
    objects = s3.list_objects_v2(Bucket="captures", Prefix=f"data/{endpoint}/{name}/").get("Contents", [])
    bodies = [s3.get_object(Bucket="captures", Key=one["Key"])["Body"].read().decode() for one in objects]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def test_calls_are_shared_by_weight_and_each_variant_is_captured(client: ClientFactory, trained: TrainedModel) -> None:
    described = serve(client("sagemaker"), "Ab", variant("a"), variant("b", InitialVariantWeight=3))
    assert [(one["VariantName"], one["CurrentWeight"]) for one in described["ProductionVariants"]] == [
        ("a", 1.0), ("b", 3.0),
    ]  # fmt: skip
    GENERATOR.seed(7)
    endpoint, calls = found(client, "Ab"), 400
    request = Request(csv_of(trained, 1).encode(), "text/csv")
    split = Counter(invocations.invoke(endpoint, request).variant for _ in range(calls))
    assert split.total() == calls
    assert 0.70 <= split["b"] / calls <= 0.80
    assert {name: len(captured(client("s3"), "Ab", name)) for name in ("a", "b")} == split


def test_weights_and_counts_change_without_a_deployment(client: ClientFactory, trained: TrainedModel) -> None:
    sm, runtime = client("sagemaker"), client("sagemaker-runtime")
    serve(sm, "Shift", variant("a"), variant("b"))
    wanted = [{"VariantName": "a", "DesiredWeight": 0}, {"VariantName": "b", "DesiredInstanceCount": 3}]
    sm.update_endpoint_weights_and_capacities(EndpointName="Shift", DesiredWeightsAndCapacities=wanted)
    a, b = sm.describe_endpoint(EndpointName="Shift")["ProductionVariants"]
    assert (a["CurrentWeight"], a["CurrentInstanceCount"]) == (0.0, 1)
    assert (b["DesiredWeight"], b["CurrentInstanceCount"], b["DesiredInstanceCount"]) == (1.0, 3, 3)
    body = csv_of(trained, 1)
    answers = [runtime.invoke_endpoint(EndpointName="Shift", ContentType="text/csv", Body=body) for _ in range(20)]
    assert {answer["InvokedProductionVariant"] for answer in answers} == {"b"}
    asked = runtime.invoke_endpoint(EndpointName="Shift", ContentType="text/csv", Body=body, TargetVariant="a")
    assert asked["InvokedProductionVariant"] == "a"
    with pytest.raises(ClientError, match="Variant c is not a variant of endpoint Shift: a, b"):
        runtime.invoke_endpoint(EndpointName="Shift", Body=body, TargetVariant="c")


def test_variant_without_instances_takes_no_calls(client: ClientFactory, trained: TrainedModel) -> None:
    sm, runtime = client("sagemaker"), client("sagemaker-runtime")
    serve(sm, "Empty", variant("a"))
    none = [{"VariantName": "a", "DesiredInstanceCount": 0}]
    sm.update_endpoint_weights_and_capacities(EndpointName="Empty", DesiredWeightsAndCapacities=none)
    with pytest.raises(ClientError, match="Variant a of endpoint Empty has no instance"):
        runtime.invoke_endpoint(EndpointName="Empty", ContentType="text/csv", Body=csv_of(trained, 1))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ([{"VariantName": "b"}], r'The variant name\(s\) "b" is/are not present within endpoint configuration'),
        ([{"VariantName": "a"}, {"VariantName": "a"}], 'The variant name "a" was non-unique within the request'),
    ],
    ids=["unknown", "twice"],
)
def test_weights_of_no_variant_are_refused(client: ClientFactory, wanted: list[dict[str, Any]], words: str) -> None:
    sm = client("sagemaker")
    name = f"Refused-{len(wanted)}"
    serve(sm, name, variant("a", "Broken"))
    with pytest.raises(ClientError, match=words):
        sm.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=wanted)


def test_shadow_is_asked_and_captured_and_its_answer_dropped(client: ClientFactory, trained: TrainedModel) -> None:
    sm, runtime = client("sagemaker"), client("sagemaker-runtime")
    described = serve(sm, "Shadowed", variant("live"), ShadowProductionVariants=[variant("shadow")])
    assert [one["VariantName"] for one in described["ShadowProductionVariants"]] == ["shadow"]
    body = csv_of(trained, 2)
    for number in range(5):
        answer = runtime.invoke_endpoint(
            EndpointName="Shadowed", ContentType="text/csv", Body=body, InferenceId=str(number)
        )
        assert answer["InvokedProductionVariant"] == "live"
    live, shadow = (captured(client("s3"), "Shadowed", name) for name in ("live", "shadow"))
    assert sorted(one["eventMetadata"]["inferenceId"] for one in shadow) == ["0", "1", "2", "3", "4"]
    assert {one["captureData"]["endpointOutput"]["data"] for one in (*live, *shadow)} == {
        live[0]["captureData"]["endpointOutput"]["data"]
    }
    with pytest.raises(ClientError, match="Variant shadow is not a variant"):
        runtime.invoke_endpoint(EndpointName="Shadowed", Body=body, TargetVariant="shadow")


def test_shadow_that_fails_is_without_effect_and_gets_its_sample(client: ClientFactory, trained: TrainedModel) -> None:
    half = variant("shadow", InitialVariantWeight=0.5)
    serve(client("sagemaker"), "Half", variant("live"), ShadowProductionVariants=[half])
    serve(client("sagemaker"), "Failing", variant("live"), ShadowProductionVariants=[variant("shadow", "Broken")])
    GENERATOR.seed(3)
    for name in ("Half", "Failing"):
        for _ in range(40):
            client("sagemaker-runtime").invoke_endpoint(
                EndpointName=name, ContentType="text/csv", Body=csv_of(trained, 1)
            )
    assert 10 <= len(captured(client("s3"), "Half", "shadow")) <= 30
    assert captured(client("s3"), "Failing", "shadow") == []
    assert len(captured(client("s3"), "Failing", "live")) == 40


_SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}


@pytest.mark.parametrize(
    ("variants", "more", "words"),
    [
        ([variant("a"), variant("a")], {}, 'The variant name "a" was non-unique'),
        (
            [variant("a"), variant("b")],
            {"ShadowProductionVariants": [variant("c")]},
            "you can only specify one variant",
        ),
        (
            [{"VariantName": "a", "ModelName": "Good", **_SERVERLESS}],
            {"ShadowProductionVariants": [variant("c")]},
            "Serverless inference does not support ShadowProductionVariants",
        ),
        (
            [variant("a")],
            {
                "ShadowProductionVariants": [variant("c")],
                "AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://captures/out"}},
            },
            "Asynchronous inference does not support ShadowProductionVariants",
        ),
        ([variant("a", "Nothing")], {}, "Could not find model"),
    ],
    ids=["one name twice", "two and a shadow", "serverless shadow", "async shadow", "no model"],
)
def test_configurations_that_sagemaker_refuses(
    client: ClientFactory, variants: list[dict[str, Any]], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=words):
        client("sagemaker").create_endpoint_config(EndpointConfigName="refused", ProductionVariants=variants, **more)


def test_configuration_is_described_as_it_was_given(client: ClientFactory) -> None:
    sm = client("sagemaker")
    declared = variant("a", ContainerStartupHealthCheckTimeoutInSeconds=120, VolumeSizeInGB=5)
    given = {"ProductionVariants": [declared], "ShadowProductionVariants": [variant("s")], "KmsKeyId": "key"}
    sm.create_endpoint_config(EndpointConfigName="described", **given)
    described = sm.describe_endpoint_config(EndpointConfigName="described")
    assert {name: described[name] for name in given} == given
