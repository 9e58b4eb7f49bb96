# SPDX-License-Identifier: Apache-2.0
"""What a request for a card may say: every key of compatibility 5.1, and every mistake told at once (lesson 90)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.model_cards import operation_names
from orchestrator.model_cards.operations import Operation
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.registry import Accepted
from orchestrator.reach import Reach
from scripts.requests import offline
from tests.orchestrator.model_cards.published_schema import content_schema, violations

Body = dict[str, Any]
Ask = Callable[..., Body]
METRIC = {"name": "auc", "type": "number", "value": 1}


LAUNCH = offline.launch("single-account", use_model_registry=False, region="eu-west-1")


def problems_of(body: Any) -> dict[str, str]:
    with pytest.raises(RefusedRequestError) as refused:
        BUILT_IN.parse_operation(body, LAUNCH)
    found = [(problem.key, problem.problem) for problem in refused.value.problems]
    assert len(dict(found)) == len(found), f"a key is reported twice: {found}"
    return dict(found)


def accept(body: Body) -> Accepted[Operation]:
    return BUILT_IN.parse_operation(body, LAUNCH)


class TestReach:
    """What a card's request may name is looked at like that of a pipeline."""

    @pytest.fixture
    def narrowed(self, launch: Launch) -> Launch:
        reach = Reach(
            allowed={"AllowedBuckets": ("harbour-*",), "AllowedKeys": ("alias/harbour-*",)},
            own={"AllowedBuckets": launch.assets_bucket},
            reserved_buckets=frozenset({"quayside-config"}),
        )
        return replace(launch, reach=reach)

    def refused(self, launch: Launch, **keys: Any) -> dict[str, str]:
        with pytest.raises(RefusedRequestError) as refused:
            BUILT_IN.parse_operation({"pipeline_type": "create_model_card", "name": "a", **keys}, launch)
        return {problem.key: problem.problem for problem in refused.value.problems}

    def test_files_lie_where_requests_may_read(self, narrowed: Launch) -> None:
        """Configurations hold what others have asked for."""
        places = ("quayside-config/x.json", "prod-payroll/x.json", "harbour-a/x.json", "quayside-assets/x.json")
        files = [{"name": "a", "metric_file_s3_url": f"s3://{place}", "metric_type": "regression"} for place in places]
        found = self.refused(narrowed, evaluation_details=files)
        own, others = (f"evaluation_details.{place}.metric_file_s3_url" for place in (0, 1))
        assert found.keys() == {own, others}
        assert "a bucket of the orchestrator itself" in found[own]
        assert "AllowedBuckets" in found[others]

    @pytest.mark.parametrize("key", ["1234abcd", "alias/payroll", "arn:aws:kms:eu-west-1:111122223333:alias/payroll"])
    def test_keys_are_those_that_requests_may_name(self, narrowed: Launch, key: str) -> None:
        found = self.refused(narrowed, security_config={"kms_key_id": key})
        assert "AllowedKeys" in found["security_config.kms_key_id"]
        BUILT_IN.parse_operation(
            {"pipeline_type": "create_model_card", "name": "a", "security_config": {"kms_key_id": "alias/harbour-a"}},
            narrowed,
        )


def with_value(body: Body, path: str, value: Any) -> Body:
    """A copy of a body with another value where a problem's key leads to."""
    changed: Any = copy.deepcopy(body)
    way, _, last = path.rpartition(".")
    value_at(changed, way)[int(last) if last.isdigit() else last] = value
    return dict(changed)


def value_at(body: Body, path: str) -> Any:
    """What is there, in the body itself."""
    found: Any = body
    for part in filter(None, path.split(".")):
        found = found[int(part) if part.isdigit() else part]
    return found


