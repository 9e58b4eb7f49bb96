# SPDX-License-Identifier: Apache-2.0
"""`inference_api` of requests: values of the blueprint's parameters, problems and warnings in words."""

from __future__ import annotations

from typing import Any, Final

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in.serving.inference_api import WithInferenceApi
from orchestrator.plan.additions import NO_ADDITIONS, Additions
from tests.orchestrator.conftest import read_json
from tests.orchestrator.requesting import Body, accept, changed, parameters_of, problems_of

LEFT_ALONE: Final = {
    "ApiMode": "json",
    "ApiThrottle": "",
    "ApiMaxBytes": "",
    "ApiMemory": "512",
    "ApiConcurrency": "",
    "ApiStreaming": "",
    "ApiVpcEndpoints": "",
}
VPC_ENDPOINTS: Final = ["vpce-0a1b2c3d4e5f67890", "vpce-0b1b2c3d"]


@pytest.fixture
def body() -> Body:
    return dict(read_json("requests/byom_realtime_builtin.json"))


@pytest.fixture
def by_stage() -> Body:
    return dict(read_json("requests/byom_realtime_builtin.multi.json"))


def of_api(values: dict[str, str]) -> dict[str, str]:
    return {name: values[name] for name in LEFT_ALONE}


def test_left_out_everything_is_as_it_was(body: Body, launch: Launch) -> None:
    assert of_api(parameters_of(body, launch)) == LEFT_ALONE
    for same in ("", "json", {}, {"mode": "json"}):
        assert of_api(parameters_of(body, launch, inference_api=same)) == LEFT_ALONE
    assert parameters_of(body, launch)["OpenAIRoute"] == "No"


def test_every_member_reaches_the_template(body: Body, launch: Launch) -> None:
    api = {
        "mode": "raw",
        "throttle_rate": 50,
        "throttle_burst": 80,
        "max_request_bytes": 4_500_000,
        "memory_mb": 1024,
        "concurrency": 20,
        "streaming": True,
        "vpc_endpoints": VPC_ENDPOINTS,
    }
    assert of_api(parameters_of(body, launch, inference_api=api)) == {
        "ApiMode": "raw",
        "ApiThrottle": "50,80",
        "ApiMaxBytes": "4500000",
        "ApiMemory": "1024",
        "ApiConcurrency": "20",
        "ApiStreaming": "always",
        "ApiVpcEndpoints": ",".join(VPC_ENDPOINTS),
    }


def test_the_burst_is_the_rate_where_there_is_none(body: Body, launch: Launch) -> None:
    assert parameters_of(body, launch, inference_api={"throttle_rate": 7})["ApiThrottle"] == "7,7"


def test_without_an_api_nothing_else_of_it_counts(body: Body, launch: Launch) -> None:
    api = {"mode": "none", "memory_mb": 1024, "vpc_endpoints": VPC_ENDPOINTS}
    assert of_api(parameters_of(body, launch, inference_api=api)) == {**LEFT_ALONE, "ApiMode": "none"}
    found = list(accept(body, launch, inference_api=api).warnings)
    assert [text.partition(" ")[0] for text in found] == ["inference_api.memory_mb", "inference_api.vpc_endpoints"]


def test_each_stage_has_its_own(by_stage: Body, multi_account: Launch) -> None:
    given = {"dev": "raw", "staging": "", "prod": {"vpc_endpoints": VPC_ENDPOINTS[:1]}}
    found = [
        of_api(parameters_of(by_stage, multi_account, stage, inference_api=given))
        for stage in ("dev", "staging", "prod")
    ]
    assert found == [
        {**LEFT_ALONE, "ApiMode": "raw"},
        LEFT_ALONE,
        {**LEFT_ALONE, "ApiVpcEndpoints": VPC_ENDPOINTS[0]},
    ]


def test_the_same_endpoints_for_all_stages_are_a_warning(by_stage: Body, multi_account: Launch) -> None:
    found = list(accept(by_stage, multi_account, inference_api={"vpc_endpoints": VPC_ENDPOINTS}).warnings)
    assert any("the API of each stage lets in the same VPC endpoints" in text for text in found)
    assert any("the orchestrator looks up nothing" in text for text in found)


