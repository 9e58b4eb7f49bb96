# SPDX-License-Identifier: Apache-2.0
"""Definitions whose parts do not fit, and stored ones that nobody has checked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.pipeline_types.custom import storage
from orchestrator.pipeline_types.custom.definition import BrokenTypeError
from tests.orchestrator.pipeline_types.custom.folders import (
    BLUEPRINT,
    definition,
    problems_of,
    type_of,
    version,
    with_key,
)


def test_every_problem_is_named_at_once() -> None:
    document = {**with_key("keep_days", {"type": "number", "minimum": "x"}), "sumary": "x", "target": "dev"}
    del document["summary"]
    assert problems_of(document).keys() >= {"sumary", "summary", "target", "request.properties.keep_days.minimum"}


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"sumary": "x"}, "sumary", "the nearest is summary"),
        ({"summary": "two\nlines"}, "summary", "must be one line"),
        ({"target": "prod"}, "target", "must be stages or orchestrator"),
        ({"request": None}, "request", "is required"),
        ({"request": {"type": "array", "properties": {"a": {}}}}, "request.type", "must be object"),
        ({"request": {"type": "object"}}, "request.properties", "is required"),
        (
            {"request": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]}},
            "request.required",
            'names "b"',
        ),
        (
            {"request": {"type": "object", "properties": {"a": {}}, "additionalProperties": True}},
            "request.additionalProperties",
            "must be false",
        ),
        (
            {"request": {"type": "object", "properties": {"dry_run": {"type": "boolean"}}}},
            "request.properties.dry_run",
            "every request has",
        ),
        (
            {"request": {"type": "object", "properties": {"Size": {"type": "string"}}}},
            "request.properties.Size",
            "lower-case",
        ),
        (
            {"request": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}},
            "request.$schema",
            "2020",
        ),
        ({"parameters": {"$nothing": "StageName"}}, "parameters.$nothing", "$application"),
        ({"parameters": {"nothing": "StageName"}}, "parameters.nothing", "is no key of the request"),
        ({"parameters": {"$stage": "Stage"}}, "parameters.$stage", "the blueprint does not declare"),
        ({"parameters": {"$stage": ["StageName", "QueueName"]}}, "parameters.$stage", "both go to QueueName"),
        ({"parameters": {"keep_days": "StageName"}}, "blueprint.yaml: Parameters.KeepDays", "gets no value"),
        ({"name": "queue"}, "name", "must hold a key of the request"),
        ({"name": "{queue_name"}, "name", "half of a pair of braces"),
        ({"name": "{queue_name.__class__}"}, "name", "is no key of the request"),
        ({"name": "{keep_days}"}, "name", "is a value by stage"),
        ({"name": "{webhook_secret}"}, "name", "is a secret"),
        ({"notifications": {"succeeded": "{webhook_secret}"}}, "notifications.succeeded", "is a secret"),
        ({"notifications": {"failed": "{nothing}"}}, "notifications.failed", "is no key of the request"),
        ({"notifications": {"stopped": "x"}}, "notifications.stopped", "is not known"),
        ({"target": "orchestrator"}, "request.properties.keep_days", "has no stages"),
        ({"examples": [{"queue_name": "A"}]}, "examples.0.queue_name", "must match"),
        ({"examples": [{"queue": "a"}]}, "examples.0.queue", "is no key"),
        (
            {"examples": [{"pipeline_type": "other", "queue_name": "a"}]},
            "examples.0.pipeline_type",
            "must be work_queue",
        ),
    ],
)
def test_a_part_that_does_not_fit_is_named_by_its_place(changes: dict[str, Any], key: str, words: str) -> None:
    found = problems_of(definition(**changes))
    assert words in found.get(key, ""), found


def test_a_key_that_goes_nowhere_is_refused() -> None:
    found = problems_of(with_key("size", {"type": "string"}))
    assert "goes to no parameter" in found["request.properties.size"]


def test_a_name_must_always_be_there() -> None:
    document = definition()
    del document["request"]["required"]
    assert "must be required or have a default" in problems_of(document)["name"]


def test_the_operator_s_options_need_no_key() -> None:
    blueprint = BLUEPRINT.replace("  StageName", "  RolePath: {Type: String}\n  StageName")
    assert problems_of(blueprint=blueprint) == {}


def test_a_definition_in_another_form_is_refused() -> None:
    assert "must be a mapping" in problems_of("[]")["pipeline.yaml"]
    assert "texts as keys" in problems_of("a: .nan")["pipeline.yaml"]


class TestStored:
    """The function does not believe what lies in the bucket."""

    def refusal_of(self, content: bytes, name: str = "work_queue", digest: str = "") -> str:
        with pytest.raises(BrokenTypeError) as broken:
            storage.unpacked(name, digest or storage._version(content), content)
        return str(broken.value)

    def test_a_changed_definition_is_noticed(self) -> None:
        made = version()
        changed = made.definition.replace(b'"maximum": 14', b'"maximum": 99')
        assert changed != made.definition
        assert "was changed after it was added" in self.refusal_of(changed, digest=made.type.version)

    def test_one_that_never_was_checked_is_checked(self) -> None:
        stored = json.loads(version().definition)
        stored["definition"]["request"]["properties"]["keep_days"] = {"$ref": "https://example.com/x"}
        assert "nothing is fetched" in self.refusal_of(json.dumps(stored).encode())

    def test_one_under_another_name_is_refused(self) -> None:
        assert "is work_queue in the place of other_queue" in self.refusal_of(version().definition, name="other_queue")

    @pytest.mark.parametrize("content", [b"", b"{}", b'{"definition": {}, "blueprint": {"digest": 1}}'])
    def test_another_form_is_refused(self, content: bytes) -> None:
        assert "has another form" in self.refusal_of(content)


def test_the_schema_that_is_served_says_what_the_marks_mean() -> None:
    schema = type_of().request_schema()
    assert schema["required"] == ["pipeline_type", "queue_name"]
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    assert properties["pipeline_type"] == {"const": "work_queue"}
    assert properties["webhook_secret"]["writeOnly"] is True
    one, by_stage = properties["keep_days"]["oneOf"]
    assert one["maximum"] == 14
    assert by_stage["required"] == ["dev", "staging", "prod"]
