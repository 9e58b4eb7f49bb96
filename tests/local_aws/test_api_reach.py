# SPDX-License-Identifier: Apache-2.0
"""Who reaches an API, and with how much: private APIs, and the limits of the functions behind all."""

from __future__ import annotations

from typing import Any, Final

import pytest
import requests
from botocore.exceptions import WaiterError

from mlops_orchestrator.aws.api_addresses import local_url
from scripts.local_aws.apigateway.private import VPC_ENDPOINT
from scripts.local_aws.front import MAX_BODY_BYTES, MAX_EVENT_BYTES
from scripts.local_aws.server import LocalAws
from tests.local_aws.api_stack import OUTPUTS, ROOT, method, path
from tests.local_aws.deploying import deploy, function
from tests.local_aws.waiting import SECONDS

ONE, TWO = "vpce-0a1b2c3d", "vpce-0b1b2c3d"
LARGE: Final = """
def handler(event, context):
    return {"statusCode": 200, "body": "x" * int(event["queryStringParameters"]["bytes"])}
"""
REACHED: Final = {
    "Function": function(LARGE),
    "Open": path("open", ROOT),
    "GetOpen": method({"Ref": "Open"}, "ANY", "NONE"),
    "Stage": {
        "Type": "AWS::ApiGateway::Stage",
        "Properties": {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "prod"},
    },
}


def let_in(*endpoints: str) -> dict[str, Any]:
    others = {"StringNotEquals": {"aws:SourceVpce": list(endpoints)}}
    everything = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    statements = [{"Effect": "Allow", **everything}, {"Effect": "Deny", **everything, "Condition": others}]
    return {"Version": "2012-10-17", "Statement": statements}


def stack(kind: str, deployment: str = "First", **properties: Any) -> dict[str, Any]:
    """Resources with an API of a kind; another `deployment` is another snapshot."""
    api = {
        "Type": "AWS::ApiGateway::RestApi",
        "Properties": {"Name": "reached", "EndpointConfiguration": {"Types": [kind]}, **properties},
    }
    taken = {
        "Type": "AWS::ApiGateway::Deployment",
        "DependsOn": ["GetOpen"],
        "Properties": {"RestApiId": {"Ref": "Api"}},
    }
    stage = {**REACHED["Stage"]["Properties"], "DeploymentId": {"Ref": deployment}}
    return {**REACHED, "Api": api, deployment: taken, "Stage": {**REACHED["Stage"], "Properties": stage}}


def status(url: str, body: bytes = b"", endpoint: str = "", size: int = 1) -> int:
    headers = {VPC_ENDPOINT: endpoint} if endpoint else {}
    return requests.post(f"{url}/open?bytes={size}", data=body, headers=headers, timeout=SECONDS).status_code


@pytest.fixture(scope="module")
def url(client: Any, local_aws: LocalAws) -> str:
    made = deploy(client("cloudformation"), "reached-limits", stack("REGIONAL"), Outputs=OUTPUTS)
    return local_url(made["Url"], local_aws.endpoint_url)


class TestLimits:
    def test_a_function_takes_less_than_its_api(self, url: str) -> None:
        size = MAX_EVENT_BYTES - 10_000
        assert status(url, b"x" * size) == 200
        assert status(url, b"x" * MAX_EVENT_BYTES) == 413
        assert MAX_EVENT_BYTES < MAX_BODY_BYTES

    def test_a_larger_answer_is_lost(self, url: str) -> None:
        assert status(url, size=MAX_EVENT_BYTES - 1_000) == 200
        assert status(url, size=MAX_EVENT_BYTES) == 502


class TestPrivate:
    def test_it_answers_through_the_endpoints_of_its_policy(self, client: Any, local_aws: LocalAws) -> None:
        cloudformation = client("cloudformation")
        made = deploy(cloudformation, "reached-private", stack("PRIVATE", Policy=let_in(ONE)), Outputs=OUTPUTS)
        url = local_url(made["Url"], local_aws.endpoint_url)
        assert [status(url, endpoint=one) for one in ("", ONE, TWO)] == [403, 200, 403]

        # A policy is in force from the next deployment on.
        deploy(cloudformation, "reached-private", stack("PRIVATE", Policy=let_in(TWO)), Outputs=OUTPUTS)
        assert [status(url, endpoint=one) for one in (ONE, TWO)] == [200, 403]
        deploy(cloudformation, "reached-private", stack("PRIVATE", "Second", Policy=let_in(TWO)), Outputs=OUTPUTS)
        assert [status(url, endpoint=one) for one in (ONE, TWO)] == [403, 200]

        deploy(cloudformation, "reached-private", stack("REGIONAL", "Third"), Outputs=OUTPUTS)
        assert status(url) == 200

    def test_without_a_policy_it_cannot_be_deployed(self, client: Any) -> None:
        with pytest.raises(WaiterError):
            deploy(client("cloudformation"), "reached-open", stack("PRIVATE"), Outputs=OUTPUTS)
        events = client("cloudformation").describe_stack_events(StackName="reached-open")["StackEvents"]
        reasons = [one.get("ResourceStatusReason", "") for one in events]
        assert any("doesn't have a resource policy attached" in reason for reason in reasons)