class TestOperations:
    def test_every_name_is_an_operation(self) -> None:
        """The registry imports one when a request names it, so it has to know the name without it."""
        assert tuple(type_.type_name() for type_ in BUILT_IN.operations) == operation_names.NAMES
        assert set(operation_names.ALIASES.values()) <= set(operation_names.NAMES)

    @pytest.mark.parametrize(
        ("written", "operation"),
        [
            ("create_model_card", "create_model_card"),
            ("  Export_Model_Card ", "export_model_card"),
            ("export_model_cards", "export_model_card"),
            ("byom_image_builder", ""),
            ("create_model_cart", ""),
            (3, ""),
        ],
    )
    def test_a_request_is_known_by_its_type(self, written: Any, operation: str) -> None:
        """Lesson 92: the guide names the plural."""
        assert BUILT_IN.operation_in({"pipeline_type": written}) == operation

    @pytest.mark.parametrize("body", [None, [], "create_model_card", {}])
    def test_what_names_no_operation_is_no_matter_of_cards(self, body: Any) -> None:
        assert BUILT_IN.operation_in(body) == ""

    @pytest.mark.parametrize(
        ("mistyped", "nearest"), [("create_model_cart", "create_model_card"), ("list_model_card", "list_model_cards")]
    )
    def test_who_mistypes_one_is_told_the_nearest_and_all(self, launch: Launch, mistyped: str, nearest: str) -> None:
        """Lesson 40: it was an unknown pipeline."""
        with pytest.raises(RefusedRequestError) as refused:
            BUILT_IN.parse({"pipeline_type": mistyped}, launch)
        (problem,) = refused.value.problems
        assert f"the nearest is {nearest};" in problem.problem
        assert all(name in problem.problem for name in (*operation_names.NAMES, *BUILT_IN.names()))

    @pytest.mark.parametrize("name", operation_names.NAMES)
    def test_who_wants_a_pipeline_of_one_is_told_that_it_makes_none(self, name: str) -> None:
        with pytest.raises(RefusedRequestError) as refused:
            BUILT_IN.get(name)
        (problem,) = refused.value.problems
        assert "makes no pipeline" in problem.problem


class TestContent:
    def test_every_section_becomes_content_by_the_published_schema(self, ask: Ask, full: Body) -> None:
        plan = ask(**full, dry_run=True)["plan"]
        assert plan["Content"].keys() == content_schema()["properties"].keys() - {"model_package_details"}
        assert violations(plan["Content"]) == []
        assert plan["ModelCardStatus"] == "PendingReview"
        assert plan["SecurityConfig"] == {"KmsKeyId": full["security_config"]["kms_key_id"]}

    def test_nothing_that_was_given_is_lost(self, ask: Ask, full: Body) -> None:
        """What has another form in a card is listed here; everything else is as it was given."""
        content = ask(**full, dry_run=True)["plan"]["Content"]
        expected = {key: full[key] for key in content}
        expected["model_overview"]["inference_environment"] = {
            "container_image": full["model_overview"]["inference_environment"]
        }
        training = expected["training_details"]
        objective = training["objective_function"]
        notes = objective.pop("notes")
        training["objective_function"] = {"function": objective, "notes": notes}
        details = training["training_job_details"]
        details["training_environment"] = {"container_image": details["training_environment"]}
        details["hyper_parameters"][0]["value"] = "5"
        expected["evaluation_details"][0]["metadata"]["rounds"] = "2"
        expected["additional_information"]["custom_details"]["pilot"] = "true"
        assert content == expected

    def test_a_card_without_sections_is_an_empty_object(self, ask: Ask) -> None:
        plan = ask("create_model_card", name="bare", dry_run=True)["plan"]
        assert plan == {"ModelCardName": "bare", "ModelCardStatus": "Draft", "Content": {}}

    def test_empty_sections_are_left_out_and_a_risk_is_unknown(self, ask: Ask) -> None:
        keys = {"business_details": {}, "evaluation_details": [], "intended_uses": {}}
        plan = ask("create_model_card", name="bare", dry_run=True, **keys)["plan"]
        assert plan["Content"] == {"intended_uses": {"risk_rating": "Unknown"}}

    def test_an_environment_may_have_its_published_form(self, ask: Ask) -> None:
        """As DescribeModelCard answers it."""
        overview = {"inference_environment": {"container_image": ["image:1"]}}
        plan = ask("create_model_card", name="a", dry_run=True, model_overview=overview)["plan"]
        assert plan["Content"] == {"model_overview": overview}

    def test_a_content_longer_than_the_api_takes_is_refused(self, refused: Callable[..., dict[str, str]]) -> None:
        points = [[place, place] for place in range(9_000)]
        groups = [{"name": "g", "metric_data": [{"name": "m", "type": "linear_graph", "value": points}]}]
        details = [{"name": "long", "metric_groups": groups}]
        (problem,) = refused("create_model_card", name="a", evaluation_details=details).values()
        assert "SageMaker takes 100000" in problem


OVERVIEW, USES, TRAINING = "model_overview", "intended_uses", "training_details"
EVALUATION = "evaluation_details.0"
JOB = f"{TRAINING}.training_job_details"
DATA = f"{EVALUATION}.metric_groups.0.metric_data.0"
GRAPH, CHART, MATRIX = (f"{EVALUATION}.metric_groups.0.metric_data.{place}" for place in (3, 4, 5))


