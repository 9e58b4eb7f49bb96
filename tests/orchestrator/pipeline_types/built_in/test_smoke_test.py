# SPDX-License-Identifier: Apache-2.0
"""`smoke_test` of a request: what is refused, what is stored, and which parameter names it."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any, Final

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.blueprints import BlueprintPipeline
from orchestrator.plan.plan import PlannedObject
from orchestrator.plan.stack_tags import SMOKE_TEST_TAG
from tests.orchestrator.requesting import Body, parameters_of, problems_of, request_of

TEST: Final = {"payload": "1,2", "content_type": "text/csv"}


def _stored(body: Body, launch: Launch, **changes: Any) -> tuple[PlannedObject, ...]:
    request = request_of(body, launch, **changes)
    assert isinstance(request, BlueprintPipeline)
    return tuple(one for one in request.objects(launch) if "/functions/smoke_test-" in one.key)


def _file(stored: PlannedObject) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(stored.content)) as archive:
        assert archive.namelist() == ["index.py", "smoke_test.json"]
        assert b"SPDX-License-Identifier" in archive.read("index.py")
        found: dict[str, Any] = json.loads(archive.read("smoke_test.json"))
        return found


@pytest.mark.parametrize(
    ("test", "key", "words"),
    [
        pytest.param({"content_type": "text/csv"}, "payload", "is required", id="no payload"),
        pytest.param({**TEST, "payload": None}, "payload", "must be what the model reads", id="null"),
        pytest.param({**TEST, "content_type": "csv"}, "content_type", "must be a MIME type", id="type"),
        pytest.param({**TEST, "expression": "a["}, "expression", "must be a JMESPath expression", id="expression"),
        pytest.param({**TEST, "expected": 1}, "expected", "needs expression", id="nothing to compare"),
        pytest.param({**TEST, "calls": 0}, "calls", "must be a whole number, 1 to 1000", id="calls"),
        pytest.param({**TEST, "max_latency_ms": 30_000}, "max_latency_ms", "1 to 29000", id="latency"),
        pytest.param({**TEST, "call": 1}, "call", "is not known, the nearest is calls", id="unknown"),
    ],
)
def test_what_is_wrong_with_it_is_told_by_its_key(
    builtin: Body, launch: Launch, test: Body, key: str, words: str
) -> None:
    found = problems_of({**builtin, "smoke_test": test}, launch)
    assert found.keys() == {f"smoke_test.{key}"}
    assert words in found[f"smoke_test.{key}"]


def test_a_text_is_no_test(builtin: Body, launch: Launch) -> None:
    assert problems_of({**builtin, "smoke_test": "1,2"}, launch)["smoke_test"].startswith("must be an object with")


def test_a_payload_of_any_length_is_stored_with_the_function(builtin: Body, launch: Launch) -> None:
    test = {**TEST, "payload": {"rows": ["x" * 10_000]}, "accept": "application/json", "expression": "rows"}
    (stored,) = _stored(builtin, launch, smoke_test=test)
    file = _file(stored)
    body = {name: test[name] for name in ("payload", "content_type", "accept")}
    assert json.loads(file.pop("body")) == body
    assert file == {
        "headers": {"Content-Type": "application/json", "Accept": "*/*"},
        "expected_status": 200,
        "expression": "rows",
        "expected": True,
        "max_latency_ms": 0,
        "calls": 1,
    }
    bus, bucket, key, _ = parameters_of(builtin, launch, smoke_test=test)["SmokeTestCode"].split(",")
    assert (bucket, key) == (stored.bucket, stored.key)
    assert bus.split(":")[2] == "events"


def test_raw_payloads_are_bodies(builtin: Body, launch: Launch) -> None:
    (stored,) = _stored(builtin, launch, smoke_test={**TEST, "accept": "text/csv"}, inference_api="raw")
    file = _file(stored)
    assert (file["headers"], file["body"]) == ({"Content-Type": "text/csv", "Accept": "text/csv"}, "1,2")


def test_each_stage_may_have_another_test_or_none(builtin: Body, multi_account: Launch) -> None:
    tests = {"dev": "", "staging": TEST, "prod": {**TEST, "calls": 50}}
    codes = {
        stage: parameters_of(builtin, multi_account, stage, smoke_test=tests)["SmokeTestCode"]
        for stage in ("dev", "staging", "prod")
    }
    assert codes["dev"] == ""
    assert codes["staging"] != codes["prod"]
    assert [
        one.key in codes["staging"] + codes["prod"] for one in _stored(builtin, multi_account, smoke_test=tests)
    ] == [
        True,
        True,
    ]
    assert len(_stored(builtin, multi_account, smoke_test=TEST)) == 1


def test_a_request_without_it_stores_and_marks_nothing(builtin: Body, launch: Launch) -> None:
    request = request_of(builtin, launch)
    assert isinstance(request, BlueprintPipeline)
    assert (_stored(builtin, launch), request.marks()) == ((), ())
    assert parameters_of(builtin, launch)["SmokeTestCode"] == ""
    tested = request_of(builtin, launch, smoke_test=TEST)
    assert isinstance(tested, BlueprintPipeline)
    assert dict(tested.marks()) == {SMOKE_TEST_TAG: "yes"}


def test_there_must_be_an_api_to_ask_through(builtin: Body, multi_account: Launch) -> None:
    apis = {"dev": "none", "staging": "json", "prod": "none"}
    tests = {"dev": TEST, "staging": TEST, "prod": ""}
    found = problems_of({**builtin, "smoke_test": tests, "inference_api": apis}, multi_account)
    assert found.keys() == {"smoke_test.dev"}
    assert found["smoke_test.dev"].startswith("needs an inference API")


def test_a_private_api_is_asked_from_a_vpc(builtin: Body, launch: Launch) -> None:
    private = {"smoke_test": TEST, "inference_api": {"vpc_endpoints": ["vpce-0a1b2c3d4e5f67890"]}}
    found = problems_of({**builtin, **private}, launch)
    assert found["smoke_test"].startswith("cannot reach a private inference API")
    chosen = launch.options.chosen.model_copy(update={"FunctionSubnetIds": "subnet-0a1b2c3d"})
    inside = replace(launch, options=replace(launch.options, chosen=chosen))
    assert parameters_of(builtin, inside, **private)["SmokeTestCode"]
