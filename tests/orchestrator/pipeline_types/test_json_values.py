# SPDX-License-Identifier: Apache-2.0
"""JSON of any length in a request: as a template's parameter, or as an object that the parameter names (lesson 39)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from orchestrator import provision as provisioner
from orchestrator import service
from orchestrator.aws import calls
from orchestrator.launch.settings import Launch, Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.json_values import JsonValue
from orchestrator.values import json_parameter
from tests.orchestrator.requesting import accept, parameters_of, problems_of
from tests.orchestrator.training import TRAINING, TUNING

Body = dict[str, Any]
STACK = "mlops-pipeline-harbour-delay-modeltraining"
BUCKET = "quayside-pipelines"
REQUESTS = f"provisioned/{STACK}/requests/"
EMPTY = len(json.dumps({"a": "", "b": ""}))


def of_length(characters: int) -> Body:
    """Hyper-parameters that are that many characters of JSON; one of them takes 2,500."""
    return {"a": "x" * 2500, "b": "y" * (characters - EMPTY - 2500)}


def training(characters: int) -> Body:
    return {**TRAINING, "algo_hyperparamaters": of_length(characters)}


class TestLength:
    def test_4096_characters_are_the_parameter(self, launch: Launch) -> None:
        value = JsonValue(of_length(4096), BUCKET, STACK)
        assert len(value.text) == 4096
        assert (value.parameter, value.stored) == (value.text, None)
        assert len(parameters_of(training(4096), launch)["HyperParameters"]) == 4096

    def test_4097_are_an_object_below_the_pipeline_s_own_prefix(self, launch: Launch) -> None:
        value = JsonValue(of_length(4097), BUCKET, STACK)
        stored = value.stored
        assert stored is not None
        assert stored.key.startswith(REQUESTS)
        assert json.loads(stored.content) == of_length(4097)
        uri = f"s3://{BUCKET}/{stored.key}"
        assert value.parameter == parameters_of(training(4097), launch)["HyperParameters"] == uri

    def test_the_key_follows_from_the_content(self) -> None:
        """A repeated request refers to the same object, a changed one replaces nothing that a stack still reads."""
        given = of_length(5000)
        keys = [
            JsonValue(value, BUCKET, STACK).parameter
            for value in (given, dict(reversed(given.items())), {**given, "a": "z"}, of_length(5001))
        ]
        assert keys[0] == keys[1]
        assert len(set(keys[1:])) == 3

    def test_other_scripts_count_as_they_are_written(self) -> None:
        """A parameter is ASCII: each of these letters takes six characters."""
        value = JsonValue(["\u00fc" * 682], BUCKET, STACK)
        assert len(value.text) == 4096
        assert value.fits
        assert not JsonValue(["\u00fc" * 683], BUCKET, STACK).fits

    def test_every_long_value_of_a_request_has_its_own(self, launch: Launch) -> None:
        values = [f"{letter * 200}" for letter in "abcdefghijklmnopqrstuvwxyz"]
        ranges = {"letter": ["categorical", values]}
        found = parameters_of(
            {**TUNING, "algo_hyperparamaters": of_length(5000), "hyperparamaters_ranges": ranges}, launch
        )
        uris = {found["TuningJobConfig"], found["StaticHyperParameters"]}
        assert len(uris) == 2
        assert all(uri.startswith(f"s3://{BUCKET}/provisioned/") for uri in uris)


class TestDynamicReferences:
    """CloudFormation replaces `{{resolve:...}}` in values, with secrets among other things."""

    @pytest.mark.parametrize("text", ["{{resolve:ssm:/secret}}", "{{{resolve:x}}", "a{{{{b", "{{"])
    def test_none_can_stand_in_a_parameter(self, launch: Launch, text: str) -> None:
        body = {**TUNING, "algo_hyperparamaters": {text: text}}
        ranges = {"r": ["categorical", [text]]}
        found = parameters_of({**body, "hyperparamaters_ranges": ranges}, launch)
        assert [name for name, value in found.items() if "{{" in value] == []
        assert json.loads(found["StaticHyperParameters"]) == {text: text}

    def test_what_is_meant_stays_the_same(self) -> None:
        value = {"{{a}}": ["{{b", {"c": {"d": "{"}}]}
        assert json.loads(json_parameter.text(value)) == value


class TestPlan:
    def test_a_dry_run_lists_what_would_be_stored(self, settings: Settings) -> None:
        """No AWS is there in this test: a call would fail."""
        plan = service.provision_pipeline({**training(5000), "dry_run": True}, settings)["plan"]
        ((uri, content),) = plan["objects"].items()
        assert plan["parameters"]["template_params.json"]["HyperParameters"] == uri
        assert json.loads(content) == of_length(5000)

    def test_a_plan_without_long_values_lists_nothing(self, settings: Settings) -> None:
        assert "objects" not in service.provision_pipeline({**training(4096), "dry_run": True}, settings)["plan"]


class TestStored:
    @pytest.fixture
    def provision(self, aws: None, settings: Settings) -> Callable[[Body], None]:
        """Carry out a request."""
        s3 = calls.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": settings.launch.region})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

        def carry_out(body: Body) -> None:
            request = BUILT_IN.parse(body, settings.launch).request
            provisioner.provision(request.plan(settings), settings)

        return carry_out

    def test_the_object_is_there_before_the_package_that_names_it(
        self, provision: Callable[[Body], None], sent: list[Any]
    ) -> None:
        """A pipeline reads the package as soon as it is there."""
        provision(training(5000))
        keys = [call.parameters["Key"] for call in sent if call.operation == "s3.PutObject"]
        uri = JsonValue(of_length(5000), BUCKET, STACK).parameter
        assert [f"s3://{BUCKET}/{key}" for key in keys] == [uri, f"s3://{BUCKET}/provisioned/{STACK}/template.zip"]
        stored = calls.client("s3").get_object(Bucket=BUCKET, Key=keys[0])["Body"].read()
        assert json.loads(stored) == of_length(5000)


class TestSchedules:
    """A schedule sends its request itself, without a function that could read a file."""

    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({"algo_hyperparamaters": of_length(4097)}, "HyperParameters of 4097 characters"),
            (
                {"metric_definitions": [{"Name": f"m{n}", "Regex": "x" * 500} for n in range(10)]},
                "MetricDefinitions of ",
            ),
        ],
    )
    def test_a_long_value_is_refused(self, launch: Launch, changes: Body, name: str) -> None:
        body = {**TRAINING, **changes}
        accept(body, launch)
        problems = problems_of({**body, "schedule_expression": "rate(7 days)"}, launch)
        assert list(problems) == ["schedule_expression"]
        assert f"cannot go together with {name}" in problems["schedule_expression"]

    def test_a_value_that_fits_is_not(self, launch: Launch) -> None:
        accept(training(4096), launch, schedule_expression="rate(7 days)")
