# SPDX-License-Identifier: Apache-2.0
"""What a job must hold, and what is said of one that does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.stage_action.jobs import Job, Stage, UnusableJobError

KEYS = ["stackset_name", "artifact", "template_file", "stage_params_file", "account_ids", "org_ids", "regions"]


@pytest.fixture
def user_parameters(job_event: dict[str, Any]) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(Job.of(job_event).user_parameters)
    return decoded


def test_every_missing_key_is_named_at_once() -> None:
    with pytest.raises(UnusableJobError) as refused:
        Stage.of("{}")
    for key in KEYS:
        assert f"{key}: is required" in str(refused.value)


@pytest.mark.parametrize("key", KEYS)
def test_each_key_is_required(user_parameters: dict[str, Any], key: str) -> None:
    del user_parameters[key]
    with pytest.raises(UnusableJobError, match=f"{key}: is required"):
        Stage.of(json.dumps(user_parameters))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("account_ids", ["222222222222", "12"], "account ids of 12 digits"),
        ("account_ids", [], "account ids of 12 digits"),
        ("account_ids", [222222222222], "account ids of 12 digits"),
        ("account_ids", "222222222222", "account ids of 12 digits"),
        ("org_ids", ["o-ab12cd34ef"], "organizational units"),
        ("regions", ["Ireland"], "a list of Regions"),
        ("template_file", "../template.yaml", "a file name"),
        ("stackset_name", "1-is-no-name", "stack name"),
    ],
)
def test_a_malformed_value_is_named_with_what_would_be_right(
    user_parameters: dict[str, Any], key: str, value: Any, words: str
) -> None:
    with pytest.raises(UnusableJobError) as refused:
        Stage.of(json.dumps({**user_parameters, key: value}))
    assert f"{key}: must be" in str(refused.value)
    assert words in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[]", "null", '"text"'])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(UnusableJobError, match="UserParameters"):
        Stage.of(text)


def test_what_is_named_twice_counts_once(user_parameters: dict[str, Any]) -> None:
    stage = Stage.of(json.dumps({**user_parameters, "account_ids": ["222222222222, 333333333333", "222222222222"]}))
    assert stage.account_ids == ("222222222222", "333333333333")


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"])
def test_regions_of_every_partition_are_known(user_parameters: dict[str, Any], region: str) -> None:
    assert Stage.of(json.dumps({**user_parameters, "regions": [region]})).regions == (region,)


@pytest.mark.parametrize("key", ["actionConfiguration", "inputArtifacts", "artifactCredentials"])
def test_a_job_without_a_part_says_which(job_event: dict[str, Any], key: str) -> None:
    del job_event["CodePipeline.job"]["data"][key]
    with pytest.raises(UnusableJobError, match=f"its job has no {key}"):
        Job.of(job_event)


def test_credentials_do_not_show(job_event: dict[str, Any]) -> None:
    job = Job.of(job_event)
    assert job.credentials["aws_session_token"] not in repr(job)