class TestRefusals:
    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("name", ""),
            ("name", "-card"),
            ("name", "c" * 64),
            ("status", "draft"),
            ("dry_run", "perhaps"),
            ("arn", "arn:aws:sagemaker:eu-west-1:111122223333:model-card/berth-delay-card"),
            ("security_config", {}),
            ("security_config", {"kms_key_id": "a key"}),
            (OVERVIEW, "text"),
            (f"{OVERVIEW}.model_name", "two words"),
            (f"{OVERVIEW}.model_id", "m" * 1025),
            (f"{OVERVIEW}.model_version", 0.5),
            (f"{OVERVIEW}.model_version", True),
            (f"{OVERVIEW}.model_version", "three"),
            (f"{OVERVIEW}.model_artifact", ["s3://a"] * 16),
            (f"{OVERVIEW}.inference_environment", ["image"] * 16),
            (f"{OVERVIEW}.inference_environment.0", 3),
            (f"{USES}.purpose_of_model", "p" * 2049),
            (f"{USES}.risk_rating", "None"),
            ("business_details.line_of_business", "b" * 2049),
            (f"{TRAINING}.objective_function.function", "maximize"),
            (f"{TRAINING}.objective_function.facet", "F1"),
            (f"{TRAINING}.objective_function.condition", "c" * 64),
            (f"{TRAINING}.training_observations", "o" * 1025),
            (f"{TRAINING}.training_job_name", "two words"),
            (f"{JOB}.training_datasets", ["s3://a"] * 16),
            (f"{JOB}.training_metrics", [{"name": "m", "value": 1}] * 51),
            (f"{JOB}.training_metrics.0.value", "0.9x"),
            (f"{JOB}.training_metrics.0.value", True),
            (f"{JOB}.user_provided_training_metrics", [{"name": "m", "value": 1}] * 51),
            (f"{JOB}.hyper_parameters", [{"name": "m", "value": "1"}] * 101),
            (f"{JOB}.hyper_parameters.0.value", ""),
            (f"{JOB}.hyper_parameters.0.value", "v" * 256),
            (f"{EVALUATION}.name", "n" * 64),
            (f"{EVALUATION}.datasets", ["s3://a"] * 11),
            (f"{EVALUATION}.evaluation_observation", "o" * 2097),
            (f"{EVALUATION}.evaluation_job_arn", "a" * 257),
            (f"{EVALUATION}.metadata.reviewer", ["M. Ilves"]),
            (f"{EVALUATION}.metric_type", "regression"),
            (f"{EVALUATION}.metric_groups.0.name", "n" * 64),
            (f"{DATA}.name", ""),
            (f"{DATA}.name", "n" * 256),
            (f"{DATA}.type", "float"),
            (f"{DATA}.value", "1"),
            (f"{DATA}.value", True),
            (f"{DATA}.x_axis_name", ["a"]),
            (f"{DATA}.notes", "n" * 1025),
            (f"{GRAPH}.value", []),
            (f"{GRAPH}.value", [[1, 2], [3]]),
            (f"{GRAPH}.value", [[1, 2, 3]]),
            (f"{GRAPH}.value", [[1, "2"]]),
            (f"{GRAPH}.y_axis_name", "y" * 64),
            (f"{CHART}.value", [[1]]),
            (f"{CHART}.x_axis_name", "north"),
            (f"{CHART}.x_axis_name", [1]),
            (f"{MATRIX}.value", [1]),
            (f"{MATRIX}.value", [[1]] * 21),
            (f"{MATRIX}.value", [[1] * 21]),
            ("additional_information.ethical_considerations", "e" * 2049),
            ("additional_information.custom_details.ticket", "t" * 1025),
            ("additional_information.custom_details.ticket", {"a": "b"}),
        ],
    )  # fmt: skip
    def test_a_value_that_no_card_takes_is_refused_under_its_key(self, full: Body, key: str, value: Any) -> None:
        (found,) = problems_of(with_value(full, key, value))
        assert found.removesuffix(".kms_key_id") == key

    @pytest.mark.parametrize(
        ("holder", "known", "key"),
        [
            ("", "status", "statu"),
            ("", "model_overview", "model_overvew"),
            (OVERVIEW, "model_owner", "model_ownr"),
            (JOB, "hyper_parameters", "hyper_parameter"),
            (EVALUATION, "metric_groups", "metric_group"),
            (DATA, "value", "valu"),
        ],
    )
    def test_a_misspelt_key_is_refused_with_the_right_one(self, full: Body, holder: str, known: str, key: str) -> None:
        """In a section it was dropped without a word, below one it was a 500."""
        dot = "." if holder else ""
        body = with_value(full, f"{holder}{dot}{key}", "x")
        del value_at(body, holder)[known]
        assert f"the nearest is {known}" in problems_of(body)[f"{holder}{dot}{key}"]

    @pytest.mark.parametrize(
        "key",
        ["reviewer", f"{OVERVIEW}.team", f"{USES}.risk", f"{JOB}.cost", f"{EVALUATION}.author", f"{DATA}.unit"],
    )
    def test_any_other_unknown_key_is_ignored_and_named(self, full: Body, key: str) -> None:
        """The earlier solution took them at the top and in sections."""
        accepted = accept(with_value(full, key, "x"))
        assert accepted.request == accept(full).request
        assert accepted.warnings == (f'"{key}" is not known and is ignored',)

    def test_every_problem_of_every_section_is_in_one_answer(self, full: Body) -> None:
        wrong = {
            "name": "-",
            f"{OVERVIEW}.model_version": 0,
            f"{DATA}.value": "1",
            f"{JOB}.training_arn": 3,
            "arn": "a",
        }
        body = full
        for key, value in wrong.items():
            body = with_value(body, key, value)
        assert problems_of(body).keys() == wrong.keys()

    def test_a_file_needs_its_type(self, full: Body) -> None:
        entry = {"name": "a", "metric_file_s3_url": "s3://bucket/metrics.json"}
        found = problems_of({**full, "evaluation_details": [entry]})
        assert "is required with metric_file_s3_url" in found[f"{EVALUATION}.metric_type"]

    @pytest.mark.parametrize("url", ["bucket/metrics.json", "s3://bucket", "https://bucket/metrics.json", "s3://B/x"])
    def test_a_file_is_an_s3_uri(self, full: Body, url: str) -> None:
        entry = {"name": "a", "metric_file_s3_url": url, "metric_type": "regression"}
        assert list(problems_of({**full, "evaluation_details": [entry]})) == [f"{EVALUATION}.metric_file_s3_url"]

    @pytest.mark.parametrize(
        ("body", "keys"),
        [
            ({"pipeline_type": "describe_model_card"}, {"name"}),
            ({"pipeline_type": "delete_model_card", "name": 3}, {"name"}),
            ({"pipeline_type": "update_model_card", "name": "a", "version": 0}, {"version"}),
            ({"pipeline_type": "export_model_card", "name": "a", "model_card_version": "x"}, {"model_card_version"}),
            ({"pipeline_type": "export_model_card", "name": "a", "export_job_name": "a b"}, {"export_job_name"}),
            ({"pipeline_type": "describe_model_card_export"}, {"export_job_name"}),
            ({"pipeline_type": "describe_model_card_export", "export_job_name": "a"}, {"export_job_name"}),
            ({"pipeline_type": "describe_model_card_export", "export_job_arn": "a"}, {"export_job_arn"}),
            ({"pipeline_type": "list_model_cards", "max_results": 101}, {"max_results"}),
            ({"pipeline_type": "list_model_cards", "creation_time_after": "soon"}, {"creation_time_after"}),
            ({"pipeline_type": "list_model_cards", "sort_by": "Status"}, {"sort_by"}),
        ],
    )
    def test_the_other_operations_check_their_keys(self, body: Body, keys: set[str]) -> None:
        assert problems_of(body).keys() == keys


