# SPDX-License-Identifier: Apache-2.0
"""Throttles of API Gateway's stages: a token bucket for each method, by the local AWS's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import requests

from mlops_orchestrator.aws.api_addresses import local_url
from scripts.local_aws.apigateway import throttling
from scripts.local_aws.apigateway.throttling import Buckets, Limit
from scripts.local_aws.server import LocalAws
from tests.local_aws.api_stack import OUTPUTS, ROOT, method, path
from tests.local_aws.deploying import deploy, function
from tests.local_aws.waiting import SECONDS

NOW: Final = datetime(2026, 11, 30, tzinfo=UTC)
CALLED: Final = ("prod", "/inference", "POST")
ANSWERS: Final = """
def handler(event, context):
    return {"statusCode": 200, "body": ""}
"""
SLOW: Final = 0.001
"""Requests a second: none comes back while a test runs, unless it moves the clock."""


def stack(*settings: dict[str, Any]) -> dict[str, Any]:
    """An API with two methods, and the settings of its stage."""
    stage = {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "prod"}
    return {
        "Function": function(ANSWERS),
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "throttled"}},
        "One": path("one", ROOT),
        "Two": path("two", ROOT),
        "PostOne": method({"Ref": "One"}, authorization="NONE"),
        "PostTwo": method({"Ref": "Two"}, authorization="NONE"),
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": ["PostOne", "PostTwo"],
            "Properties": {"RestApiId": {"Ref": "Api"}},
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {**stage, **({"MethodSettings": list(settings)} if settings else {})},
        },
    }


def setting(rate: float, burst: int, path: str = "/*", method: str = "*") -> dict[str, Any]:
    limits = {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst}
    return {"HttpMethod": method, "ResourcePath": path, **limits}


def statuses(url: str, path: str, calls: int) -> list[int]:
    return [requests.post(f"{url}/{path}", timeout=SECONDS).status_code for _ in range(calls)]


class TestBuckets:
    def test_a_burst_is_let_in_and_then_the_rate(self) -> None:
        buckets, limit = Buckets(), Limit(2, 3)
        assert [buckets.admit(CALLED, limit, NOW) for _ in range(4)] == [True, True, True, False]
        assert not buckets.admit(CALLED, limit, NOW + timedelta(seconds=0.4))
        assert [buckets.admit(CALLED, limit, NOW + timedelta(seconds=0.5)) for _ in range(2)] == [True, False]

    def test_no_more_than_the_burst_is_saved_up(self) -> None:
        buckets, limit = Buckets(), Limit(2, 3)
        assert buckets.admit(CALLED, limit, NOW)
        later = NOW + timedelta(hours=1)
        assert [buckets.admit(CALLED, limit, later) for _ in range(4)] == [True, True, True, False]

    def test_another_limit_counts_at_once(self) -> None:
        buckets = Buckets()
        assert [buckets.admit(CALLED, Limit(1, 1), NOW) for _ in range(2)] == [True, False]
        assert [buckets.admit(CALLED, Limit(1, 2), NOW) for _ in range(3)] == [True, True, False]

    def test_a_clock_that_is_behind_gives_nothing(self) -> None:
        buckets, limit = Buckets(), Limit(1, 1)
        assert buckets.admit(CALLED, limit, NOW)
        assert not buckets.admit(CALLED, limit, NOW - timedelta(hours=1))
        assert not buckets.admit(CALLED, limit, NOW)


class TestThrottled:
    def test_a_burst_is_counted_exactly_for_each_method(self, client: Any, local_aws: LocalAws) -> None:
        resources = stack(setting(SLOW, 5))
        made = deploy(client("cloudformation"), "throttled-each", resources, Outputs=OUTPUTS)
        url = local_url(made["Url"], local_aws.endpoint_url)
        assert statuses(url, "one", 8) == [200] * 5 + [429] * 3
        assert statuses(url, "two", 6) == [200] * 5 + [429]

        refused = requests.post(f"{url}/one", timeout=SECONDS)
        assert refused.json() == {"message": "Too Many Requests"}
        assert refused.headers["x-amzn-ErrorType"] == "TooManyRequestsException"

        local_aws.advance(2 / SLOW)
        assert statuses(url, "one", 3) == [200, 200, 429]

    def test_a_method_may_have_a_limit_of_its_own(self, client: Any, local_aws: LocalAws) -> None:
        resources = stack(setting(SLOW, 3), setting(SLOW, 1, "/~1two", "POST"))
        made = deploy(client("cloudformation"), "throttled-own", resources, Outputs=OUTPUTS)
        url = local_url(made["Url"], local_aws.endpoint_url)
        assert statuses(url, "two", 2) == [200, 429]
        assert statuses(url, "one", 4) == [200, 200, 200, 429]

    def test_a_limit_that_is_taken_away_counts_no_more(self, client: Any, local_aws: LocalAws) -> None:
        cloudformation = client("cloudformation")
        made = deploy(cloudformation, "throttled-once", stack(setting(SLOW, 1)), Outputs=OUTPUTS)
        url = local_url(made["Url"], local_aws.endpoint_url)
        assert statuses(url, "one", 2) == [200, 429]
        deploy(cloudformation, "throttled-once", stack(), Outputs=OUTPUTS)
        assert statuses(url, "one", 4) == [200] * 4

    def test_what_a_setting_does_not_say_is_the_account_s(self, client: Any, local_aws: LocalAws) -> None:
        resources = stack({"HttpMethod": "*", "ResourcePath": "/*", "MetricsEnabled": True})
        made = deploy(client("cloudformation"), "throttled-not", resources, Outputs=OUTPUTS)
        stage = client("apigateway").get_stage(restApiId=made["Id"], stageName="prod")
        (found,) = stage["methodSettings"].values()
        limits = found["throttlingRateLimit"], found["throttlingBurstLimit"]
        assert limits == (throttling.ACCOUNT_RATE, throttling.ACCOUNT_BURST)

    def test_tests_may_spare_an_api_by_the_end_of_its_name(
        self, client: Any, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = deploy(client("cloudformation"), "throttled-spared", stack(setting(SLOW, 1)), Outputs=OUTPUTS)
        url = local_url(made["Url"], local_aws.endpoint_url)
        monkeypatch.setenv(throttling.UNTHROTTLED, "ttled")
        assert statuses(url, "one", 3) == [200] * 3
        monkeypatch.delenv(throttling.UNTHROTTLED)
        assert statuses(url, "one", 2) == [200, 429]
