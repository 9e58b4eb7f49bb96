# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.local_aws.eventbridge.event_input import problem_with, render

RULE = "arn:aws:events:us-east-1:123456789012:rule/stack-Finished"
EVENT = {
    "id": "1",
    "time": "2026-11-22T10:00:00Z",
    "source": "aws.codepipeline",
    "detail-type": "CodePipeline Pipeline Execution State Change",
    "resources": ["arn:aws:codepipeline:us-east-1:123456789012:p"],
    "detail": {"pipeline": "p", "state": "FAILED", "version": 3, "execution-result": {"error-code": 'a "b" \\ ü'}},
}


def transformed(template: str, **paths: str) -> str:
    target = {"Id": "t", "InputTransformer": {"InputTemplate": template, "InputPathsMap": paths}}
    return render(target, EVENT, RULE)


def test_a_target_without_input_receives_the_event() -> None:
    assert json.loads(render({"Id": "t"}, EVENT, RULE)) == EVENT


def test_constant_input_replaces_the_event() -> None:
    assert render({"Id": "t", "Input": '{"a": 1}'}, EVENT, RULE) == '{"a": 1}'


def test_input_path_selects_a_part() -> None:
    assert json.loads(render({"Id": "t", "InputPath": "$.detail"}, EVENT, RULE)) == EVENT["detail"]
    assert render({"Id": "t", "InputPath": "$.detail-type"}, EVENT, RULE) == json.dumps(EVENT["detail-type"])


def test_a_text_template_stays_a_quoted_string_as_on_aws() -> None:
    text = transformed('"Pipeline <name> is <state>"', name="$.detail.pipeline", state="$.detail.state")
    assert text == '"Pipeline p is FAILED"'


def test_a_json_template_quotes_bare_strings_and_keeps_numbers() -> None:
    text = transformed('{"p": <p>, "v": <v>, "t": "<p> v<v>"}', p="$.detail.pipeline", v="$.detail.version")
    assert json.loads(text) == {"p": "p", "v": 3, "t": "p v3"}


@pytest.mark.parametrize("template", ['"code: <code>"', '{"code": "code: <code>"}'])
def test_values_inside_quotes_are_escaped(template: str) -> None:
    value: Any = json.loads(transformed(template, code="$.detail.execution-result.error-code"))
    assert (value if isinstance(value, str) else value["code"]) == 'code: a "b" \\ ü'


def test_a_value_that_is_not_there_is_empty() -> None:
    assert json.loads(transformed('{"a": <a>, "b": "-<a>-"}', a="$.detail.nothing")) == {"a": "", "b": "--"}


def test_array_elements_and_objects_can_be_selected() -> None:
    text = transformed('{"arn": <arn>, "result": <result>}', arn="$.resources[0]", result="$.detail.execution-result")
    assert json.loads(text) == {"arn": EVENT["resources"][0], "result": EVENT["detail"]["execution-result"]}


def test_predefined_variables() -> None:
    text = transformed('{"rule": <aws.events.rule-name>, "arn": <aws.events.rule-arn>, "e": <aws.events.event.json>}')
    assert json.loads(text) == {"rule": "stack-Finished", "arn": RULE, "e": EVENT}


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ({"Input": "plain text"}, "JSON syntax error"),
        ({"Input": "1", "InputPath": "$.detail"}, "Only one of"),
        (
            {"InputTransformer": {"InputTemplate": "no quotes <a>", "InputPathsMap": {"a": "$.id"}}},
            "Invalid InputTemplate",
        ),
        ({"InputTransformer": {"InputTemplate": '"<b>"', "InputPathsMap": {"a": "$.id"}}}, "not in InputPathsMap: b"),
    ],
)
def test_what_put_targets_refuses(target: dict[str, Any], problem: str) -> None:
    assert problem in str(problem_with({"Id": "t", **target}))


@pytest.mark.parametrize(
    "target",
    [
        {},
        {"Input": '"text"'},
        {"InputTransformer": {"InputTemplate": '"one <a>"\n"two"', "InputPathsMap": {"a": "$.id"}}},
        {"InputTransformer": {"InputTemplate": '{"a": <aws.events.event>}'}},
    ],
)
def test_what_put_targets_takes(target: dict[str, Any]) -> None:
    assert problem_with({"Id": "t", **target}) is None
