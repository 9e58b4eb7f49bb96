# SPDX-License-Identifier: Apache-2.0
"""Values that a schema takes and the blueprint does not, permissions, and first requests."""

from __future__ import annotations

from typing import Any, Final

import pytest

from scripts.iam import documents
from scripts.iam.resolving import Place
from scripts.pipeline_types import fitting, lines, permissions, starters
from scripts.pipeline_types.permissions import Operator
from tests.orchestrator.pipeline_types.custom import folders

PLACE: Final = Place("aws", "eu-west-1")


@pytest.mark.parametrize(
    ("parameter", "schema", "place", "words"),
    [
        ("{Type: Number}", {"type": "string"}, "", "must be a number; its type is"),
        ("{Type: Number}", {"type": "boolean"}, "", "must be a number; its type is"),
        ("{Type: Number, MaxValue: 9}", {"type": "integer", "maximum": 14}, ".maximum", "must be 9 at most"),
        ("{Type: Number, MinValue: 2}", {"type": "integer", "minimum": 1}, ".minimum", "must be 2 at least"),
        ("{Type: Number, AllowedValues: [1, 4]}", {"enum": [1, 2, 4]}, ".enum.1", "must be one of 1, 4"),
        ("{Type: String, AllowedPattern: '[a-z]+'}", {"default": "A"}, ".default", "must match [a-z]+"),
        ("{Type: String, MaxLength: 3}", {"type": "string", "maxLength": 4}, ".maxLength", "must be 3 at most"),
        ("{Type: String, MinLength: 3}", {"type": "string", "minLength": 1}, ".minLength", "must be 3 at least"),
        ("{Type: CommaDelimitedList}", {"type": "array", "examples": [["a,b"]]}, ".examples.0", "must have no comma"),
        ("{Type: Number, MaxValue: 14}", {"type": "integer", "maximum": 14}, "", ""),
        ("{Type: Number}", {"type": "string", "pattern": "^[0-9]+$"}, "", ""),
    ],
)
def test_a_value_that_the_blueprint_would_refuse(parameter: str, schema: Any, place: str, words: str) -> None:
    blueprint = folders.BLUEPRINT.replace("KeepDays: {Type: Number}", f"KeepDays: {parameter}")
    made = folders.type_of(folders.with_key("keep_days", schema, examples=None), _optional(blueprint))
    found = {problem.key: problem.problem for problem in fitting.problems(made)}
    if not words:
        assert found == {}
        return
    (key,) = found
    assert key == f"pipeline.yaml: request.properties.keep_days{place}"
    assert words in found[key]
    assert found[key].endswith("KeepDays of the blueprint says so")


def _optional(blueprint: str) -> str:
    """The parameter has a default that CloudFormation is not asked about."""
    return blueprint.replace("KeepDays: {", 'KeepDays: {Default: "", ')


QUEUE: Final = {"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "mlops-work"}}}}


def test_only_what_the_deploy_role_lacks_is_asked_for() -> None:
    policy = permissions.missing_policy(QUEUE, Operator(PLACE))
    assert policy is not None
    (statement,) = policy["Statement"]
    assert statement["Resource"] == ["arn:aws:sqs:eu-west-1:*:mlops-work"]
    assert {"sqs:CreateQueue", "sqs:DeleteQueue", "sqs:TagQueue"} <= set(statement["Action"])
    given = documents.parse(
        {
            "Statement": [
                {"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1:111122223333:mlops-*"}
            ]
        }
    )
    assert permissions.missing_policy(QUEUE, Operator(PLACE, (given,))) is None
    other = documents.parse({"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:x-*"}]})
    assert permissions.missing_policy(QUEUE, Operator(PLACE, (other,))) == policy


def test_what_the_deploy_role_may_do_already_is_not_asked_for() -> None:
    group = {"Resources": {"L": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 3}}}}
    assert permissions.missing_policy(group, Operator(PLACE)) is None


def test_a_first_request_has_what_is_required() -> None:
    schema = {
        "required": ["pipeline_type", "team", "size", "days", "ids", "kind"],
        "properties": {
            "pipeline_type": {"const": "work"},
            "team": {"type": "string", "description": "name of the team"},
            "size": {"type": "integer", "minimum": 3},
            "days": {"x-per-stage": True, "description": "days", "oneOf": [{"type": "string"}, {"type": "object"}]},
            "ids": {"type": "array"},
            "kind": {"enum": ["a", "b"]},
            "optional": {"type": "string"},
        },
    }
    made = {"pipeline_type": "work", "team": "<name of the team>", "size": 3, "days": "<days>", "ids": [], "kind": "a"}
    assert starters.starter(schema, None) == made
    assert starters.starter(schema, {"pipeline_type": "work", "team": "x"}) == {"pipeline_type": "work", "team": "x"}


@pytest.mark.parametrize(
    ("key", "line"), [("a", 1), ("a.b.c", 2), ("a.list.1", 5), ("a.list.9", 3), ("a.d.e", 6), ("z", 1), ("a.b.x", 1)]
)
def test_a_key_is_found_in_its_line(key: str, line: int) -> None:
    assert lines.of_key("a:\n  b.c: 1\n  list:\n  - x\n  - y\n  d: {e: 1}\n", key) == line
