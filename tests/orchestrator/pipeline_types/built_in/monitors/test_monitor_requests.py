# SPDX-License-Identifier: Apache-2.0
"""What requests of the four monitors may say, and what their templates are sent (compatibility 3.5 to 3.9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in import BUILT_IN
from tests.orchestrator.monitoring import ALL, BIAS, DATA, QUALITY, SHAP, column_problems, example, values_of
from tests.orchestrator.requesting import GONE, accept, changed, problems_of

COMMON = [
    "model_name", "endpoint_name", "baseline_data", "baseline_job_output_location", "data_capture_location",
    "monitoring_output_location", "schedule_expression", "monitor_max_runtime_seconds", "instance_type",
    "instance_volume_size",
]  # fmt: skip
TRUTH = ["problem_type", "monitor_ground_truth_input"]
# Compatibility 3.5.
REQUIRED = [
    (DATA, "", []),
    (QUALITY, "Regression", [*TRUTH, "monitor_inference_attribute", "baseline_inference_attribute",
                             "baseline_ground_truth_attribute"]),
    (QUALITY, "MulticlassClassification", [*TRUTH, "monitor_inference_attribute", "baseline_inference_attribute",
                                           "baseline_ground_truth_attribute"]),
    (QUALITY, "BinaryClassification", [*TRUTH, "baseline_inference_attribute", "baseline_ground_truth_attribute"]),
    (BIAS, "Regression", [*TRUTH, "monitor_inference_attribute", "bias_config"]),
    (BIAS, "MulticlassClassification", [*TRUTH, "monitor_inference_attribute", "bias_config"]),
    (BIAS, "BinaryClassification", [*TRUTH, "bias_config"]),
    (SHAP, "Regression", ["problem_type", "monitor_inference_attribute", "shap_config"]),
    (SHAP, "MulticlassClassification", ["problem_type", "monitor_inference_attribute", "shap_config"]),
    (SHAP, "BinaryClassification", ["problem_type", "shap_config"]),
]  # fmt: skip


@pytest.mark.parametrize(("pipeline_type", "problem_type", "own"), REQUIRED)
def test_each_problem_type_needs_its_keys_and_no_others(
    launch: Launch, pipeline_type: str, problem_type: str, own: list[str]
) -> None:
    body = {"pipeline_type": pipeline_type}
    if problem_type:
        body["problem_type"] = problem_type
    found = problems_of(body, launch)
    assert found.keys() == {*COMMON, *own} - {"problem_type"}
    assert all(problem.startswith("is required") for problem in found.values())


@pytest.mark.parametrize("pipeline_type", [QUALITY, BIAS, SHAP])
@pytest.mark.parametrize("wrong", ["binaryclassification", "Ranking", "", 1, GONE])
def test_a_wrong_problem_type_is_the_only_problem(launch: Launch, pipeline_type: str, wrong: Any) -> None:
    """Lesson 23: bias and explainability spoke of the model quality pipeline."""
    found = problems_of(changed(example(pipeline_type), {"problem_type": wrong}), launch)
    assert list(found) == ["problem_type"]
    assert "quality" not in found["problem_type"]


WRONG = [
    (DATA, "endpoint_name", "", "must be the name of an endpoint"),
    (DATA, "endpoint_name", "under_score", "must be the name of an endpoint"),
    (DATA, "baseline_data", "", "must be the key of a CSV file"),
    (DATA, "baseline_data", "s3://bucket/*.csv", "without bucket and s3://"),
    (DATA, "monitoring_output_location", "b/" + "p" * 600, "507"),
    (DATA, "instance_volume_size", 0, "1 to 16384"),
    (DATA, "instance_volume_size", "16385", "1 to 16384"),
    (DATA, "instance_volume_size", True, "1 to 16384"),
    (DATA, "instance_count", 101, "1 to 100"),
    (DATA, "monitor_max_runtime_seconds", 0, "1 to 86400"),
    (DATA, "monitor_max_runtime_seconds", 86_401, "1 to 86400"),
    (DATA, "baseline_max_runtime_seconds", 777_601, "1 to 777600"),
    (DATA, "baseline_max_runtime_seconds", False, "1 to 777600"),
    (DATA, "features_to_ignore", "a", "must be a list of names or indexes"),
    (DATA, "features_to_ignore", ["a" * 60, "b" * 60], "must be 21 characters shorter"),
    (DATA, "subnets", ["subnet-0a1b2c3d"], None),
    (DATA, "subnets", "subnet-0a1b2c3d", "must be a list of 16 ids of subnets at most"),
    (DATA, "security_group_ids", ["sg,1"], "must be a list of 5 ids of security groups at most"),
    (QUALITY, "probability_threshold_attribute", 1.5, "a number from 0 to 1"),
    (QUALITY, "probability_threshold_attribute", "half", "a number from 0 to 1"),
    (QUALITY, "probability_threshold_attribute", True, "a number from 0 to 1"),
    (QUALITY, "start_time_offset", "an hour", "an ISO 8601 duration"),
    (QUALITY, "baseline_ground_truth_attribute", "  ", "the name of a column"),
]


@pytest.mark.parametrize(("pipeline_type", "key", "value", "words"), WRONG)
def test_what_is_wrong_is_explained(
    launch: Launch, pipeline_type: str, key: str, value: Any, words: str | None
) -> None:
    found = problems_of(changed(example(pipeline_type), {key: value}), launch)
    expected = key if words else "security_group_ids"
    assert list(found) == [expected]
    assert (words or "is required with subnets") in found[expected]


@pytest.mark.parametrize(
    ("expression", "right"),
    [
        ("cron(0 * ? * * *)", True),
        ("cron(0 0 ? * * *)", True),
        ("cron(0 06 ? * * *)", True),
        ("cron(0 23 ? * * *)", True),
        ("cron(0 17/12 ? * * *)", True),
        ("cron(0 0/1 ? * * *)", True),
        ("cron(0 0/24 ? * * *)", True),
        ("cron(0 0/25 ? * * *)", False),
        ("cron(0 0/0 ? * * *)", False),
        ("cron(30 * ? * * *)", False),
        ("cron(0 6 ? * MON *)", False),
        ("cron(0 6 * * ? *)", False),
        ("rate(1 hour)", False),
    ],
)
def test_schedules_are_those_of_model_monitor(launch: Launch, expression: str, right: bool) -> None:
    """SageMaker refuses others when the schedule is made, after the baseline has been computed."""
    body = changed(example(DATA), {"schedule_expression": expression})
    if right:
        assert accept(body, launch)
    else:
        found = problems_of(body, launch)
        assert "one of Model Monitor's schedules" in found["schedule_expression"]


@pytest.mark.parametrize(
    ("pipeline_type", "expression", "longest"),
    [
        (DATA, "cron(0 * ? * * *)", 3600),
        (SHAP, "cron(0 0/1 ? * * *)", 3600),
        (QUALITY, "cron(0 * ? * * *)", 1800),
        (BIAS, "cron(0 * ? * * *)", 1800),
        (BIAS, "cron(0 6/12 ? * * *)", 43_200),
        (QUALITY, "cron(0 6 ? * * *)", 86_400),
    ],
)
def test_a_run_must_end_before_the_next(launch: Launch, pipeline_type: str, expression: str, longest: int) -> None:
    body = changed(example(pipeline_type), {"schedule_expression": expression})
    assert accept(body, launch, monitor_max_runtime_seconds=longest)
    if longest < 86_400:
        found = problems_of(changed(body, {"monitor_max_runtime_seconds": longest + 1}), launch)
        assert found == {
            "monitor_max_runtime_seconds": f"must be {longest} at most: a run must end before the next, "
            f"with {expression}"
        }


def test_a_run_must_end_before_the_next_in_every_stage(multi_account: Launch) -> None:
    body = changed(
        example(DATA, multi=True),
        {"monitor_max_runtime_seconds": {"dev": 86_400, "staging": 43_201, "prod": 3_601}},
    )
    found = problems_of(body, multi_account)
    assert found.keys() == {"monitor_max_runtime_seconds.staging", "monitor_max_runtime_seconds.prod"}


@pytest.mark.parametrize(("pipeline_type", "longest"), [(DATA, 46), (QUALITY, 45), (BIAS, 48), (SHAP, 38)])
def test_an_endpoint_s_name_leaves_room_for_the_schedule_s(launch: Launch, pipeline_type: str, longest: int) -> None:
    """Lesson 11; compatibility 3.5."""
    body = example(pipeline_type)
    values = values_of(body, launch, endpoint_name="e" * longest)
    assert len(values["MonitoringScheduleName"]) == 63
    found = problems_of(changed(body, {"endpoint_name": "e" * (longest + 1)}), launch)
    assert found["endpoint_name"].startswith(f"must have {longest} characters at most: ")


class TestValues:
    def test_each_stage_has_its_own(self, multi_account: Launch) -> None:
        body = example(QUALITY, multi=True)
        values = {stage: values_of(body, multi_account, stage) for stage in ("dev", "staging", "prod")}  # type: ignore[arg-type]  # stages
        assert [v["EndpointName"] for v in values.values()] == [
            f"berth-occupancy-{stage}" for stage in ("dev", "staging", "prod")
        ]
        assert values["prod"]["MonitorGroundTruthInput"] == "quayside-prod-arrivals/labels"
        assert values["prod"]["GroundTruthBucket"] == "quayside-prod-arrivals"
        assert values["dev"]["ScheduleExpression"] == "cron(0 6 ? * * *)"
        assert {v["OrchestratorAccount"] for v in values.values()} == {"111122223333"}

    @pytest.mark.parametrize(
        ("pipeline_type", "name"),
        [
            (DATA, "dataquality-7079"),
            (QUALITY, "modelquality-6055"),
            (BIAS, "modelbias-1afa"),
            (SHAP, "modelexplainability-f85a"),
        ],
    )
    def test_names_are_those_of_the_releases_before(self, launch: Launch, pipeline_type: str, name: str) -> None:
        """A new parameter must not make an unchanged request another baseline and schedule."""
        values = values_of(example(pipeline_type), launch)
        assert values["MonitoringScheduleName"] == f"berth-occupancy-live-{name}"

    def test_an_endpoint_keeps_its_case_where_its_data_is(self, launch: Launch) -> None:
        """Lesson 106: SageMaker has it in paths of captures, and never in ARNs; a schedule's name is ours."""
        values = values_of(example(DATA), launch, endpoint_name="Berths-LIVE")
        assert (values["EndpointName"], values["EndpointInArns"]) == ("Berths-LIVE", "berths-live")
        assert values["MonitoringScheduleName"].startswith("berths-live-dataquality-")

    @pytest.mark.parametrize("pipeline_type", ALL)
    def test_equal_requests_have_equal_names_and_a_change_makes_others(
        self, launch: Launch, pipeline_type: str
    ) -> None:
        """Lesson 31: names were random, so that an unchanged repeat computed the baseline again."""
        body = example(pipeline_type)
        names = {
            key: values_of(body, launch, **changes)["MonitoringScheduleName"]
            for key, changes in {
                "as it is": {},
                "reordered": {"instance_volume_size": 30},
                "baseline": {"baseline_data": f"other/{body['baseline_data'].split('/')[-1]}"},
                "schedule": {"schedule_expression": "cron(0 3 ? * * *)"},
                "key": {"kms_key_arn": "arn:aws:kms:eu-west-1:111122223333:key/1a"},
            }.items()
        }
        assert names["as it is"] == names["reordered"]
        assert len(set(names.values())) == len(names) - 1

    def test_locations_lose_their_trailing_slash(self, launch: Launch) -> None:
        """Lesson 27: that of the ground truth did not, and no key matched the permission."""
        keys = [key for key in example(QUALITY) if key.endswith(("_location", "_input"))]
        assert len(keys) == 4
        body = example(QUALITY)
        with_slash = {key: f"{body[key]}/" for key in keys}
        assert values_of(body, launch, **with_slash) == values_of(body, launch)

    @pytest.mark.parametrize(
        ("key", "value", "parameter", "sent"),
        [
            ("probability_threshold_attribute", 0.5, "ProbabilityThresholdAttribute", "0.5"),
            ("probability_threshold_attribute", " 0.5 ", "ProbabilityThresholdAttribute", "0.5"),
            ("probability_threshold_attribute", 0, "ProbabilityThresholdAttribute", "0"),
            ("monitor_probability_attribute", 0, "MonitorProbabilityAttribute", "0"),
            ("monitor_probability_attribute", " probability ", "MonitorProbabilityAttribute", "probability"),
            ("endpoint_name", " Berths-LIVE ", "EndpointName", "Berths-LIVE"),
            ("monitor_max_runtime_seconds", 900, "MonitorMaxRuntimeSeconds", "900"),
            ("instance_volume_size", "50", "InstanceVolumeSize", "50"),
            ("baseline_max_runtime_seconds", 900, "BaselineMaxRuntimeSeconds", "900"),
            ("start_time_offset", "-PT2H", "StartTimeOffset", "-PT2H"),
        ],
    )
    def test_numbers_and_texts_are_both_taken(
        self, launch: Launch, key: str, value: Any, parameter: str, sent: str
    ) -> None:
        """Lesson 21; compatibility 2.10."""
        assert values_of(example(QUALITY), launch, **{key: value})[parameter] == sent

    @pytest.mark.parametrize(
        ("problem_type", "threshold", "prediction", "probability"),
        [
            ("BinaryClassification", "0.6", "", "probability"),
            ("BinaryClassification", "", "prediction", ""),
            ("Regression", "", "prediction", ""),
            ("MulticlassClassification", "0.6", "prediction", ""),
        ],
    )
    def test_a_baseline_is_of_probabilities_or_of_predictions(
        self, launch: Launch, problem_type: str, threshold: str, prediction: str, probability: str
    ) -> None:
        """Compatibility 3.7."""
        values = values_of(
            example(QUALITY),
            launch,
            problem_type=problem_type,
            probability_threshold_attribute=threshold,
            monitor_inference_attribute="1",
        )
        assert values["BaselineInferenceAttribute"] == prediction
        assert values["BaselineProbabilityAttribute"] == probability
        is_binary = problem_type == "BinaryClassification"
        assert values["ProbabilityThresholdAttribute"] == (threshold if is_binary else "")
        assert values["MonitorProbabilityAttribute"] == ("0" if is_binary else "")

    def test_a_vpc_is_sent_as_lists(self, multi_account: Launch) -> None:
        groups = {"dev": ["sg-1"], "staging": ["sg-2"], "prod": ["sg-3", "sg-4"]}
        changes = {"subnets": ["subnet-1", "subnet-2"], "security_group_ids": groups}
        values = values_of(example(DATA, multi=True), multi_account, "prod", **changes)
        assert (values["Subnets"], values["SecurityGroupIds"]) == ("subnet-1,subnet-2", "sg-3,sg-4")


