# SPDX-License-Identifier: Apache-2.0
"""`serverless` of requests: no instance, no captures, and what cannot be beside it, in words."""

from __future__ import annotations

from typing import Any, Final

import pytest

from orchestrator.launch.settings import Launch
from tests.orchestrator.conftest import read_json
from tests.orchestrator.requesting import GONE, Body, accept, parameters_of, problems_of

SERVERLESS: Final[Body] = {"memory_mb": 2048, "max_concurrency": 20}
NEITHER: Final = {"inference_instance": GONE, "data_capture_location": GONE}


@pytest.fixture
def body() -> Body:
    return dict(read_json("requests/byom_realtime_builtin.json"))


def test_a_serverless_endpoint_needs_no_instance_and_no_place_for_captures(body: Body, launch: Launch) -> None:
    values = parameters_of(body, launch, serverless={**SERVERLESS, "provisioned_concurrency": 5}, **NEITHER)
    assert values["Serverless"] == "2048,20,5"
    assert (values["InferenceInstance"], values["DataCaptureLocation"], values["VolumeKmsKeyArn"]) == ("", "", "")
    assert values["ImageUri"].endswith("sagemaker-xgboost:1.7-1")
    assert parameters_of(body, launch)["Serverless"] == "0,0,0"


def test_keys_of_instances_are_ignored_with_a_word(body: Body, launch: Launch) -> None:
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    warnings = accept(body, launch, serverless=SERVERLESS, kms_key_arn=key).warnings
    ignored = "is ignored: a serverless endpoint has no instances, and captures nothing"
    assert warnings == tuple(
        f"{name} {ignored}" for name in ("inference_instance", "data_capture_location", "kms_key_arn")
    )
    assert parameters_of(body, launch, serverless=SERVERLESS, kms_key_arn=key)["VolumeKmsKeyArn"] == ""


def test_a_stage_on_instances_needs_what_they_need(multi_account: Launch) -> None:
    body = dict(read_json("requests/byom_realtime_builtin.multi.json"))
    in_dev = {"dev": SERVERLESS, "staging": "", "prod": ""}
    changes = {
        "serverless": in_dev,
        "inference_instance": {"dev": "", "staging": "", "prod": "ml.m5.large"},
        "data_capture_location": {"dev": "", "staging": "captures", "prod": ""},
    }
    assert problems_of({**body, **changes}, multi_account) == {
        "inference_instance.staging": "must be a SageMaker instance type, such as ml.m5.large, or serverless must be "
        "given",
        "data_capture_location.prod": "must be a bucket and prefix, such as my-bucket/some/prefix, without s3://, "
        "or serverless must be given",
    }
    complete = {"inference_instance": "ml.m5.large", "data_capture_location": "captures"}
    found = [parameters_of(body, multi_account, stage, serverless=in_dev, **complete) for stage in ("dev", "prod")]
    assert [values["Serverless"] for values in found] == ["2048,20,0", "0,0,0"]


def test_without_it_both_are_required_as_ever(body: Body, launch: Launch) -> None:
    given = {key: value for key, value in body.items() if key not in NEITHER}
    assert set(problems_of(given, launch)) == set(NEITHER)


@pytest.mark.parametrize(
    ("changes", "key", "problem"),
    [
        pytest.param(
            {"serverless": {**SERVERLESS, "memory_mb": 1500}},
            "serverless.memory_mb",
            "must be 1024, 2048, 3072, 4096, 5120 or 6144",
            id="memory between the steps",
        ),
        pytest.param(
            {"serverless": {**SERVERLESS, "max_concurrency": 201}},
            "serverless.max_concurrency",
            "must be a whole number, 1 to 200",
            id="too many at once",
        ),
        pytest.param(
            {"serverless": {**SERVERLESS, "provisioned_concurrency": 21}},
            "serverless.provisioned_concurrency",
            "must be 20 at most, which is max_concurrency",
            id="more ready than may run",
        ),
        pytest.param(
            {"serverless": SERVERLESS, "instance_count": 2},
            "instance_count",
            "cannot be with serverless: there are no instances to count",
            id="a count",
        ),
        pytest.param(
            {"serverless": SERVERLESS, "network_isolation": True},
            "network_isolation",
            "cannot be with serverless: SageMaker cannot isolate it",
            id="isolation",
        ),
        pytest.param(
            {
                "serverless": SERVERLESS,
                "vpc": {"subnets": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"], "security_groups": ["sg-0a1b2c3d"]},
            },
            "vpc",
            "cannot be with serverless: SageMaker runs it outside of VPCs",
            id="a VPC",
        ),
        pytest.param(
            {
                "serverless": SERVERLESS,
                "autoscaling": {"minimum": 1, "maximum": 2, "invocations_per_instance": 5},
            },
            "autoscaling",
            "cannot be with serverless: it scales by itself, between none and max_concurrency",
            id="autoscaling",
        ),
    ],
)
def test_what_cannot_be_is_said_in_words(
    body: Body, launch: Launch, changes: dict[str, Any], key: str, problem: str
) -> None:
    ((found, words),) = problems_of({**body, **changes}, launch).items()
    assert (found, words.split("; got")[0]) == (key, problem)
