# SPDX-License-Identifier: Apache-2.0
"""Requests of a type that an operator has added: every problem at once, values by stage, secrets, limits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

import pytest

from orchestrator.errors import RefusedRequestError
from orchestrator.launch.operator_options import OperatorOptions
from orchestrator.launch.options import BlueprintOptions
from orchestrator.launch.settings import Launch, MultiAccount, Settings, StageTarget
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.custom.custom_type import CustomType
from orchestrator.pipeline_types.custom.request import CustomRequest
from orchestrator.plan import notifications
from orchestrator.values.per_stage import STAGES
from tests.orchestrator.pipeline_types.custom.folders import BLUEPRINT, definition, type_of, with_key

Body = dict[str, Any]
SECRET: Final = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:hook-AbCdEf"


class Types:
    """A source with one type."""

    def __init__(self, type_: CustomType) -> None:
        self.type, self.asked = type_, list[str]()

    def find(self, name: str) -> CustomType | None:
        self.asked.append(name)
        return self.type if name == self.type.name else None

    def names(self) -> tuple[str, ...]:
        return (self.type.name,)


def parsed(type_: CustomType, body: Body, launch: Launch) -> CustomRequest:
    request = BUILT_IN.with_source(Types(type_)).parse({"pipeline_type": type_.name, **body}, launch).request
    assert isinstance(request, CustomRequest)
    return request


def problems_of(type_: CustomType, body: Body, launch: Launch) -> dict[str, str]:
    with pytest.raises(RefusedRequestError) as refused:
        parsed(type_, body, launch)
    found = [(problem.key, problem.problem) for problem in refused.value.problems]
    assert len(dict(found)) == len(found), f"a key is reported twice: {found}"
    return dict(found)


def values_of(type_: CustomType, body: Body, launch: Launch, stage: Any = None) -> dict[str, str]:
    return dict(parsed(type_, body, launch).parameter_values(launch, stage))


@pytest.fixture(scope="module")
def queue() -> CustomType:
    return type_of()


def test_every_problem_is_named_at_once(queue: CustomType, multi_account: Launch) -> None:
    body = {
        "queue_nam": "x",
        "keep_days": {"dev": 0, "prod": "long", "test": 1},
        "webhook_secret": "hunter2",
        "dry_run": "yes",
    }
    assert problems_of(queue, body, multi_account) == {
        "queue_nam": '"queue_nam" is not known, the nearest is queue_name; remove or rename it',
        "queue_name": "is required: name of the queue; it names the pipeline",
        "keep_days.dev": "must be 1 at least; got 0",
        "keep_days.staging": "is missing: a value by stage needs dev, staging and prod",
        "keep_days.prod": 'must be a whole number; got "long"',
        "keep_days.test": "is not a stage: give dev, staging and prod",
        "webhook_secret": "must be the ARN of a secret in Secrets Manager, or {{resolve:secretsmanager:...}} or "
        "{{resolve:ssm-secure:...}}: never the secret itself",
        "dry_run": 'must be true or false; got "yes"',
    }


def test_a_built_in_type_never_asks_the_source(queue: CustomType, launch: Launch, builtin: Body) -> None:
    source = Types(queue)
    BUILT_IN.with_source(source).parse(builtin, launch)
    assert source.asked == []
    BUILT_IN.with_source(source).parse({"pipeline_type": " Work_Queue ", "queue_name": "a"}, launch)
    assert source.asked == ["work_queue"]


def test_keys_of_other_types_are_ignored_with_a_warning(queue: CustomType, launch: Launch) -> None:
    body = {"pipeline_type": "work_queue", "queue_name": "a", "model_framework": "xgboost"}
    accepted = BUILT_IN.with_source(Types(queue)).parse(body, launch)
    assert accepted.warnings == ("model_framework has no meaning for work_queue and is ignored",)


def test_values_by_stage_reach_their_stage(queue: CustomType, multi_account: Launch) -> None:
    body = {"queue_name": "a", "keep_days": {"dev": 1, "staging": 4, "prod": 14}}
    found = {stage: values_of(queue, body, multi_account, stage) for stage in STAGES}
    assert {stage: values["KeepDays"] for stage, values in found.items()} == {"dev": "1", "staging": "4", "prod": "14"}
    assert {values["StageName"] for values in found.values()} == set(STAGES)
    assert found["dev"]["WebhookSecret"] == ""


def test_a_value_by_stage_needs_stages(queue: CustomType, launch: Launch) -> None:
    body = {"queue_name": "a", "keep_days": {"dev": 1, "staging": 4, "prod": 14}}
    assert "to a single account" in problems_of(queue, body, launch)["keep_days"]
    assert values_of(queue, {"queue_name": "a"}, launch) == {
        "QueueName": "a",
        "KeepDays": "4",
        "WebhookSecret": "",
        "StageName": "single",
    }


def test_rules_between_keys_hold_in_every_stage(multi_account: Launch) -> None:
    document = definition()
    document["request"]["if"] = {"properties": {"keep_days": {"minimum": 10}}}
    document["request"]["then"] = {"required": ["webhook_secret"]}
    document["examples"] = []
    body = {"queue_name": "a", "keep_days": {"dev": 1, "staging": 4, "prod": 14}}
    found = problems_of(type_of(document), body, multi_account)
    assert found == {"webhook_secret": "is required: secret of the service that is told of new work"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([], ""),
        (["a", "b c"], "a,b c"),
        ([1, 2.5, True], "1,2.5,true"),
        ("a,b", "a,b"),
    ],
)
def test_lists_become_texts_with_commas(launch: Launch, value: Any, text: str) -> None:
    blueprint = BLUEPRINT.replace("  StageName", '  Labels: {Type: CommaDelimitedList, Default: ""}\n  StageName')
    type_ = type_of(with_key("labels", {}), blueprint)
    assert values_of(type_, {"queue_name": "a", "labels": value}, launch)["Labels"] == text


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("CommaDelimitedList", ["a,b"], "no comma in its entries"),
        ("CommaDelimitedList", [["a"]], "a list of plain values"),
        ("String", None, "must not be null"),
        ("String", "x" * 4097, "4096 characters at most as a parameter of CloudFormation; it has 4097"),
        ("String", {"a": ["x" * 4096]}, "4096 characters at most as a parameter"),
        ("String", "{{resolve:ssm:/team/password}}", "only a secret may"),
        ("String", {"deep": [{"{{Resolve:ssm:x}}": 1}]}, "only a secret may"),
        ("String, AllowedValues: [a, b]", "c", "must be one of a, b"),
        ("CommaDelimitedList, AllowedValues: [a, b]", ["a", "c"], "must be one of a, b"),
        ("String, AllowedPattern: 'a+'", "ab", "must match a+"),
        ("String, MinLength: 2", "a", "2 characters at least"),
        ("String, MaxLength: 2", "abc", "2 characters at most"),
        ("Number", "many", "must be a number"),
        ("Number, MinValue: 2", 1, "must be 2 at least"),
        ("Number, MaxValue: 2", 3, "must be 2 at most"),
        ("String", 10**30, "a number that is too large"),
        ("String", json.loads("[" * 25 + "]" * 25), "nested more than 20 levels"),
        ("String", [0] * 20_000, "more than 10000 values"),
    ],
)
def test_what_cloudformation_would_refuse_is_refused(launch: Launch, kind: str, value: Any, words: str) -> None:
    blueprint = BLUEPRINT.replace("  StageName", f"  Extra: {{Type: {kind}, Default: 2}}\n  StageName")
    type_ = type_of(with_key("extra", {}), blueprint)
    found = problems_of(type_, {"queue_name": "a", "extra": value}, launch)
    assert found.keys() == {"extra"}
    assert words in found["extra"]


def test_what_only_cloudformation_s_own_patterns_know_is_left_to_it(launch: Launch) -> None:
    blueprint = BLUEPRINT.replace(
        "  StageName", "  Extra: {Type: String, AllowedPattern: '(?!x).*', Default: a}\n  StageName"
    )
    type_ = type_of(with_key("extra", {"type": "string"}), blueprint)
    assert values_of(type_, {"queue_name": "a", "extra": "x"}, launch)["Extra"] == "x"


@pytest.mark.parametrize(
    ("name", "words"), [("a" * 41, "must have 40 characters at most"), ("b-", "must give a name"), ("", "must match")]
)
def test_a_name_fits_what_it_names(queue: CustomType, launch: Launch, name: str, words: str) -> None:
    assert words in problems_of(queue, {"queue_name": name}, launch)["queue_name"]


def test_two_types_that_want_one_name_tell_their_pipelines_apart(launch: Launch) -> None:
    """`a-b` of the type `c`, and `a` of the type `b_c`."""
    first = parsed(type_of(definition(pipeline_type="queue")), {"queue_name": "x-work"}, launch)
    second = parsed(type_of(), {"queue_name": "x"}, launch)
    assert first.plain_name == second.plain_name == "mlops-pipeline-x-work-queue"
    assert first.owner != second.owner


class TestSecrets:
    @pytest.mark.parametrize(
        "value",
        [SECRET, "{{resolve:secretsmanager:hook:SecretString:token}}", "{{resolve:ssm-secure:/hook/token:1}}"],
    )
    def test_a_reference_is_taken_and_not_shown(
        self, queue: CustomType, settings: Settings, launch: Launch, value: str
    ) -> None:
        request = parsed(queue, {"queue_name": "a", "webhook_secret": value}, launch)
        plan = request.plan(settings)
        assert plan.deployment.blueprint is not None
        (file,) = plan.deployment.blueprint.parameter_files
        assert json.loads(file.text())["Parameters"]["WebhookSecret"] == value
        shown = plan.description()
        assert shown["parameters"]["template_params.json"]["WebhookSecret"] == "********"
        assert value not in json.dumps(shown)

    @pytest.mark.parametrize(
        "value",
        ["hunter2", "{{resolve:ssm:/plain}}", f"x{SECRET}", f"{SECRET}\n", "{{resolve:secretsmanager:a}}b", 7, ["x"]],
    )
    def test_anything_else_is_refused_and_not_repeated(self, queue: CustomType, launch: Launch, value: Any) -> None:
        found = problems_of(queue, {"queue_name": "a", "webhook_secret": value}, launch)
        assert found.keys() == {"webhook_secret"}
        assert "got" not in found["webhook_secret"]
        assert "hunter2" not in found["webhook_secret"]


class TestPlan:
    def test_a_dry_run_s_plan_has_all_of_it(self, queue: CustomType, settings: Settings, launch: Launch) -> None:
        shown = parsed(queue, {"queue_name": "berths"}, launch).plan(settings).description()
        assert shown["pipeline_type"] == "work_queue"
        assert shown["stack_name"] == "mlops-pipeline-berths-work-queue"
        assert shown["pipeline_stack_name"] == "mlops-pipeline-berths-work-queue-codepipeline"
        assert shown["blueprint_template"] == f"pipeline-types/work_queue/{queue.version}/blueprint.yaml"
        assert shown["pipeline_parameters"]["TemplateFileName"] == "blueprint.yaml"

    def test_the_operator_s_options_are_filled_in(self, launch: Launch) -> None:
        blueprint = BLUEPRINT.replace("  StageName", "  RolePath: {Type: String}\n  StageName")
        used = replace(launch, options=OperatorOptions(BlueprintOptions(RolePath="/harbour/")))
        assert values_of(type_of(blueprint=blueprint), {"queue_name": "a"}, used)["RolePath"] == "/harbour/"

    def test_a_type_for_the_orchestrator_s_account_stays_there(self, settings: Settings, multi_account: Launch) -> None:
        document = definition(target="orchestrator", examples=None)
        del document["request"]["properties"]["keep_days"]["x-per-stage"]
        multi = MultiAccount(dict.fromkeys(STAGES, StageTarget("111122223333", "ou-ab12-34cd56ef")), "StageDeployer")
        used = replace(settings, launch=multi_account, multi_account=multi)
        for type_, template in ((type_of(document), "single"), (type_of(), "multi")):
            plan = parsed(type_, {"queue_name": "a"}, multi_account).plan(used)
            assert plan.deployment.pipeline_template == f"pipelines/{template}_account_codepipeline.yaml"

    def test_what_people_are_told_is_filled_in_and_stored(self, settings: Settings, launch: Launch) -> None:
        text = "{queue_name}{{}} {name} {pipeline_type} {keep_days}"
        document = definition(notifications={"succeeded": text}, examples=None)
        del document["request"]["properties"]["keep_days"]["x-per-stage"]
        plan = parsed(type_of(document), {"queue_name": "a"}, launch).plan(settings)
        assert plan.deployment.blueprint is not None
        (stored,) = plan.deployment.blueprint.objects
        assert stored.key == notifications.key("mlops-pipeline-a-work-queue")
        assert notifications.message_for(stored.content, "SUCCEEDED") == "a{} a work_queue 4"
        assert notifications.message_for(stored.content, "FAILED") == ""
        assert ("notifications.json", stored.content) in plan.deployment.blueprint.packed(b"").files

    @pytest.mark.parametrize(
        "content", [b"", b"[]", b'{"succeeded": 1}', b"\xff"], ids=["nothing", "a-list", "a-number", "no-text"]
    )
    def test_words_that_cannot_be_read_are_none(self, content: bytes) -> None:
        assert notifications.message_for(content, "SUCCEEDED") == ""