class TestWarnings:
    def test_what_a_problem_type_has_no_use_for_is_ignored_and_said(self, launch: Launch) -> None:
        changes = {"problem_type": "Regression", "monitor_inference_attribute": "0"}
        accepted = accept(example(QUALITY), launch, **changes)
        ignored = {warning.split()[0] for warning in accepted.warnings}
        assert ignored == {
            "monitor_probability_attribute",
            "probability_threshold_attribute",
            "baseline_probability_attribute",
        }

    @pytest.mark.parametrize("value", ["", GONE])
    def test_without_probabilities_the_predictions_serve_for_the_baseline(self, launch: Launch, value: Any) -> None:
        """The earlier solution computed it so for an empty text (compatibility 3.7)."""
        changes = {"problem_type": "BinaryClassification", "baseline_probability_attribute": value}
        (warning,) = accept(example(QUALITY), launch, **changes).warnings
        assert warning.startswith("baseline_probability_attribute is left out: ")
        values = values_of(example(QUALITY), launch, **changes)
        assert values["BaselineProbabilityAttribute"] == ""
        assert values["BaselineInferenceAttribute"] == example(QUALITY)["baseline_inference_attribute"]

    @pytest.mark.parametrize("value", ["", GONE])
    def test_without_words_on_labels_clarify_decides(self, launch: Launch, value: Any) -> None:
        """The earlier solution took an empty text (compatibility 3.8)."""
        changes = {"problem_type": "BinaryClassification", "model_predicted_label_config": value}
        (warning,) = accept(example(BIAS), launch, **changes).warnings
        assert warning.startswith("model_predicted_label_config is left out: ")

    def test_a_data_quality_monitor_ignores_the_problem_type(self, launch: Launch) -> None:
        """Compatibility 3.6."""
        assert accept(example(DATA), launch, problem_type="Regression").warnings == (
            "problem_type has no meaning for byom_data_quality_monitor and is ignored",
        )

    @pytest.mark.parametrize("pipeline_type", ALL)
    def test_a_region_that_was_not_known_to_make_monitors_is_said(self, launch: Launch, pipeline_type: str) -> None:
        elsewhere = replace(launch, region="eu-south-1")
        (warning,) = accept(example(pipeline_type), elsewhere).warnings
        assert warning.startswith("CloudFormation was not known to make monitors in eu-south-1")

    def test_a_region_without_the_image_is_refused(self, launch: Launch) -> None:
        found = problems_of(example(SHAP), replace(launch, region="xx-nowhere-1"))
        assert found["pipeline_type"].startswith("this monitor cannot run here: clarify")


class TestColumns:
    def test_a_baseline_with_crlf_quoted_commas_and_a_mark_is_understood(self, launch: Launch) -> None:
        """Lesson 14: `train.csv` has all three."""
        values = values_of(example(DATA), launch, features_to_ignore=["tide", 1])
        assert values["ExcludeFeaturesAttribute"] == "tide,1"

    def test_an_unknown_column_is_refused_with_the_columns(self, launch: Launch) -> None:
        found = column_problems(example(DATA), launch, features_to_ignore=["tide", "tides", 3])
        assert found == {
            "features_to_ignore.1": '"tides" is no column of the baseline, which has carrier, length, metres, tide',
            "features_to_ignore.2": "3 is no column: the baseline has 3, and the first one is 0",
        }

    def test_every_column_of_a_model_quality_baseline_must_be_there(self, launch: Launch) -> None:
        keys = ("baseline_inference_attribute", "baseline_probability_attribute", "baseline_ground_truth_attribute")
        found = column_problems(example(QUALITY), launch, **dict.fromkeys(keys, "x"))
        assert found.keys() == set(keys)


def test_all_four_are_in_the_registry() -> None:
    assert set(ALL) <= set(BUILT_IN.names())
