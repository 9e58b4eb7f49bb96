# SPDX-License-Identifier: Apache-2.0
"""Autopilot requests: which are refused, in which words, and the parameters of those that are accepted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in.training.autopilot_training import AutopilotTraining
from tests.orchestrator.requesting import GONE, accept, changed, parameters_of, problems_of, request_of
from tests.orchestrator.training import AUTOPILOT

Body = dict[str, Any]
STACK = "mlops-pipeline-harbour-delay-autopilottraining"
REQUIRED = ("pipeline_type", "model_name", "training_data", "job_output_location", "target_attribute")
MINIMAL: Body = {key: AUTOPILOT[key] for key in REQUIRED}


class TestParameters:
    def test_what_is_left_out_has_the_promised_default(self, launch: Launch) -> None:
        """Compatibility 3.12."""
        found = parameters_of(MINIMAL, launch)
        defaults = {
            "JobName": "",
            "JobNames": "harbour-delay-autopilot-*",
            "ProblemType": "",
            "AutopilotJobObjective": "",
            "CompressionType": "",
            "AutopilotMaxCandidates": "10",
            "EncryptInnerTraffic": "True",
            "MaxRuntimePerJob": "86400",
            "AutopilotTotalRuntime": "2592000",
            "GenerateDefinitionsOnly": "False",
        }
        assert {name: found[name] for name in defaults} == defaults

    @pytest.mark.parametrize("given", [("True", "False"), (True, False), ("true", "false")])
    def test_booleans_have_several_spellings(self, launch: Launch, given: tuple[Any, Any]) -> None:
        yes, no = given
        found = parameters_of(AUTOPILOT, launch, generate_definition_only=yes, encrypt_inner_traffic=no)
        assert (found["GenerateDefinitionsOnly"], found["EncryptInnerTraffic"]) == ("True", "False")

    @pytest.mark.parametrize("form", [int, str])
    def test_numbers_may_be_texts(self, launch: Launch, form: Any) -> None:
        numbers = {"job_max_candidates": 20, "max_runtime_per_job": 900, "total_max_runtime": 7200}
        found = parameters_of(AUTOPILOT, launch, **{key: form(value) for key, value in numbers.items()})
        names = ("AutopilotMaxCandidates", "MaxRuntimePerJob", "AutopilotTotalRuntime")
        assert [found[name] for name in names] == ["20", "900", "7200"]

    @pytest.mark.parametrize(("key", "slash"), [("training_data", "/"), ("job_output_location", "")])
    def test_the_trailing_slash_of_the_data_stays(self, launch: Launch, key: str, slash: str) -> None:
        """Compatibility 2.10."""
        name = {"training_data": "TrainingData", "job_output_location": "JobOutputLocation"}[key]
        assert parameters_of(AUTOPILOT, launch, **{key: "some/prefix/"})[name] == f"some/prefix{slash}"

    def test_the_stack_s_name_is_as_promised(self, launch: Launch) -> None:
        """Compatibility 2.5."""
        assert request_of(AUTOPILOT, launch).stack_name == STACK


OBJECTIVES = {
    "Regression": {"MSE", "RMSE", "MAE", "R2"},
    "BinaryClassification": {"Accuracy", "F1", "AUC", "BalancedAccuracy", "Precision", "Recall"},
    "MulticlassClassification": {"Accuracy", "F1macro", "BalancedAccuracy", "PrecisionMacro", "RecallMacro"},
}
ALL_OBJECTIVES = sorted(set().union(*OBJECTIVES.values()))


class TestObjective:
    @pytest.mark.parametrize(
        ("given", "missing"),
        [({"problem_type": "Regression"}, "job_objective"), ({"job_objective": "MSE"}, "problem_type")],
    )
    @pytest.mark.parametrize("left_out", [GONE, ""], ids=["absent", "empty"])
    def test_it_comes_with_the_problem_type_or_not_at_all(
        self, launch: Launch, given: Body, missing: str, left_out: Any
    ) -> None:
        """Lesson 13."""
        problems = problems_of(changed({**MINIMAL, **given}, {missing: left_out}), launch)
        (other,) = given
        assert problems == {missing: f"is required together with {other}: SageMaker takes both or none"}

    @pytest.mark.parametrize("problem_type", OBJECTIVES)
    @pytest.mark.parametrize("objective", ALL_OBJECTIVES)
    def test_it_is_one_of_the_problem_type(self, launch: Launch, problem_type: str, objective: str) -> None:
        body = {**AUTOPILOT, "problem_type": problem_type, "job_objective": objective}
        if objective in OBJECTIVES[problem_type]:
            assert parameters_of(body, launch)["AutopilotJobObjective"] == objective
        else:
            assert f"for {problem_type}" in problems_of(body, launch)["job_objective"]


LIMITS = [
    ("job_max_candidates", 1, 750),
    ("max_runtime_per_job", 600, 259_200),
    ("total_max_runtime", 3_600, 2_592_000),
]


@pytest.mark.parametrize(("key", "least", "greatest"), LIMITS)
def test_numbers_have_limits(launch: Launch, key: str, least: int, greatest: int) -> None:
    """At each of them a value is taken, beyond it is not."""
    for value in (least, greatest):
        accept(MINIMAL, launch, **{key: value})
    for value in (least - 1, greatest + 1):
        assert f"{least} to {greatest}; got {value}" in problems_of({**MINIMAL, key: value}, launch)[key]


WRONG_VALUES = [
    ("training_data", GONE, "is required: key of a CSV with header"),
    ("training_data", "s3://bucket/data.csv", "without bucket, s3:// and wildcards"),
    ("job_output_location", "s3://bucket/out", "without bucket, s3:// and wildcards"),
    ("target_attribute", GONE, "is required: column to predict"),
    ("target_attribute", "", "name of the column"),
    ("target_attribute", "c" * 129, "128 characters at most"),
    ("target_attribute", 3, "got 3"),
    ("target_attribute", "two\nlines", "name of the column"),
    ("target_attribute", "{{resolve:ssm:/secret}}", "without two opening braces"),
    ("problem_type", "binary", "Regression, BinaryClassification or MulticlassClassification"),
    ("job_objective", "auc", "a metric of Autopilot"),
    ("compression_type", "zip", "None or Gzip"),
    ("job_max_candidates", True, "got true"),
    ("max_runtime_per_job", True, "got true"),
    ("total_max_runtime", True, "got true"),
    ("total_max_runtime", "long", "whole number of seconds"),
    ("encrypt_inner_traffic", "no", "true or false"),
    ("generate_definition_only", 0, "true or false"),
    ("job_name", "under_score", "32 letters"),
    ("kms_key_arn", "1234abcd", "ARN of a KMS key"),
]


@pytest.mark.parametrize(("key", "value", "words"), WRONG_VALUES)
def test_a_wrong_value_is_refused_by_its_key(launch: Launch, key: str, value: Any, words: str) -> None:
    problems = problems_of(changed(MINIMAL, {key: value}), launch)
    assert words in problems[key]
    # Of two keys that go together, a wrong one says nothing about the other.
    assert list(problems) == [key]


@pytest.mark.parametrize("name", ["c" * 128, "was late?", "h\u00f6he (m)", "{braces}", "a{"])
def test_columns_have_many_names(launch: Launch, name: str) -> None:
    assert parameters_of(MINIMAL, launch, target_attribute=name)["TargetAttribute"] == name


class TestTimes:
    @pytest.mark.parametrize(("run", "is_refused"), [(7200, False), (7201, True)])
    def test_a_run_fits_into_all(self, launch: Launch, run: int, is_refused: bool) -> None:
        body = {**MINIMAL, "max_runtime_per_job": run, "total_max_runtime": 7200}
        if is_refused:
            assert "must be 7200 at most" in problems_of(body, launch)["max_runtime_per_job"]
        else:
            accept(body, launch)

    def test_the_default_of_one_does_not_contradict_the_other(self, launch: Launch) -> None:
        """The earlier solution's sample gives the total alone, and less than the default of a run."""
        accept(MINIMAL, launch, total_max_runtime=3600)


