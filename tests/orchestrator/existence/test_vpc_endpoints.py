# SPDX-License-Identifier: Apache-2.0
"""The VPC endpoints of private APIs are looked up before anything is made."""

from __future__ import annotations

from typing import Any, Final

import pytest
from botocore.stub import Stubber

from orchestrator.aws import calls, looks
from orchestrator.existence import named_things
from orchestrator.existence.named_things import Named
from orchestrator.launch.settings import Launch
from orchestrator.values.things import VpcEndpoints
from tests.orchestrator.conftest import Body, read_json
from tests.orchestrator.requesting import request_of

ONE, OTHER = "vpce-0a1b2c3d4e5f67890", "vpce-0b1b2c3d4e5f67890"
CALLED: Final = "com.amazonaws.eu-west-1.execute-api"


@pytest.fixture(autouse=True)
def all_is_there() -> None:
    """Here it is looked."""


def endpoint(name: str, service: str = CALLED, state: str = "available") -> dict[str, str]:
    return {"VpcEndpointId": name, "ServiceName": service, "State": state}


def told(*found: dict[str, str]) -> str:
    """What is wrong with both endpoints, if EC2 finds these."""
    asked = {"Filters": [{"Name": "vpc-endpoint-id", "Values": [ONE, OTHER]}]}
    with Stubber(calls.client("ec2")) as stub:
        stub.add_response("describe_vpc_endpoints", {"VpcEndpoints": list(found)}, asked)
        return looks.at(VpcEndpoints((ONE, OTHER)))


class TestLook:
    def test_available_endpoints_of_called_apis_are_right(self, aws: None) -> None:
        assert told(endpoint(ONE), endpoint(OTHER, state="Available")) == ""

    @pytest.mark.parametrize(
        ("found", "words"),
        [
            ([endpoint(ONE)], f"there is no VPC endpoint {OTHER} in this account and Region"),
            (
                [endpoint(ONE), endpoint(OTHER, "com.amazonaws.eu-west-1.s3")],
                f"must be for execute-api, by which APIs are called: {OTHER} is for com.amazonaws.eu-west-1.s3",
            ),
            (
                [endpoint(ONE), endpoint(OTHER, "com.amazonaws.eu-west-1.apigateway")],
                f"must be for execute-api, by which APIs are called: {OTHER} is for com.amazonaws.eu-west-1.apigateway",
            ),
            ([endpoint(ONE), endpoint(OTHER, state="pending")], f"must be available: {OTHER} is pending"),
            ([endpoint(ONE), endpoint(OTHER, state="deleted")], f"must be available: {OTHER} is deleted"),
            (
                [endpoint(OTHER, state="pendingAcceptance")],
                f"there is no VPC endpoint {ONE} in this account and Region; must be available: {OTHER} is "
                "pendingAcceptance",
            ),
        ],
        ids=["absent", "bucket", "management", "pending", "deleted", "both"],
    )
    def test_what_is_wrong_is_said_in_words(self, aws: None, found: list[dict[str, str]], words: str) -> None:
        assert told(*found) == words


class TestNamed:
    @staticmethod
    def of(body: Body, launch: Launch, api: Any) -> list[Named]:
        found = named_things.of(request_of(body, launch, inference_api=api), launch)
        return [one for one in found if isinstance(one.thing, VpcEndpoints)]

    def test_a_private_api_names_them(self, launch: Launch) -> None:
        body = read_json("requests/byom_realtime_builtin.json")
        named = [Named("inference_api.vpc_endpoints", VpcEndpoints((ONE, OTHER)))]
        assert self.of(body, launch, {"vpc_endpoints": [ONE, OTHER]}) == named
        assert self.of(body, launch, {"vpc_endpoints": []}) == []

    def test_without_an_api_nobody_looks(self, launch: Launch) -> None:
        body = read_json("requests/byom_realtime_builtin.json")
        assert self.of(body, launch, {"mode": "none", "vpc_endpoints": [ONE]}) == []

    def test_those_of_stages_are_not_looked_at(self, multi_account: Launch) -> None:
        body = read_json("requests/byom_realtime_builtin.multi.json")
        assert self.of(body, multi_account, {"vpc_endpoints": [ONE]}) == []
