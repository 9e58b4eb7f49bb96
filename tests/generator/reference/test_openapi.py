# SPDX-License-Identifier: Apache-2.0
"""The committed OpenAPI document: valid, complete, and of one mind with the code that validates requests."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NotRequired, get_origin, get_type_hints

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from typing_extensions import is_typeddict

from generator import files
from generator.reference import openapi, openapi_answers
from generator.reference.openapi_schemas import Components, reference
from orchestrator import answers
from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.model_cards import operation_names
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.routes import ROUTES, SERVED

ROOT: Final = Path(__file__).parents[3]
DOCUMENT: Final[dict[str, Any]] = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
GONE: Final = object()
LAUNCH: Final = Launch(
    region="eu-west-1",
    multi_account=False,
    use_model_registry=False,
    assets_bucket="quayside-assets",
    pipelines_bucket="quayside-pipelines",
    ecr_repository_arn="arn:aws:ecr:eu-west-1:111122223333:repository/quayside-images",
    application="mlops",
)
ANSWERS: Final[dict[str, Any]] = {
    name: found
    for name, found in vars(answers).items()
    if is_typeddict(found) and name not in {"BlueprintPlan", "OverallState", "PipelineIdentity"}
}
"""The types of answers, without what only others are made of."""

Body = dict[str, Any]


def described() -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield (method.upper(), path), operation


def is_optional(answer: Any, member: str) -> bool:
    """Whether an answer may be without a member."""
    declared = get_type_hints(answer, include_extras=True)[member]
    return get_origin(declared) is NotRequired or member in answers.BlueprintPlan.__optional_keys__


def body_of(path: str) -> dict[str, Any]:
    content: dict[str, Any] = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return content


def problems(schema: Mapping[str, Any], value: Any) -> list[str]:
    """What is wrong with a value; the schema's references are those of the document."""
    whole = {**schema, "components": DOCUMENT["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


def request_schema(name: str) -> dict[str, str]:
    return {"$ref": body_of("/provisionpipeline")["schema"]["discriminator"]["mapping"][name]}


def example(name: str, changes: Mapping[str, Any] | None = None) -> Body:
    found: Body = body_of("/provisionpipeline")["examples"][name]["value"]
    return {key: value for key, value in {**found, **(changes or {})}.items() if value is not GONE}


def is_accepted(body: Body) -> bool:
    """Whether the orchestrator takes a request."""
    try:
        parse = BUILT_IN.parse_operation if BUILT_IN.operation_in(body) else BUILT_IN.parse
        parse(body, LAUNCH)
    except RefusedRequestError:
        return False
    return True


EXAMPLES: Final = sorted(body_of("/provisionpipeline")["examples"])


def test_the_committed_document_is_the_generated_one() -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'lambda_src'}", "PYTHONHASHSEED": "random"}
    command = [sys.executable, "-m", "generator.reference.openapi", "--check"]
    check = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_a_changed_document_is_drift(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = tmp_path / "openapi.json"
    changed.write_text(json.dumps(DOCUMENT | {"openapi": "3.0.0"}, indent=1, ensure_ascii=False) + "\n", "utf-8")
    given = ["generator", "--output", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", [*given, "--check"])
    assert files.main("generator", openapi.texts, tmp_path, "*.json") == 1
    assert '\n- "openapi": "3.0.0"' in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", given)
    assert files.main("generator", openapi.texts, tmp_path, "*.json") == 0
    assert json.loads(changed.read_text("utf-8")) == DOCUMENT


def test_the_document_is_valid() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_the_document_describes_the_routes_that_are_served() -> None:
    assert {route for route, _ in described()} == set(SERVED)


def test_what_a_handler_returns_is_what_the_document_says_is_answered() -> None:
    described = openapi_answers.of_route(replace(ROUTES[0], handler="provisioned.removal:begin"), Components())
    assert described["200"]["content"]["application/json"]["schema"] == reference("DeletionBegun")


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_an_answer_has_the_members_of_its_type_and_no_others(name: str) -> None:
    """But for what AWS answers, which is handed on."""
    schema, members = DOCUMENT["components"]["schemas"][name], ANSWERS[name].__annotations__
    assert list(schema["properties"]) == list(members)
    assert set(schema["required"]) == {key for key in members if not is_optional(ANSWERS[name], key)}
    assert schema["additionalProperties"] is (name == "PipelineState")
    assert schema["description"] == inspect.cleandoc(ANSWERS[name].__doc__ or "")


@pytest.mark.parametrize(
    ("name", "member", "description"),
    [
        ("Problem", "problem", "what would be right"),
        ("Refused", "message", "what happened, in a sentence"),
        ("PipelineSummary", "pipeline_id", "ARN of the pipeline's stack; other operations take it"),
        ("DryRun", "warnings", "what to know although it succeeded"),
    ],
    ids=["a docstring", "a type of several members", "a base's member", "a member that may be left out"],
)
def test_a_member_of_an_answer_is_described(name: str, member: str, description: str) -> None:
    assert DOCUMENT["components"]["schemas"][name]["properties"][member]["description"] == description


def test_every_call_is_signed() -> None:
    (requirement,) = DOCUMENT["security"]
    (scheme,) = (DOCUMENT["components"]["securitySchemes"][name] for name in requirement)
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert [route for route, operation in described() if "security" in operation] == []


@pytest.mark.parametrize(
    "operation", [operation for _, operation in described()], ids=lambda found: found["operationId"]
)
def test_every_operation_has_an_example(operation: dict[str, Any]) -> None:
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    examples = [(body["schema"], found["value"]) for body in bodies for found in body["examples"].values()]
    examples += [(parameter["schema"], parameter["example"]) for parameter in operation.get("parameters", ())]
    assert examples
    assert [problem for schema, value in examples for problem in problems(schema, value)] == []


def test_every_kind_of_request_has_an_example_and_is_told_apart_by_its_type() -> None:
    names = {*BUILT_IN.names(), *operation_names.NAMES}
    examples = body_of("/provisionpipeline")["examples"]
    assert {found["value"]["pipeline_type"] for found in examples.values()} == names
    mapping = body_of("/provisionpipeline")["schema"]["discriminator"]["mapping"]
    assert mapping.keys() == names | operation_names.ALIASES.keys()
    assert [alias for alias, meant in operation_names.ALIASES.items() if mapping[alias] != mapping[meant]] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_valid_against_its_own_schema_and_no_other(name: str) -> None:
    body = example(name)
    own = request_schema(body["pipeline_type"])
    assert problems(own, body) == []
    others = [found for found in body_of("/provisionpipeline")["schema"]["oneOf"] if found != own]
    assert [found for found in others if not problems(found, body)] == []


@pytest.mark.parametrize("name", [name for name in EXAMPLES if not name.endswith("_multi")])
def test_the_orchestrator_takes_the_examples(name: str) -> None:
    assert is_accepted(example(name))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("byom_realtime_builtin", {"inference_instance": "m5.large"}),
        ("byom_realtime_builtin", {"kms_key_anr": "x"}),
        ("byom_realtime_builtin", {"model_name": GONE}),
        ("byom_realtime_builtin", {"dry_run": "perhaps"}),
        ("byom_batch_custom", {"instance_count": "many"}),
        ("byom_batch_custom", {"instance_count": True}),
        ("byom_data_quality_monitor", {"instance_volume_size": 0}),
        ("byom_data_quality_monitor", {"instance_volume_size": "30 GB"}),
        ("model_training_builtin", {"algo_hyperparameters": GONE}),
        ("model_training_builtin", {"algo_hyperparamaters": {"max_depth": 5}}),
        ("model_training_builtin", {"registration": {"model_package_group_name": "berths"}}),
        ("model_training_builtin", {"use_spot_instances": 1}),
        ("create_model_card", {"status": "Fine"}),
        ("create_model_card", {"name": GONE}),
        ("create_model_card", {"model_overview": {"model_version": 0}}),
        ("create_model_card", {"model_overview": {"model_nam": "x"}}),
    ],
)
def test_a_wrong_request_is_wrong_for_schema_and_orchestrator(name: str, changes: Mapping[str, Any]) -> None:
    body = example(name, changes)
    assert problems(request_schema(name), body)
    assert not is_accepted(body)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("byom_batch_custom", {"instance_count": 3, "max_payload_mb": "6"}),
        ("byom_data_quality_monitor", {"instance_volume_size": 30, "monitor_max_runtime_seconds": "1800"}),
        ("byom_data_quality_monitor", {"baseline_max_runtime_seconds": 3600}),
        ("model_training_builtin", {"registration": "", "register": GONE}),
        ("model_training_builtin", {"algo_hyperparamaters": {"num_round": 5}, "algo_hyperparameters": GONE}),
        ("model_training_builtin", {"use_spot_instances": "True", "max_wait_time_spot_instances": 86_400}),
        ("model_training_builtin", {"attribute_names": "[]"}),
        ("export_model_card", {"pipeline_type": "export_model_cards"}),
        ("export_model_card", {"wait": "true", "model_card_version": "2"}),
        ("create_model_card", {"additional_information": {"custom_details": {"pilot": True, "rounds": 2}}}),
    ],
)
def test_each_form_that_the_orchestrator_takes_is_valid(name: str, changes: Mapping[str, Any]) -> None:
    """Numbers, booleans and lists as text and as such, other spellings (lesson 95)."""
    body = example(name, changes)
    assert problems(request_schema(body["pipeline_type"]), body) == []
    assert is_accepted(body)


@pytest.mark.parametrize("left_out", ["dev", "staging", "prod"])
def test_a_value_by_stage_needs_every_stage(left_out: str) -> None:
    stages = {"dev": "ml.m5.large", "staging": "ml.m5.large", "prod": "ml.m5.xlarge"}
    whole = example("byom_realtime_builtin", {"inference_instance": stages})
    assert problems(request_schema("byom_realtime_builtin"), whole) == []
    del stages[left_out]
    assert problems(request_schema("byom_realtime_builtin"), {**whole, "inference_instance": stages})


def test_patterns_are_such_as_javascript_takes() -> None:
    """In its Unicode mode, which JSON Schema asks for, a quote takes no backslash; Unicode classes are not for all."""

    def patterns(found: Any) -> Iterator[str]:
        if isinstance(found, dict):
            yield from (value for key, value in found.items() if key == "pattern" and isinstance(value, str))
            yield from (pattern for value in found.values() for pattern in patterns(value))
        elif isinstance(found, list):
            yield from (pattern for value in found for pattern in patterns(value))

    escaped = {found for pattern in patterns(DOCUMENT) for found in re.findall(r"\\(.)", pattern)}
    assert escaped
    assert not escaped & {'"', "p", "P"}