class TestNames:
    """Lesson 10."""

    def test_a_name_has_32_characters(self, launch: Launch) -> None:
        assert parameters_of(AUTOPILOT, launch, job_name="j" * 32)["JobName"] == "j" * 32
        assert "32 letters" in problems_of({**AUTOPILOT, "job_name": "j" * 33}, launch)["job_name"]

    @pytest.mark.parametrize("model", ["harbour-delay", "m" * 17, "m" * 18, "m" * 80])
    def test_a_name_that_is_made_fits(self, launch: Launch, model: str) -> None:
        found = parameters_of(MINIMAL, launch, model_name=model)
        assert len(f"{found['JobNamePrefix']}-01234567") <= 32
        assert not found["JobNamePrefix"].endswith("-")


class TestRegistration:
    GROUP: Body = {"model_package_group_name": "harbour"}  # noqa: RUF012

    def test_the_best_candidate_knows_its_own_images(self, launch: Launch) -> None:
        request = request_of(AUTOPILOT, launch, register=self.GROUP)
        assert isinstance(request, AutopilotTraining)
        (stored,) = request.objects(launch)
        assert json.loads(stored.content)["inference_image_uri"] == ""

    def test_definitions_are_no_model(self, launch: Launch) -> None:
        body = {**AUTOPILOT, "generate_definition_only": True, "register": self.GROUP}
        problems = problems_of(body, launch)
        assert problems == {"register": "cannot go together with generate_definition_only, which trains no model"}


@pytest.mark.parametrize("key", ["model_framework", "instance_type", "algo_hyperparamaters", "validation_data"])
def test_keys_of_training_are_ignored_with_a_warning(launch: Launch, key: str) -> None:
    """Compatibility 3.12: no framework keys."""
    (warning,) = accept(AUTOPILOT, launch, **{key: "x"}).warnings
    assert warning == f"{key} has no meaning for model_autopilot_training and is ignored"


def test_everything_that_is_wrong_is_told_at_once(launch: Launch) -> None:
    wrong = {
        "target_attribute": "",
        "job_name": "j" * 33,
        "job_objective": "MSE",
        "job_max_candidates": 0,
        "encrypt_inner_traffic": "maybe",
        "max_runtime_per_job": 30_000,
        "targt_attribute": "x",
    }
    assert problems_of({**AUTOPILOT, **wrong}, launch).keys() == wrong.keys()
