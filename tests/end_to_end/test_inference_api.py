# SPDX-License-Identifier: Apache-2.0
"""`inference_api` on the local AWS: the same model through JSON, through a raw body, and with no API at all."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any, Final

import pytest

from mlops_orchestrator.aws.api_client import Response
from mlops_orchestrator.client import predictions
from mlops_orchestrator.client.predictions import Question
from mlops_orchestrator.errors import Failed, RequestRefused
from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.apigateway.private import VPC_ENDPOINT
from tests.end_to_end.users import SERVED, Orchestrator

Until = Callable[[Callable[[], Any]], Any]
RAW: Final = {
    "mode": "raw",
    "throttle_rate": 50,
    "throttle_burst": 80,
    "max_request_bytes": 2_000,
    "memory_mb": 256,
    "concurrency": 7,
}
API_TYPES: Final = ("AWS::ApiGateway::", "AWS::Lambda::", "AWS::Logs::")


def stack_of(orchestrator: Orchestrator, model: str, **more: Any) -> str:
    """Name of the blueprint's stack of a deployed pipeline."""
    orchestrator.provisioned(orchestrator.request(model, **SERVED, **more))
    return f"mlops-pipeline-{model}-byompipelinerealtimebuiltin"


@pytest.fixture(scope="module")
def raw(orchestrator: Orchestrator, model: TrainedModel) -> str:
    return stack_of(orchestrator, "rawbody", inference_api=RAW, endpoint_name="rawbody-live")


@pytest.fixture(scope="module")
def without(orchestrator: Orchestrator, model: TrainedModel) -> str:
    return stack_of(orchestrator, "noapi", inference_api="none")


@pytest.fixture(scope="module")
def plain(orchestrator: Orchestrator, model: TrainedModel) -> str:
    return stack_of(orchestrator, "plainapi", endpoint_name="plainapi-live")


