# SPDX-License-Identifier: Apache-2.0
"""Keys with two spellings, and problems inside objects: each is told where the caller wrote it (lesson 95)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from tests.orchestrator.requesting import GONE, changed, parameters_of, problems_of
from tests.orchestrator.training import SAMPLES, TRAINING, TUNING

LEGACY = ("algo_hyperparamaters", "hyperparamaters_ranges")
CORRECT = ("algo_hyperparameters", "hyperparameter_ranges")
SPELLINGS = dict(zip(LEGACY, CORRECT, strict=True))

Body = dict[str, Any]


def respelt(body: Body, *keys: str) -> Body:
    """The request with these legacy keys in the correct spelling."""
    return {SPELLINGS[key] if key in keys else key: value for key, value in body.items()}


@pytest.mark.parametrize("keys", [LEGACY[:1], LEGACY[1:], LEGACY])
def test_either_spelling_means_the_same(launch: Launch, keys: tuple[str, ...]) -> None:
    assert parameters_of(respelt(TUNING, *keys), launch) == parameters_of(TUNING, launch)


@pytest.mark.parametrize("legacy", LEGACY)
@pytest.mark.parametrize("same", [True, False], ids=["equal", "different"])
def test_both_spellings_at_once_are_one_problem_that_names_them(launch: Launch, legacy: str, same: bool) -> None:
    both = {**TUNING, SPELLINGS[legacy]: TUNING[legacy] if same else {"eta": ["integer", [1, 2]]}}
    problems = problems_of(both, launch)
    assert list(problems) == [SPELLINGS[legacy]]
    assert legacy in problems[SPELLINGS[legacy]]


WRONG = [
    ("algo_hyperparamaters", {"eta": "x" * 2501}, ".eta"),
    ("algo_hyperparamaters", [], ""),
    ("hyperparamaters_ranges", {"eta": ["continous", [0, 1]]}, ".eta"),
    ("hyperparamaters_ranges", {}, ""),
]


@pytest.mark.parametrize(("legacy", "value", "place"), WRONG)
@pytest.mark.parametrize("spelling", [dict(zip(LEGACY, LEGACY, strict=True)), SPELLINGS], ids=["legacy", "correct"])
def test_a_problem_has_the_spelling_of_the_request(
    launch: Launch, legacy: str, value: Any, place: str, spelling: dict[str, str]
) -> None:
    """That of a field and of a rule between fields, of the object and of what is in it."""
    key = spelling[legacy]
    body = changed(TUNING, {legacy: GONE, key: value})
    assert list(problems_of(body, launch)) == [f"{key}{place}"]


def test_a_key_that_is_missing_is_told_in_the_earlier_spelling(launch: Launch) -> None:
    problems = problems_of(changed(TUNING, dict.fromkeys(LEGACY, GONE)), launch)
    assert list(problems) == list(LEGACY)
    assert "hyper-parameters" in problems[LEGACY[0]]


def test_a_slip_of_the_pen_finds_the_nearest_spelling(launch: Launch) -> None:
    body = changed(TRAINING, {"algo_hyperparamaters": GONE, "algo_hyperparametrs": {}})
    assert "algo_hyperparameters" in problems_of(body, launch)["algo_hyperparametrs"]


def tuner(**changes: Any) -> Body:
    return {**TUNING, "tuner_configs": changed(TUNING["tuner_configs"], changes)}


NESTED = [
    (tuner(objective_metric_name=GONE), "tuner_configs.objective_metric_name", "is required: metric that decides"),
    (tuner(objectve_type="Minimize"), "tuner_configs.objectve_type", "the nearest is objective_type"),
    (tuner(zzz=1), "tuner_configs.zzz", "it has objective_metric_name, objective_type, "),
    (tuner(max_jobs=True), "tuner_configs.max_jobs", "must be a whole number, 1 at least; got true"),
    (
        tuner(metric_definitions=[{"Name": "auc", "Regexp": "auc=(.*)"}]),
        "tuner_configs.metric_definitions.0.Regexp",
        "the nearest is Regex",
    ),
    (tuner(metric_definitions=[{"Name": "auc"}]), "tuner_configs.metric_definitions.0.Regex", "is required"),
    (tuner(tags=[{"key": "a", "Value": "b"}]), "tuner_configs.tags.0.key", "the nearest is Key"),
    ({**TUNING, "tuner_configs": "Bayesian"}, "tuner_configs", 'must be an object; got "Bayesian"'),
]


@pytest.mark.parametrize(("body", "key", "words"), NESTED)
def test_what_is_wrong_inside_an_object_is_told_at_its_place(launch: Launch, body: Body, key: str, words: str) -> None:
    assert words in problems_of(body, launch)[key]


def test_several_things_inside_an_object_are_all_told(launch: Launch) -> None:
    body = tuner(objective_metric_name=GONE, objectve_type="Minimize", max_jobs="many")
    inside = ("objective_metric_name", "objectve_type", "max_jobs")
    assert problems_of(body, launch).keys() == {f"tuner_configs.{name}" for name in inside}


def test_values_by_stage_keep_their_words(builtin: Body, multi_account: Launch) -> None:
    """They are objects, too, whose keys are not a type's."""
    problems = problems_of({**builtin, "inference_instance": {"dev": "ml.m5.large", "stage": "x"}}, multi_account)
    assert problems["inference_instance.stage"] == "is not a stage: give dev, staging and prod"
    assert problems["inference_instance.prod"] == "is missing: a value by stage needs dev, staging and prod"


@pytest.mark.parametrize("body", SAMPLES, ids=["training", "tuning", "autopilot"])
@pytest.mark.parametrize("key", ["job_output_location", "kms_key_arn", "encrypt_inner_traffic"])
def test_values_by_stage_have_no_meaning_for_jobs(multi_account: Launch, body: Body, key: str) -> None:
    """Compatibility 2.9: training keys are global, in a multi-account orchestrator too."""
    stages = dict.fromkeys(("dev", "staging", "prod"), "")
    assert list(problems_of({**body, key: stages}, multi_account)) == [key]
