# SPDX-License-Identifier: Apache-2.0
"""What requests of an added type may name: what its author marks, and never a bucket of the orchestrator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.custom.custom_type import CustomType
from orchestrator.reach import Reach
from tests.orchestrator.pipeline_types.custom.folders import BLUEPRINT, type_of, with_key
from tests.orchestrator.pipeline_types.custom.test_requests import parsed, problems_of

BODY: Final[dict[str, Any]] = {"queue_name": "work"}
REACH: Final = Reach(
    allowed={
        "AllowedBuckets": ("harbour-*",),
        "AllowedRepositories": ("harbour/*",),
        "AllowedSecrets": ("mlops/*",),
        "AllowedKeys": ("alias/harbour-*",),
    },
    account="111122223333",
    reserved_buckets=frozenset({"quayside-pipelines"}),
)


@pytest.fixture
def narrowed(launch: Launch) -> Launch:
    return replace(launch, reach=REACH)


def of_key(schema: dict[str, Any]) -> CustomType:
    """The guide's type with one key more, for a parameter of its own."""
    blueprint = BLUEPRINT.replace("  StageName", '  Extra: {Type: String, NoEcho: true, Default: ""}\n  StageName')
    return type_of(with_key("extra", schema), blueprint)


@pytest.mark.parametrize(
    ("names", "good", "bad", "parameter"),
    [
        ("bucket", "harbour-data/x", "prod-payroll/x", "AllowedBuckets"),
        ("bucket", "s3://harbour-data", "s3://prod-payroll", "AllowedBuckets"),
        ("repository", "harbour/a:v1", "prod-images:v1", "AllowedRepositories"),
        (
            "key",
            "arn:aws:kms:eu-west-1:111122223333:alias/harbour-a",
            "arn:aws:kms:eu-west-1:111122223333:key/1",
            "AllowedKeys",
        ),
    ],
)
def test_a_marked_key_names_what_the_operator_allows(
    narrowed: Launch, names: str, good: str, *, bad: str, parameter: str
) -> None:
    type_ = of_key({"type": "string", "x-names": names})
    parsed(type_, {**BODY, "extra": good}, narrowed)
    assert f"the launch parameter {parameter} allows" in problems_of(type_, {**BODY, "extra": bad}, narrowed)["extra"]


def test_each_text_of_a_list_counts(narrowed: Launch) -> None:
    type_ = of_key({"type": "array", "items": {"type": "string"}, "x-names": "bucket"})
    problem = problems_of(type_, {**BODY, "extra": ["harbour-a/x", "prod/x"]}, narrowed)["extra"]
    assert "AllowedBuckets" in problem


@pytest.mark.parametrize(
    "secret",
    [
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:{}-AbCdEf",
        "{{{{resolve:secretsmanager:{}:SecretString:token}}}}",
        "{{{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:111122223333:secret:{}-AbCdEf:SecretString:a}}}}",
        "{{{{resolve:ssm-secure:/{}:1}}}}",
    ],
    ids=["arn", "name", "reference to an arn", "parameter"],
)
def test_secrets_are_those_that_the_operator_allows_and_are_not_shown(narrowed: Launch, secret: str) -> None:
    type_ = of_key({"type": "string", "x-secret": True})
    parsed(type_, {**BODY, "extra": secret.format("mlops/hook")}, narrowed)
    problem = problems_of(type_, {**BODY, "extra": secret.format("prod-database")}, narrowed)["extra"]
    assert problem == "must name a secret that the launch parameter AllowedSecrets allows: mlops/*"


@pytest.mark.parametrize(
    "value",
    [
        "quayside-pipelines/provisioned/x/template.zip",
        "s3://quayside-pipelines",
        "arn:aws:s3:::quayside-pipelines",
        "https://quayside-pipelines.s3.eu-west-1.amazonaws.com/x",
        {"deep": ["quayside-pipelines/x"]},
    ],
    ids=["location", "uri", "arn", "url", "inside"],
)
def test_no_value_leads_to_a_bucket_of_the_orchestrator(narrowed: Launch, value: Any) -> None:
    """Whatever the key means: only its author knows, and has marked nothing."""
    type_ = of_key({})
    problem = problems_of(type_, {**BODY, "extra": value}, narrowed)["extra"]
    assert problem == "must not lead to quayside-pipelines: no request may name a bucket of the orchestrator itself"
    parsed(type_, {**BODY, "extra": "the-quayside-pipelines-of-old"}, narrowed)