def ask(orchestrator: Orchestrator, stack: str, body: bytes, **headers: str) -> Response:
    """A signed call; `Content_Type` is the header Content-Type."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return orchestrator.deployment.api.client.ask("POST", orchestrator.target(stack).url, body, named)


def numbers(content: bytes) -> list[float]:
    return [float(line) for line in content.decode().split()]


def captured(orchestrator: Orchestrator, model: str, endpoint: str) -> dict[str, str]:
    """Inference id -> input of what an endpoint has captured."""
    s3, bucket = orchestrator.client("s3"), orchestrator.deployment.outputs["AssetsBucketName"]
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"captured/{model}/{endpoint}/")
    texts = [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found.get("Contents", ())]
    records = [json.loads(line) for text in texts for line in text.decode().splitlines()]
    return {
        record["eventMetadata"]["inferenceId"]: record["captureData"]["endpointInput"]["data"]
        for record in records
        if "inferenceId" in record["eventMetadata"]
    }


class TestRaw:
    def test_the_body_is_what_the_model_reads(self, orchestrator: Orchestrator, raw: str, model: TrainedModel) -> None:
        rows = model.holdout_rows[:5]
        answer = ask(orchestrator, raw, demo_model.as_csv(rows), Content_Type="text/csv")
        assert answer.status == 200
        assert numbers(answer.content) == pytest.approx(demo_model.predict(model, rows), abs=1e-6)
        assert answer.headers["Content-Type"].startswith("text/csv")
        assert answer.headers["x-amzn-invoked-production-variant"] == "AllTraffic"

    def test_an_inference_id_is_captured_and_comes_back(
        self, orchestrator: Orchestrator, raw: str, model: TrainedModel, until: Until
    ) -> None:
        row = demo_model.as_csv(model.holdout_rows[7:8])
        answer = ask(orchestrator, raw, row, Content_Type="text/csv", X_Amzn_SageMaker_Inference_Id="by-header")
        assert answer.headers["x-amzn-sagemaker-inference-id"] == "by-header"
        assert until(lambda: captured(orchestrator, "rawbody", "rawbody-live").get("by-header") == row.decode())

    def test_limits_are_told_in_words(self, orchestrator: Orchestrator, raw: str) -> None:
        answer = ask(orchestrator, raw, b"x" * 2_001, Content_Type="text/csv")
        assert answer.status == 413
        assert json.loads(answer.content)["message"] == "The payload has 2001 bytes; 2000 are the most."

    def test_what_is_no_media_type_is_told(self, orchestrator: Orchestrator, raw: str) -> None:
        answer = ask(orchestrator, raw, b"1,2")
        assert answer.status == 400
        assert [error["key"] for error in json.loads(answer.content)["errors"]] == ["Content-Type"]

    def test_the_stage_and_the_function_have_their_settings(self, orchestrator: Orchestrator, raw: str) -> None:
        made = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in orchestrator.resources(raw)}
        stage = orchestrator.client("apigateway").get_stage(restApiId=made["InferenceApi"], stageName="prod")
        (settings,) = stage["methodSettings"].values()
        assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (50.0, 80)
        functions = orchestrator.client("lambda")
        assert functions.get_function_configuration(FunctionName=made["Inference"])["MemorySize"] == 256
        reserved = functions.get_function_concurrency(FunctionName=made["Inference"])
        assert reserved["ReservedConcurrentExecutions"] == 7

    def test_the_client_knows_the_mode(self, orchestrator: Orchestrator, raw: str, model: TrainedModel) -> None:
        rows = model.holdout_rows[:2]
        found = predictions.predict(orchestrator.target(raw), Question(rows))
        assert found.numbers == pytest.approx(demo_model.predict(model, rows), abs=1e-6)
        assert (found.content_type.partition(";")[0], found.variant) == ("text/csv", "AllTraffic")


class TestJson:
    def test_what_stands_beside_the_payload_reaches_the_model(
        self, orchestrator: Orchestrator, plain: str, model: TrainedModel, until: Until
    ) -> None:
        row = demo_model.as_csv(model.holdout_rows[9:10])
        beside = {"inference_id": "by-member", "target_variant": "AllTraffic", "accept": "text/csv"}
        question = Question(row, "text/csv", predictions.Beside(**beside))  # type: ignore[typeddict-item]
        assert predictions.predict(orchestrator.target(plain), question).variant == "AllTraffic"
        assert until(lambda: captured(orchestrator, "plainapi", "plainapi-live").get("by-member") == row.decode())

    def test_a_payload_may_come_in_base64(self, orchestrator: Orchestrator, plain: str, model: TrainedModel) -> None:
        rows = model.holdout_rows[:2]
        body = {"payload_base64": base64.b64encode(demo_model.as_csv(rows)).decode(), "content_type": "text/csv"}
        status, content = orchestrator.predict(plain, body)
        assert status == 200
        assert numbers(content) == pytest.approx(demo_model.predict(model, rows), abs=1e-6)

    def test_a_variant_that_is_not_there_is_the_caller_s_to_mend(self, orchestrator: Orchestrator, plain: str) -> None:
        question = Question(b"1,2", "text/csv", predictions.Beside(target_variant="Nobody"))
        with pytest.raises(RequestRefused, match="variant"):
            predictions.predict(orchestrator.target(plain), question)

    def test_the_least_request_has_no_limits_of_its_own(self, orchestrator: Orchestrator, plain: str) -> None:
        assert "InferenceApiMode" not in orchestrator.outputs(plain)


def test_calls_beyond_the_throttle_are_refused(orchestrator: Orchestrator, model: TrainedModel) -> None:
    """As many as the burst are let in, and one more for each second that passes; the rest are counted exactly."""
    stack = stack_of(orchestrator, "throttled", inference_api={"mode": "raw", "throttle_rate": 1, "throttle_burst": 5})
    row = demo_model.as_csv(model.holdout_rows[:1])
    began = time.monotonic()
    answers = [ask(orchestrator, stack, row, Content_Type="text/csv") for _ in range(15)]
    answered = [one.status for one in answers].count(200)
    assert 5 <= answered <= 5 + int(time.monotonic() - began)
    assert [one.status for one in answers[:5]] == [200] * 5
    refused = [one for one in answers if one.status != 200]
    assert {one.status for one in refused} == {429}
    assert {one.headers["x-amzn-ErrorType"] for one in refused} == {"TooManyRequestsException"}
    assert {one.content for one in refused} == {b'{"message": "Too Many Requests"}'}

    orchestrator.advance(5)
    assert [ask(orchestrator, stack, row, Content_Type="text/csv").status for _ in range(5)] == [200] * 5


class TestNone:
    def test_nothing_of_an_api_is_made(self, orchestrator: Orchestrator, without: str) -> None:
        types = [one["ResourceType"] for one in orchestrator.resources(without)]
        assert types
        assert [one for one in types if one.startswith(API_TYPES)] == []
        assert "InferenceApiUrl" not in orchestrator.outputs(without)

    def test_the_client_asks_the_endpoint(self, orchestrator: Orchestrator, without: str, model: TrainedModel) -> None:
        rows = model.holdout_rows[:3]
        found = predictions.predict(orchestrator.target(without), Question(rows))
        assert found.numbers == pytest.approx(demo_model.predict(model, rows), abs=1e-6)

    def test_what_the_model_refuses_is_told_in_its_words(self, orchestrator: Orchestrator, without: str) -> None:
        with pytest.raises(Failed, match="is not an accepted ContentType"):
            predictions.predict(orchestrator.target(without), Question(b"x", "text/nothing"))


@pytest.fixture
def endpoints(orchestrator: Orchestrator) -> list[str]:
    """Two VPC endpoints of APIs that are called."""
    ec2 = orchestrator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.48.0.0/16")["Vpc"]["VpcId"]
    service = f"com.amazonaws.{ec2.meta.region_name}.execute-api"
    made = [ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=service, VpcEndpointType="Interface") for _ in range(2)]
    return [one["VpcEndpoint"]["VpcEndpointId"] for one in made]


def test_an_api_becomes_private_and_none_and_public_again(
    orchestrator: Orchestrator, model: TrainedModel, endpoints: list[str]
) -> None:
    """Each kind has a deployment of its own, and each list: a deployment is a snapshot of kind and policy."""
    one, other = endpoints
    pipeline_id = orchestrator.provisioned(orchestrator.request("hidden", **SERVED))
    stack = "mlops-pipeline-hidden-byompipelinerealtimebuiltin"
    body = json.dumps(
        {"payload": demo_model.as_csv(model.holdout_rows[:1]).decode(), "content_type": "text/csv"}
    ).encode()
    url = orchestrator.target(stack).url
    assert ask(orchestrator, stack, body).status == 200

    def let_in() -> list[int]:
        """How calls end that come from anywhere, and through each VPC endpoint."""
        through = [ask(orchestrator, stack, body, **{VPC_ENDPOINT: endpoint}).status for endpoint in endpoints]
        return [ask(orchestrator, stack, body).status, *through]

    for allowed, expected in (([one], [403, 200, 403]), ([one, other], [403, 200, 200]), ([other], [403, 403, 200])):
        changed = orchestrator.request("hidden", **SERVED, inference_api={"vpc_endpoints": allowed})
        assert orchestrator.changed(pipeline_id, changed).has_succeeded
        assert orchestrator.target(stack).url == url
        assert let_in() == expected

    for api, expected in (("none", None), ("json", 200)):
        request = orchestrator.request("hidden", **SERVED, inference_api=api)
        assert orchestrator.changed(pipeline_id, request).has_succeeded
        if expected:
            assert ask(orchestrator, stack, body).status == expected
        else:
            assert "InferenceApiUrl" not in orchestrator.outputs(stack)
