# SPDX-License-Identifier: Apache-2.0
"""REST APIs that stream: what a function says first arrives before it says the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
import requests
from requests.exceptions import ChunkedEncodingError

from mlops_orchestrator.aws.api_addresses import local_url
from scripts.local_aws.server import LocalAws
from tests.local_aws.api_stack import OUTPUTS, ROOT, method, path
from tests.local_aws.deploying import deploy, function
from tests.local_aws.streamed_function import Gate, archive
from tests.local_aws.waiting import SECONDS

Call = Callable[..., requests.Response]
BUCKET: Final = "streamed-code"
URI: Final = (
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2021-11-15/functions/${Function.Arn}"
    "/response-streaming-invocations"
)
OTHER: Final = URI.replace("Function.Arn", "Whole.Arn")
STREAM: Final = {"ResponseTransferMode": "STREAM", "Uri": {"Fn::Sub": URI}}
PARTS: Final = ("Streamed", "Quick", "Whole", "Mixed")
RESOURCES: Final = {
    "Function": function(
        "",
        Code={"S3Bucket": BUCKET, "S3Key": "code.zip"},
        Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/stream.sh"}},
    ),
    "WholeFunction": function("def handler(event, context): return {'statusCode': 200, 'body': 'whole'}"),
    "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "streams"}},
    **{f"{part}Path": path(part.lower(), ROOT) for part in PARTS},
    "Streamed": method({"Ref": "StreamedPath"}, "POST", "NONE", **STREAM, TimeoutInMillis="60000"),
    "Quick": method({"Ref": "QuickPath"}, "POST", "NONE", **STREAM, TimeoutInMillis="900"),
    "Whole": method(
        {"Ref": "WholePath"},
        "POST",
        "NONE",
        **{**STREAM, "Uri": {"Fn::Sub": URI.replace("Function.", "WholeFunction.")}},
    ),
    "Mixed": method({"Ref": "MixedPath"}, "POST", "NONE", ResponseTransferMode="STREAM"),
    "Deployment": {
        "Type": "AWS::ApiGateway::Deployment",
        "DependsOn": list(PARTS),
        "Properties": {"RestApiId": {"Ref": "Api"}},
    },
    "Stage": {
        "Type": "AWS::ApiGateway::Stage",
        "Properties": {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "prod"},
    },
    **{
        f"{name}Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": name},
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
            },
        }
        for name in ("Function", "WholeFunction")
    },
}


@pytest.fixture(scope="module")
def call(client: Any, local_aws: LocalAws) -> Call:
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="code.zip", Body=archive())
    made = deploy(client("cloudformation"), "streams", RESOURCES, Outputs=OUTPUTS)
    base = local_url(made["Url"], local_aws.endpoint_url)
    return lambda where, **asked: requests.post(f"{base}/{where}", json=asked, stream=True, timeout=SECONDS)


def function_name(client: Any) -> str:
    named = client("cloudformation").describe_stack_resource(StackName="streams", LogicalResourceId="Function")
    return str(named["StackResourceDetail"]["PhysicalResourceId"])


@pytest.fixture
def gate() -> Iterator[Gate]:
    opened = Gate()
    yield opened
    opened.close()


def test_a_part_arrives_before_the_next_is_made(call: Call, gate: Gate) -> None:
    answer = call("streamed", port=gate.port)
    assert (answer.status_code, answer.headers["X-One"]) == (201, "1")
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert "x-amzn-RequestId" in answer.headers
    parts = answer.iter_content(None)
    assert next(parts) == b"one,"
    gate.open()
    assert b"".join(parts) == b"two"


def test_a_warm_process_answers_again(call: Call) -> None:
    assert [call("streamed").content for _ in range(3)] == [b"one,two"] * 3


@pytest.mark.parametrize("how", ["within", "exit within"])
def test_a_failure_within_the_answer_cuts_it(call: Call, how: str) -> None:
    answer = call("streamed", fail=how)
    assert answer.status_code == 201
    with pytest.raises(ChunkedEncodingError):
        _ = answer.content
    assert call("streamed").content == b"one,two"


@pytest.mark.parametrize("how", ["before", "exit"])
def test_a_failure_before_the_answer_is_a_500(call: Call, how: str) -> None:
    answer = call("streamed", fail=how)
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal server error"})
    assert call("streamed").content == b"one,two"


def test_the_end_of_a_process_is_in_the_log(client: Any, call: Call) -> None:
    assert call("streamed", fail="exit").status_code == 500
    told = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function_name(client)}")["events"]
    assert "Runtime exited with error: exit status 3" in [event["message"] for event in told]


@pytest.mark.parametrize("where", ["whole", "mixed"])
def test_what_does_not_stream_is_not_supported(call: Call, where: str) -> None:
    assert call(where).status_code == 500


def test_an_answer_that_takes_too_long_is_cut(call: Call, gate: Gate) -> None:
    answer = call("quick", port=gate.port)
    with pytest.raises(ChunkedEncodingError):
        _ = answer.content
    gate.open()


def test_invoke_waits_for_the_whole_answer(client: Any, call: Call) -> None:
    whole = client("lambda").invoke(FunctionName=function_name(client), Payload=json.dumps({}))["Payload"].read()
    metadata, _, body = whole.partition(bytes(8))
    assert json.loads(metadata)["statusCode"] == 201
    assert body == b"one,two"


def test_the_mode_is_kept(client: Any, call: Call) -> None:
    api = client("apigateway")
    (one,) = [found for found in api.get_rest_apis(limit=500)["items"] if found["name"] == "streams"]
    resources = api.get_resources(restApiId=one["id"])["items"]
    resource = next(found["id"] for found in resources if found["path"] == "/streamed")
    found = api.get_integration(restApiId=one["id"], resourceId=resource, httpMethod="POST")
    assert (found["responseTransferMode"], found["timeoutInMillis"]) == ("STREAM", 60_000)