def test_a_private_api_is_deployed_again_for_other_endpoints(body: Body, launch: Launch) -> None:
    def of(**api: Any) -> Additions:
        request = accept(body, launch, inference_api=api).request
        assert isinstance(request, WithInferenceApi)
        return request.additions(launch)

    assert of() == of(vpc_endpoints=[]) == of(mode="none", vpc_endpoints=VPC_ENDPOINTS) == NO_ADDITIONS
    both = of(vpc_endpoints=VPC_ENDPOINTS)
    assert both == of(vpc_endpoints=VPC_ENDPOINTS[::-1]), "their order means nothing"
    assert both != of(vpc_endpoints=VPC_ENDPOINTS[:1])
    assert list(accept(body, launch, inference_api={"vpc_endpoints": VPC_ENDPOINTS}).warnings) == []


def test_endpoints_of_each_stage_count(by_stage: Body, multi_account: Launch) -> None:
    def of(**stages: Any) -> Additions:
        request = accept(by_stage, multi_account, inference_api=stages).request
        assert isinstance(request, WithInferenceApi)
        return request.additions(multi_account)

    one, other = ({"vpc_endpoints": [endpoint]} for endpoint in VPC_ENDPOINTS)
    assert of(dev="raw", staging="", prod="").snapshots == ()
    assert of(dev="", staging=one, prod=one) != of(dev="", staging=one, prod=other)
    assert of(dev=one, staging="", prod="") != of(dev="", staging=one, prod="")


@pytest.mark.parametrize(
    ("api", "key", "problem"),
    [
        pytest.param("xml", "inference_api.mode", "must be json, raw or none", id="mode"),
        pytest.param(5, "inference_api", "must be json, raw, none, or an object with mode,", id="no object"),
        pytest.param(True, "inference_api", "must be json, raw, none, or an object with mode,", id="boolean"),
        pytest.param({"throttle_burst": 5}, "inference_api.throttle_burst", "needs throttle_rate", id="burst alone"),
        pytest.param({"throttle_rate": 0}, "inference_api.throttle_rate", "1 to 10000", id="rate"),
        pytest.param({"throttle_rate": True}, "inference_api.throttle_rate", "1 to 10000", id="boolean rate"),
        pytest.param({"max_request_bytes": 6_000_000}, "inference_api.max_request_bytes", "1 to 4500000", id="bytes"),
        pytest.param({"memory_mb": 100}, "inference_api.memory_mb", "128 to 10240", id="memory"),
        pytest.param({"concurrency": 0}, "inference_api.concurrency", "1 to 9999", id="concurrency"),
        pytest.param({"vpc_endpoints": ["vpc-1"]}, "inference_api.vpc_endpoints", "a list of 10 ids", id="endpoint"),
        pytest.param({"vpc_endpoints": "vpce-1"}, "inference_api.vpc_endpoints", "a list of 10 ids", id="endpoints"),
        pytest.param({"streaming": "yes"}, "inference_api.streaming", "true or false", id="streaming"),
        pytest.param({"max_bytes": 5}, "inference_api.max_bytes", "not known", id="unknown member"),
    ],
)
def test_what_is_wrong_is_said_in_words(body: Body, launch: Launch, api: Any, key: str, problem: str) -> None:
    found = problems_of({**body, "inference_api": api}, launch)
    assert list(found) == [key]
    assert problem in found[key]


def test_a_serverless_endpoint_does_not_stream(
    body: Body, by_stage: Body, launch: Launch, multi_account: Launch
) -> None:
    serverless = {"memory_mb": 2048, "max_concurrency": 5}
    given = {"serverless": serverless, "inference_instance": "", "data_capture_location": ""}
    assert problems_of(changed(body, {**given, "inference_api": {"streaming": True}}), launch) == {
        "inference_api.streaming": "needs an endpoint on instances, which streams: leave it or serverless out"
    }
    instance = {"dev": "", "staging": "", "prod": "ml.m5.large"}
    some = {
        "serverless": {"dev": serverless, "staging": serverless, "prod": ""},
        "inference_instance": instance,
        "inference_api": {"dev": {"streaming": True}, "staging": "raw", "prod": {"streaming": True}},
    }
    assert problems_of(changed(by_stage, some), multi_account).keys() == {"inference_api.dev.streaming"}
    # One value for all stages is told once.
    everywhere = {**given, "inference_api": {"streaming": True}}
    assert problems_of(changed(by_stage, everywhere), multi_account).keys() == {"inference_api.streaming"}