class TestWarnings:
    def test_a_key_of_another_operation_is_ignored_and_told(self) -> None:
        body = {"pipeline_type": "describe_model_card", "name": "a", "status": "Draft", "created_by": {}, "arn": "x"}
        accepted = BUILT_IN.parse_operation(body, LAUNCH)
        assert [warning.split()[0] for warning in accepted.warnings] == ["arn", "created_by", "status"]

    def test_what_sagemaker_sets_is_not_sent(self, ask: Ask) -> None:
        """Compatibility 5.1."""
        answer = ask("create_model_card", name="a", version=2, created_by="me", last_modified_by="me", dry_run=True)
        assert answer["plan"].keys() == {"ModelCardName", "ModelCardStatus", "Content"}
        assert len(answer["warnings"]) == 3


def test_the_page_for_readers_names_every_key_and_operation() -> None:
    page = (Path(__file__).parents[3] / "docs" / "model-cards.md").read_text(encoding="utf-8")
    keys = {key for type_ in BUILT_IN.operations for key in type_.model_fields} - {"arn"}
    sections = content_schema()["properties"]
    nested = {key for name, schema in sections.items() if name != "model_package_details" for key in names_in(schema)}
    missing = {key for key in keys | nested | set(operation_names.NAMES) if f"`{key}`" not in page}
    assert missing == set()


def names_in(schema: Any) -> set[str]:
    """The keys of a section, references followed."""
    definitions = content_schema()["definitions"]
    if "$ref" in schema:
        return names_in(definitions[schema["$ref"].rpartition("/")[2]])
    found = set(schema.get("properties", {})) - {"container_image"}
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return found.union(*(names_in(each) for each in [*inner, *schema.get("anyOf", [])]))
