# SPDX-License-Identifier: Apache-2.0
"""Tuning requests: which are refused, in which words, and the parameters of those that are accepted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from tests.orchestrator.requesting import GONE, accept, changed, parameters_of, problems_of
from tests.orchestrator.training import TRAINING, TUNING, own_image, tags

Body = dict[str, Any]
RANGES = "hyperparamaters_ranges"


def tuner(**changes: Any) -> Body:
    """The sample with other tuner options."""
    return {**TUNING, "tuner_configs": changed(TUNING["tuner_configs"], changes)}


def ranging(**ranges: Any) -> Body:
    """The sample with other ranges."""
    return {**TUNING, RANGES: ranges}


def config_of(body: Body, launch: Launch) -> Any:
    """`HyperParameterTuningJobConfig` of the request to SageMaker."""
    return json.loads(parameters_of(body, launch)["TuningJobConfig"])


class TestParameters:
    def test_options_that_are_left_out_have_the_promised_defaults(self, launch: Launch) -> None:
        found = config_of({**TUNING, "tuner_configs": {"objective_metric_name": "validation:auc"}}, launch)
        del found["ParameterRanges"]
        assert found == {
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
            "TrainingJobEarlyStoppingType": "Off",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
        }

    def test_options_that_are_given_reach_the_job(self, launch: Launch) -> None:
        found = config_of(
            tuner(
                strategy="Hyperband",
                objective_type="Minimize",
                early_stopping_type="Off",
                max_jobs="30",
                max_runtime_in_seconds=3600,
                random_seed=0,
            ),
            launch,
        )
        assert (found["Strategy"], found["RandomSeed"]) == ("Hyperband", 0)
        assert found["HyperParameterTuningJobObjective"]["Type"] == "Minimize"
        assert found["ResourceLimits"] == {
            "MaxNumberOfTrainingJobs": 30,
            "MaxParallelTrainingJobs": 3,
            "MaxRuntimeInSeconds": 3600,
        }

    def test_what_is_searched_is_not_static(self, launch: Launch) -> None:
        """Compatibility 3.11."""
        body = {**TUNING, "algo_hyperparamaters": {**TUNING["algo_hyperparamaters"], "eta": 0.1, "flag": True}}
        static = json.loads(parameters_of(body, launch)["StaticHyperParameters"])
        assert "eta" not in static
        assert static["flag"] == "true"


WRONG_RANGES = [
    ("continous", "must be ["),
    (["continous", [0, 1]], "must be ["),
    (["continuous"], "must be ["),
    (["continuous", 0, 1], "must be ["),
    (["continuous", {"min": 0}], "must be ["),
    ([["continuous"], [0, 1]], "must be ["),
    ({"type": "continuous"}, "must be ["),
    (None, "must be ["),
    (["continuous", []], "a least value, a greatest value"),
    (["continuous", [1]], "a least value, a greatest value"),
    (["continuous", [0, 1, "Auto", 2]], "a least value, a greatest value"),
    (["continuous", [1, 1]], "least value below the greatest"),
    (["continuous", [2, 1]], "least value below the greatest"),
    (["continuous", [True, 2]], "numbers as bounds"),
    (["continuous", ["low", 2]], "numbers as bounds"),
    (["continuous", ["nan", 2]], "numbers as bounds"),
    (["continuous", [0, "inf"]], "numbers as bounds"),
    (["continuous", [0, "1_000"]], "numbers as bounds"),
    (["continuous", [0, " 1"]], "numbers as bounds"),
    (["continuous", [None, 2]], "numbers as bounds"),
    (["continuous", [0, 1, "Log"]], "scaled Auto, Linear, Logarithmic or ReverseLogarithmic"),
    (["continuous", [0, 1, None]], "scaled Auto, Linear, Logarithmic or ReverseLogarithmic"),
    (["continuous", [0, 1, ["Auto"]]], "scaled Auto, Linear, Logarithmic or ReverseLogarithmic"),
    (["continuous", [0, 1, "Logarithmic"]], "above 0 to be scaled Logarithmic"),
    (["continuous", [0, 1, "ReverseLogarithmic"]], "from 0 to below 1"),
    (["continuous", [-0.1, 0.5, "ReverseLogarithmic"]], "from 0 to below 1"),
    (["integer", [1.5, 3]], "whole numbers as bounds"),
    (["integer", [1, 3.0]], "whole numbers as bounds"),
    (["integer", [0, 9, "Logarithmic"]], "above 0 to be scaled Logarithmic"),
    (["integer", [0, 9, "ReverseLogarithmic"]], "from 0 to below 1"),
    (["categorical", []], "1 to 30 values"),
    (["categorical", list(range(31))], "1 to 30 values"),
    (["categorical", ["a", ["b"]]], "texts, numbers or booleans"),
    (["categorical", ["v" * 257]], "256 characters at most"),
]


class TestRanges:
    @pytest.mark.parametrize(("given", "words"), WRONG_RANGES)
    def test_what_is_no_range_is_refused_wherever_it_stands(self, launch: Launch, given: Any, words: str) -> None:
        """Lesson 18: only the last entry was looked at."""
        fine = ["integer", [3, 9]]
        for body in (ranging(wrong=given, fine=fine), ranging(fine=fine, wrong=given)):
            problems = problems_of(body, launch)
            assert list(problems) == [f"{RANGES}.wrong"]
            assert words in problems[f"{RANGES}.wrong"]

    @pytest.mark.parametrize(
        ("given", "kind", "as_sent"),
        [
            (["continuous", [0.02, 0.3]], "Continuous", {"MinValue": "0.02", "MaxValue": "0.3", "ScalingType": "Auto"}),
            (
                ["continuous", ["1e-3", "0.5", "Logarithmic"]],
                "Continuous",
                {"MinValue": "1e-3", "MaxValue": "0.5", "ScalingType": "Logarithmic"},
            ),
            (
                ["continuous", [0, 0.99, "ReverseLogarithmic"]],
                "Continuous",
                {"MinValue": "0", "MaxValue": "0.99", "ScalingType": "ReverseLogarithmic"},
            ),
            (
                ["integer", [-3, 9, "Linear"]],
                "Integer",
                {"MinValue": "-3", "MaxValue": "9", "ScalingType": "Linear"},
            ),
            (["integer", ["1", "2"]], "Integer", {"MinValue": "1", "MaxValue": "2", "ScalingType": "Auto"}),
            (["categorical", ["a", 1, 0.5, True]], "Categorical", {"Values": ["a", "1", "0.5", "true"]}),
            (
                ["categorical", ["v" * 256, *range(29)]],
                "Categorical",
                {"Values": ["v" * 256, *map(str, range(29))]},
            ),
        ],
    )
    def test_a_range_is_sent_as_text(self, launch: Launch, given: Any, kind: str, as_sent: Body) -> None:
        """Compatibility 3.11."""
        ranges = config_of(ranging(it=given), launch)["ParameterRanges"]
        assert ranges.pop(f"{kind}ParameterRanges") == [{"Name": "it", **as_sent}]
        assert list(ranges.values()) == [[], []]

    @pytest.mark.parametrize("given", [["integer", [1, 9]], ["continuous", [1, 9]], ["categorical", ["a"]]])
    def test_there_are_thirty_of_a_kind_at_most(self, launch: Launch, given: Any) -> None:
        thirty = {f"r{number}": given for number in range(30)}
        accept(ranging(**thirty), launch)
        problems = problems_of(ranging(**thirty, more=given), launch)
        assert problems == {RANGES: f"has 31 {given[0]} ranges; SageMaker takes 30 at most"}

    @pytest.mark.parametrize("name", ["", "n" * 257])
    def test_a_range_has_the_name_of_a_hyperparameter(self, launch: Launch, name: str) -> None:
        assert "1 to 256 characters" in problems_of(ranging(**{name: ["integer", [1, 2]]}), launch)[RANGES]

    def test_something_must_be_searched(self, launch: Launch) -> None:
        assert "one range at least" in problems_of(ranging(), launch)[RANGES]


WRONG_OPTIONS = [
    ({"objective_metric_name": GONE}, "objective_metric_name", "is required"),
    ({"objective_metric_name": ""}, "objective_metric_name", "such as validation:auc"),
    ({"objective_metric_name": "m" * 256}, "objective_metric_name", "such as validation:auc"),
    ({"objective_type": "max"}, "objective_type", "Maximize or Minimize"),
    ({"strategy": "bayesian"}, "strategy", "Bayesian, Random, Hyperband or Grid"),
    ({"early_stopping_type": "On"}, "early_stopping_type", "Off or Auto"),
    ({"max_jobs": 0}, "max_jobs", "1 at least"),
    ({"max_parallel_jobs": 13}, "max_parallel_jobs", "must be 12 at most, which is max_jobs"),
    ({"max_jobs": GONE, "max_parallel_jobs": 2}, "max_parallel_jobs", "must be 1 at most"),
    ({"max_parallel_jobs": True}, "max_parallel_jobs", "got true"),
    ({"max_runtime_in_seconds": 119}, "max_runtime_in_seconds", "120 to 15768000"),
    ({"max_runtime_in_seconds": 15_768_001}, "max_runtime_in_seconds", "120 to 15768000"),
    ({"random_seed": -1}, "random_seed", "0 to 2147483647"),
    ({"random_seed": 2_147_483_648}, "random_seed", "0 to 2147483647"),
    ({"autotune": "yes"}, "autotune", "true or false"),
    ({"strategy": "Hyperband"}, "early_stopping_type", "must be Off with Hyperband"),
    ({"warm_start_config": {}}, "warm_start_config", "is not known"),
    ({"strategy_confg": {}}, "strategy_confg", "the nearest is strategy"),
    ({"early_stopping": "Off"}, "early_stopping", "the nearest is early_stopping_type"),
    ({"tags": [{"Key": "", "Value": "x"}]}, "tags.0.Key", "128 letters"),
    ({"tags": [{"Key": "k" * 129, "Value": "x"}]}, "tags.0.Key", "128 letters"),
    ({"tags": [{"Key": "k", "Value": "v" * 257}]}, "tags.0.Value", "256 letters"),
    ({"tags": [{"Key": "a&b", "Value": "x"}]}, "tags.0.Key", "128 letters"),
    ({"tags": [{"Key": "model_name", "Value": "x"}]}, "tags", "which the orchestrator sets itself"),
    ({"tags": [{"Key": "AWS:team", "Value": "x"}]}, "tags", "begin with aws:"),
    ({"tags": [{"Key": "team", "Value": "x"}, {"Key": "team", "Value": "y"}]}, "tags", "more than once"),
    ({"tags": [{"Key": f"k{n}", "Value": ""} for n in range(41)]}, "tags", "at most 40"),
    ({"metric_definitions": [{"Name": "", "Regex": "x"}]}, "metric_definitions.0.Name", "255 characters"),
    ({"metric_definitions": [{"Name": "m", "Regex": "x" * 501}]}, "metric_definitions.0.Regex", "500 characters"),
    ({"metric_definitions": [{"Name": "m", "Regex": "x"}] * 2}, "metric_definitions", "defines m more than once"),
    ({"metric_definitions": [{"Name": f"m{n}", "Regex": "x"} for n in range(41)]}, "metric_definitions", "at most 40"),
    ({"hyperparameters_to_keep_static": ["eval_metric"]}, "hyperparameters_to_keep_static", "needs autotune"),
    (
        {"autotune": True, "hyperparameters_to_keep_static": ["depth"]},
        "hyperparameters_to_keep_static",
        "depth is no hyper-parameter of yours",
    ),
]


class TestOptions:
    @pytest.mark.parametrize(("changes", "key", "words"), WRONG_OPTIONS)
    def test_a_wrong_one_is_refused_by_its_key(self, launch: Launch, changes: Body, key: str, words: str) -> None:
        problems = problems_of(tuner(**changes), launch)
        assert list(problems) == [f"tuner_configs.{key}"]
        assert words in problems[f"tuner_configs.{key}"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"max_jobs": 3},
            {"max_runtime_in_seconds": 120},
            {"max_runtime_in_seconds": 15_768_000},
            {"random_seed": 2_147_483_647},
            {"objective_metric_name": "m" * 255},
            {"strategy": "Hyperband", "early_stopping_type": "Off"},
            {"metric_definitions": [{"Name": f"m{n}", "Regex": "x" * 500} for n in range(40)]},
            {"tags": [{"Key": "k" * 128, "Value": "v" * 256}]},
        ],
    )
    def test_what_sagemaker_takes_is_accepted(self, launch: Launch, changes: Body) -> None:
        assert accept(tuner(**changes), launch).warnings == ()

    @pytest.mark.parametrize("key", ["base_tuning_job_name", "estimator_name"])
    def test_what_means_something_to_the_sdk_alone_is_a_warning(self, launch: Launch, key: str) -> None:
        (warning,) = accept(tuner(**{key: "harbour"}), launch).warnings
        assert warning.startswith(f"tuner_configs.{key} is ignored: ")

    def test_tags_join_those_of_the_orchestrator(self, launch: Launch) -> None:
        """Compatibility 3.11."""
        given = [{"Key": "team", "Value": "Port analytics"}, {"Key": "empty", "Value": ""}]
        found = json.loads(parameters_of(tuner(tags=given), launch)["Tags"])
        assert found == [*given, *tags("mlops-pipeline-harbour-delay-tunertraining", TUNING)]


class TestGrid:
    RANGES: Body = {"a": ["categorical", [1, 2, 3]], "b": ["categorical", ["x", "y"]]}  # noqa: RUF012

    def body(self, **options: Any) -> Body:
        grid = tuner(strategy="Grid", **{"max_jobs": GONE, "max_parallel_jobs": 4, **options})
        return {**grid, RANGES: self.RANGES}

    @pytest.mark.parametrize(
        ("options", "limits"),
        [
            ({}, {"MaxParallelTrainingJobs": 4}),
            ({"max_jobs": 6}, {"MaxParallelTrainingJobs": 4, "MaxNumberOfTrainingJobs": 6}),
        ],
    )
    def test_it_tries_each_combination(self, launch: Launch, options: Body, limits: Body) -> None:
        assert config_of(self.body(**options), launch)["ResourceLimits"] == limits

    @pytest.mark.parametrize("jobs", [5, 7])
    def test_another_number_of_jobs_is_refused(self, launch: Launch, jobs: int) -> None:
        problems = problems_of(self.body(max_jobs=jobs), launch)
        assert "must be 6, the number of combinations" in problems["tuner_configs.max_jobs"]

    def test_it_knows_no_intervals(self, launch: Launch) -> None:
        body = {**self.body(), RANGES: {**self.RANGES, "eta": ["continuous", [0, 1]], "depth": ["integer", [1, 2]]}}
        problems = problems_of(body, launch)
        assert problems.keys() == {f"{RANGES}.eta", f"{RANGES}.depth"}
        assert "must be categorical" in problems[f"{RANGES}.eta"]

    def test_a_range_that_is_none_is_one_problem(self, launch: Launch) -> None:
        body = {**self.body(), RANGES: {"eta": ["categorical", []]}}
        assert list(problems_of(body, launch)) == [f"{RANGES}.eta"]


class TestAutotune:
    @pytest.mark.parametrize("given", [True, "True"])
    def test_sagemaker_changes_what_has_no_range_and_is_not_kept(self, launch: Launch, given: Any) -> None:
        kept = ["objective", "eval_metric"]
        body = tuner(autotune=given, hyperparameters_to_keep_static=kept)
        found = parameters_of(body, launch)
        assert found["AutotuneMode"] == "Enabled"
        ranges = json.loads(found["TuningJobConfig"])["ParameterRanges"]
        assert ranges["AutoParameters"] == [{"Name": "num_round", "ValueHint": "240"}]
        assert json.loads(found["StaticHyperParameters"]) == {"objective": "binary:logistic", "eval_metric": "auc"}

    def test_it_needs_no_ranges(self, launch: Launch) -> None:
        body = {**tuner(autotune=True), RANGES: {}}
        names = [entry["Name"] for entry in config_of(body, launch)["ParameterRanges"]["AutoParameters"]]
        assert names == ["objective", "eval_metric", "num_round"]


class TestMetricsOfAnOwnImage:
    DEFINITIONS = [{"Name": "validation:auc", "Regex": "auc=([0-9.]+)"}]  # noqa: RUF012

    def test_the_objective_must_be_defined(self, launch: Launch) -> None:
        """SageMaker knows only the logs of built-in algorithms."""
        problems = problems_of(own_image(TUNING), launch)
        assert "must define validation:auc" in problems["tuner_configs.metric_definitions"]
        others = [{"Name": "auc", "Regex": "x"}]
        assert problems_of(own_image(tuner(metric_definitions=others)), launch) == problems

    def test_definitions_reach_the_job(self, launch: Launch) -> None:
        found = parameters_of(own_image(tuner(metric_definitions=self.DEFINITIONS)), launch)
        assert json.loads(found["MetricDefinitions"]) == self.DEFINITIONS
        of_training = parameters_of(own_image(TRAINING), launch, metric_definitions=self.DEFINITIONS)
        assert json.loads(of_training["MetricDefinitions"]) == self.DEFINITIONS

    def test_built_in_algorithms_need_none(self, launch: Launch) -> None:
        assert parameters_of(TUNING, launch)["MetricDefinitions"] == ""


class TestNames:
    """Lesson 10."""

    def test_a_name_has_32_characters(self, launch: Launch) -> None:
        assert parameters_of(TUNING, launch, job_name="j" * 32)["JobName"] == "j" * 32
        assert "32 letters" in problems_of({**TUNING, "job_name": "j" * 33}, launch)["job_name"]

    @pytest.mark.parametrize("model", ["harbour-delay", "m" * 21, "m" * 22, "m" * 80])
    def test_a_name_that_is_made_fits(self, launch: Launch, model: str) -> None:
        found = parameters_of(TUNING, launch, model_name=model, job_name="")
        assert len(f"{found['JobNamePrefix']}-01234567") <= 32
        assert not found["JobNamePrefix"].endswith("-")
        assert found["JobNames"] == f"{found['JobNamePrefix']}-*"


def test_everything_that_is_wrong_is_told_at_once(launch: Launch) -> None:
    body = {
        **tuner(max_parallel_jobs=99, strategy="Hyperband", tags=[{"Key": "stack_name", "Value": ""}]),
        RANGES: {"eta": ["continuous", [1, 0]], "depth": ["int", [1, 2]]},
        "job_name": "j" * 33,
        "instance_count": 0,
        "algo_hyperparamaters": {"a": "x" * 2501},
    }
    assert problems_of(body, launch).keys() == {
        "tuner_configs.max_parallel_jobs",
        "tuner_configs.early_stopping_type",
        "tuner_configs.tags",
        f"{RANGES}.eta",
        f"{RANGES}.depth",
        "job_name",
        "instance_count",
        "algo_hyperparamaters.a",
    }


def test_a_schedule_has_no_meaning_here(launch: Launch) -> None:
    (warning,) = accept(TUNING, launch, schedule_expression="rate(1 day)").warnings
    assert warning == "schedule_expression has no meaning for model_tuner_builtin and is ignored"
