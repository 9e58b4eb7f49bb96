# SPDX-License-Identifier: Apache-2.0
"""Folders as their authors write them, and as somebody hostile would: each is refused with a sentence."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from orchestrator.pipeline_types.custom import storage
from orchestrator.pipeline_types.custom.definition import BrokenTypeError
from orchestrator.pipeline_types.custom.names import is_well_formed
from scripts.pipeline_types import pipeline_folder
from tests.orchestrator.pipeline_types.custom import folders
from tests.orchestrator.pipeline_types.custom.folders import (
    BLUEPRINT,
    DEFINITION,
    problems_of,
    version,
    with_key,
    write,
)


def refusal_of(folder: Path) -> str:
    with pytest.raises(BrokenTypeError) as broken:
        pipeline_folder.read(folder)
    return str(broken.value)


def test_the_folder_of_the_guide_is_a_type(tmp_path: Path) -> None:
    found, blueprint = pipeline_folder.read(write(tmp_path / "queue"))
    assert found.type.name == "work_queue"
    assert found.type.runs_in_stages
    assert blueprint == BLUEPRINT.encode()
    assert storage.unpacked("work_queue", found.type.version, found.definition) == found.type


@pytest.mark.parametrize(
    "change",
    [
        {"document": folders.definition(summary="Another summary.")},
        {"blueprint": BLUEPRINT + "# a remark\n"},
    ],
    ids=["definition", "blueprint"],
)
def test_another_file_is_another_version(change: dict[str, Any]) -> None:
    assert version().type.version == version().type.version != version(**change).type.version


def test_what_is_missing_is_told_for_both_files(tmp_path: Path) -> None:
    said = refusal_of(tmp_path)
    assert "pipeline.yaml: is missing" in said
    assert "blueprint.yaml: is missing" in said


def test_a_file_that_leads_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere")
    folder = write(tmp_path / "folder")
    (folder / "blueprint.yaml").unlink()
    (folder / "blueprint.yaml").symlink_to(tmp_path / "elsewhere" / "blueprint.yaml")
    assert "blueprint.yaml: leads out of the folder" in refusal_of(folder)


@pytest.mark.parametrize(("name", "length"), [("pipeline.yaml", 64 * 1024), ("blueprint.yaml", 1_048_576)])
def test_a_file_is_read_to_its_limit_only(tmp_path: Path, name: str, length: int) -> None:
    folder = write(tmp_path / "folder")
    text = (folder / name).read_text()
    (folder / name).write_text(text + "#" * (length - len(text)))
    pipeline_folder.read(folder)
    (folder / name).write_text(text + "#" * (length - len(text) + 1))
    assert f"{name}: is longer than {length} bytes" in refusal_of(folder)


LAUGHS = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
DEEP = "deep: " + "[" * 5000 + "]" * 5000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"l0: &l0 [lol]\n{LAUGHS}", "marks the anchor &l0 in line 1"),
        (f"l0: &l0 [lol]\n{LAUGHS}", "uses the alias *l0 in line 2"),
        (
            "summary: !!python/object/apply:os.system [id]",
            "uses the tag tag:yaml.org,2002:python/object/apply:os.system",
        ),
        ("summary: !!timestamp 2026-01-01", "uses the tag tag:yaml.org,2002:timestamp"),
        ("summary: !Custom x", "uses the tag !Custom in line 1"),
        (DEEP, "is nested too deeply"),
        ("a: 1\na: 2", "the key a is given twice, line 2"),
        ("a: 1\n---\nb: 2", "begins another document in line 2"),
        ("? [a, b]\n: 1", "a key must be a plain text"),
        ("a: [", "is no YAML that can be read"),
        ("a: 0x\x07", "is no YAML that can be read"),
    ],
)
@pytest.mark.parametrize("name", ["pipeline.yaml", "blueprint.yaml"])
def test_hostile_yaml_is_refused_before_anything_is_made_of_it(name: str, text: str, words: str) -> None:
    texts = {"pipeline.yaml": DEFINITION, "blueprint.yaml": BLUEPRINT} | {name: text}
    with pytest.raises(BrokenTypeError) as broken:
        pipeline_folder.of_texts(texts["pipeline.yaml"].encode(), texts["blueprint.yaml"].encode())
    assert any(problem.key == name and words in problem.problem for problem in broken.value.problems), str(broken.value)


def test_short_forms_are_for_blueprints_only() -> None:
    assert "uses the tag !Ref" in problems_of(DEFINITION + "description: !Ref x\n")["pipeline.yaml"]
    assert problems_of(blueprint=BLUEPRINT + "  Both: {Value: !Join ['', [!Ref Work, !GetAtt Work.Arn]]}\n") == {}


def test_bytes_that_are_no_text_are_told() -> None:
    with pytest.raises(BrokenTypeError, match="must be UTF-8; byte 3 is not"):
        pipeline_folder.of_texts(b"a: \xff", BLUEPRINT.encode())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../../etc/passwd", "must be 40 lower-case letters"),
        ("a/b", "must be 40 lower-case letters"),
        ("..", "must be 40 lower-case letters"),
        ("Queue", "must be 40 lower-case letters"),
        ("a__b", "must be 40 lower-case letters"),
        ("a\n", "must be 40 lower-case letters"),
        ("x" * 41, "must be 40 lower-case letters"),
        (7, "must be 40 lower-case letters"),
        ("byom_realtime_builtin", "is a built-in pipeline type"),
        ("create_model_card", "is an operation on model cards"),
        ("export_model_cards", "is an operation on model cards"),
        ("codepipeline", "is a reserved word"),
        ("modeltraining", "would give stacks the names that a built-in pipeline type has"),
        ("my_byompipelinerealtimebuiltin", "would give stacks the names that a built-in pipeline type has"),
    ],
)
def test_a_name_that_leads_elsewhere_or_is_taken_is_refused(name: Any, words: str) -> None:
    assert words in problems_of(folders.definition(pipeline_type=name))["pipeline_type"]
    if isinstance(name, str) and "must be" in words:
        assert not is_well_formed(name)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("something is fetched")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


CHAIN = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(40)} | {"d40": {"type": "string"}}
BOMB = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"} for _ in range(9)]} for n in range(8)} | {
    "d8": {"type": "string"}
}


@pytest.mark.parametrize(
    ("schema", "place", "words"),
    [
        ({"$ref": "http://169.254.169.254/latest/meta-data"}, ".$ref", "nothing is fetched"),
        ({"$ref": "file:///etc/passwd"}, ".$ref", "nothing is fetched"),
        ({"$ref": "other.json#/$defs/a"}, ".$ref", "nothing is fetched"),
        ({"$ref": "#"}, ".$ref", "nothing is fetched"),
        ({"$ref": 7}, ".$ref", "nothing is fetched"),
        ({"$ref": "#/$defs/nothing"}, ".$ref", "leads nowhere"),
        ({"$dynamicRef": "#/$defs/a"}, ".$dynamicRef", "cannot use it"),
        ({"$id": "https://example.com/x", "type": "string"}, ".$id", "cannot use it"),
        ({"$anchor": "x", "type": "string"}, ".$anchor", "cannot use it"),
        ({"type": "string", "maxlength": 4}, ".maxlength", "the nearest is maxLength"),
        ({"type": "object", "patternProperties": {"a": {}}}, ".patternProperties", "cannot use it"),
        ({"type": "array", "items": {"x-secret": True}}, ".items.x-secret", "goes with a key of the request"),
        ({"type": "text"}, ".type", "must be"),
        ({"type": "string", "minLength": -1}, ".minLength", "must be 0 at least"),
        ({"type": "string", "pattern": "(?=a)a"}, ".pattern", "without look-around"),
        ({"type": "string", "pattern": r"(a)\1"}, ".pattern", "without look-around"),
        ({"type": "string", "pattern": "("}, ".pattern", "without look-around"),
        (True, "", "must be an object that describes the key"),
        ({"type": "string", "x-per-stage": "yes"}, ".x-per-stage", "must be true or false"),
        ({"type": "object", "x-per-stage": True}, "", "needs a type that is not object"),
        ({"x-per-stage": True}, "", "needs a type that is not object"),
        ({"type": "integer", "x-secret": True}, "", "needs type: string"),
        ({"type": "string", "x-names": "repo"}, ".x-names", "must be one of bucket, repository, model package group,"),
        ({"type": "integer", "default": "four"}, ".default", "must be a whole number"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_by_its_place(
    no_network: None, schema: Any, place: str, words: str
) -> None:
    found = problems_of(with_key("keep_days", schema))
    assert words in found.get(f"request.properties.keep_days{place}", ""), found


@pytest.mark.parametrize(
    ("definitions", "words"),
    [
        ({"d0": {"$ref": "#/$defs/d1"}, "d1": {"allOf": [{"$ref": "#/$defs/d0"}]}}, "leads in a circle"),
        (CHAIN, "leads on through more than 10 others"),
        (dict(reversed(CHAIN.items())), "leads on through more than 10 others"),
        (BOMB, "is too large"),
    ],
    ids=["circle", "chain", "chain backwards", "bomb"],
)
def test_references_come_to_an_end(definitions: dict[str, Any], words: str) -> None:
    document = with_key("keep_days", {"$ref": "#/$defs/d0"})
    document["request"]["$defs"] = definitions
    assert words in problems_of(document)["request"]


def test_a_pattern_that_keeps_other_engines_busy_is_harmless() -> None:
    type_ = folders.type_of(with_key("queue_name", {"type": "string", "pattern": "^(a+)+$"}, examples=None))
    found = type_.problems_of_example({"queue_name": "a" * 50_000 + "!"})
    assert found[0].problem.startswith("must match ^(a+)+$")


@pytest.mark.parametrize(
    ("blueprint", "key", "words"),
    [
        ("[]", "blueprint.yaml", "must be a CloudFormation template"),
        ("Parameters: {}", "blueprint.yaml: Resources", "is missing"),
        (f"Transform: AWS::Serverless-2016-10-31\n{BLUEPRINT}", "blueprint.yaml: Transform", "macros"),
        (
            BLUEPRINT + "  Included: !Transform {Name: AWS::Include}\n",
            "blueprint.yaml: Outputs.Included.Fn::Transform",
            "macros",
        ),
        ("Parameters: {A: String}\nResources: {B: {}}", "blueprint.yaml: Parameters.A", "must be a mapping"),
        ("Parameters: {A: {Type: String, Default: []}}\nResources: {B: {}}", "blueprint.yaml: Parameters.A", "plain"),
        (
            BLUEPRINT.replace("  StageName", "  Forgotten: {Type: String}\n  StageName"),
            "blueprint.yaml: Parameters.Forgotten",
            "gets no value",
        ),
        (
            BLUEPRINT.replace("NoEcho: true, ", ""),
            "request.properties.webhook_secret",
            "WebhookSecret must have NoEcho: true",
        ),
    ],
)
def test_a_blueprint_that_cannot_be_used_is_refused(blueprint: str, key: str, words: str) -> None:
    found = problems_of(blueprint=blueprint)
    assert words in found.get(key, ""), found
