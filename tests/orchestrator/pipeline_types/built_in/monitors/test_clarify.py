# SPDX-License-Identifier: Apache-2.0
"""Clarify's configurations, what they are made of and where they are put (compatibility 3.8, 3.9)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in.monitors.clarify import ClarifyMonitor
from orchestrator.plan.plan import PlannedObject
from orchestrator.values.per_stage import STAGES
from tests.orchestrator.monitoring import BIAS, SHAP, column_problems, example, informed, values_of
from tests.orchestrator.requesting import GONE, Body, changed, problems_of

ENDPOINT = {"endpoint_name": "berth-occupancy-live", "content_type": "text/csv", "accept_type": "text/csv"}
KEY = "arn:aws:kms:eu-west-1:{}:key/1a2b"


def configs_of(body: Body, launch: Launch, contents: dict[str, bytes] | None = None, /, **changes: Any) -> list[Any]:
    """The configurations for the baseline and for the schedule, in a single account."""
    objects = informed(body, launch, contents, **changes).objects(launch)
    return [json.loads(planned.content) for planned in objects]


class TestBias:
    def test_several_facets_a_group_and_the_place_of_the_label(self, launch: Launch) -> None:
        bias = {
            "label_values_or_threshold": ["yes"],
            "facet_name": ["carrier", 2],
            "facet_values_or_threshold": [["small"], [100]],
            "group_name": "tide",
        }
        predicted = {"label": 1, "probability": 0, "probability_threshold": "0.7", "label_headers": ["no", "yes"]}
        baseline, schedule = configs_of(example(BIAS), launch, bias_config=bias, model_predicted_label_config=predicted)
        assert baseline["facet"] == [
            {"name_or_index": "carrier", "value_or_threshold": ["small"]},
            {"name_or_index": 2, "value_or_threshold": [100]},
        ]
        assert baseline["facet"] == schedule["facet"]
        assert baseline["group_variable"] == schedule["group_variable"] == "tide"
        assert baseline["predictor"] == {**ENDPOINT, "label": 1, "probability": 0, "label_headers": ["no", "yes"]}
        assert baseline["probability_threshold"] == 0.7
        assert "probability_threshold" not in schedule

    def test_a_facet_without_values_is_compared_value_by_value(self, launch: Launch) -> None:
        bias = {"label_values_or_threshold": [1], "facet_name": "carrier"}
        baseline, _ = configs_of(example(BIAS), launch, bias_config=bias)
        assert baseline["facet"] == [{"name_or_index": "carrier"}]


class TestShap:
    @pytest.mark.parametrize(("given", "sent"), [(0, 0), (3, 3), ("0", "0"), ("scores[0]", "scores[0]"), (GONE, None)])
    def test_the_place_of_the_scores(self, launch: Launch, given: Any, sent: Any) -> None:
        """Lesson 25: 0 was dropped."""
        baseline, _ = configs_of(example(SHAP), launch, model_scores=given)
        assert baseline["predictor"].get("label") == sent

    def test_nothing_but_defaults(self, launch: Launch) -> None:
        """Lesson 25: an empty `shap_config` was dropped."""
        _, schedule = configs_of(example(SHAP), launch, shap_config={})
        assert schedule["methods"] == {"shap": {"use_logit": False, "save_local_shap_values": True}}

    def test_a_baseline_by_column_becomes_a_row(self, launch: Launch) -> None:
        shap = {"baseline": {"tide": 3, "length": 120.5, "carrier": "small"}, "use_logit": "True"}
        baseline, _ = configs_of(example(SHAP), launch, shap_config=shap)
        assert baseline["methods"]["shap"]["baseline"] == [["small", 120.5, 3]]
        assert baseline["methods"]["shap"]["use_logit"] is True

    def test_a_baseline_in_a_file_is_read_there(self, launch: Launch) -> None:
        changes = {"shap_config": {"baseline": "baselines/shap.csv"}}
        baseline, _ = configs_of(example(SHAP), launch, {"shap.csv": b"small,120.5,3\n"}, **changes)
        assert baseline["methods"]["shap"]["baseline"] == "s3://quayside-assets/baselines/shap.csv"
        values = informed(changed(example(SHAP), changes), launch, {"shap.csv": b"small,120.5,3"})
        assert values.parameters(launch, None).values_as_text()["ShapBaselineKey"] == "baselines/shap.csv"


class TestLabel:
    def test_it_is_the_first_column(self, launch: Launch) -> None:
        baseline, _ = configs_of(example(SHAP), launch)
        assert baseline["label"] == "occupied"

    def test_or_the_one_that_is_named(self, launch: Launch) -> None:
        """Lesson 15."""
        rows = {"label_attribute": "tide", "shap_config": {"baseline": [[1, "small", 2]]}}
        baseline, schedule = configs_of(example(SHAP), launch, **rows)
        assert baseline["label"] == "tide"
        assert schedule["headers"] == ["occupied", "carrier", "length"]


class TestStored:
    def planned(self, launch: Launch, **changes: Any) -> tuple[PlannedObject, ...]:
        return informed(example(BIAS, multi=launch.multi_account), launch, **changes).objects(launch)

    def test_a_pair_for_each_stage_with_the_stage_s_endpoint_and_key(self, multi_account: Launch) -> None:
        """Lessons 4 and 5: with a key the one was refused, and the other never encrypted."""
        keys = {stage: KEY.format(str(number) * 12) for number, stage in enumerate(STAGES, 1)}
        objects = self.planned(multi_account, kms_key_arn=keys)
        assert [planned.kms_key_arn for planned in objects] == [keys[stage] for stage in STAGES for _ in "ab"]
        endpoints = [json.loads(planned.content)["predictor"]["endpoint_name"] for planned in objects[::2]]
        assert endpoints == ["berth-occupancy-dev", "berth-occupancy-staging", "berth-occupancy-prod"]

    def test_they_are_where_the_template_looks(self, launch: Launch) -> None:
        baseline, schedule = self.planned(launch)
        prefix = values_of(example(BIAS), launch)["AnalysisPrefix"]
        assert prefix.startswith("provisioned/mlops-pipeline-berth-occupancy-byommodelbiasmonitor/analysis/single-")
        assert (baseline.bucket, baseline.key) == ("quayside-pipelines", f"{prefix}/analysis_config.json")
        assert schedule.key == f"{prefix}/monitor/analysis_config.json"

    def test_another_content_or_key_has_another_name(self, launch: Launch) -> None:
        """What is stored is never replaced: a running schedule may read it."""
        changes: list[Body] = [{}, {"label_attribute": "tide"}, {"kms_key_arn": KEY.format("1" * 12)}]
        assert len({self.planned(launch, **one)[0].key for one in changes}) == len(changes)

    def test_without_its_columns_a_request_has_no_configuration(self, launch: Launch) -> None:
        request = informed(example(BIAS), launch)
        assert isinstance(request, ClarifyMonitor)
        request._header = None
        with pytest.raises(ValueError, match="has not been read"):
            request.objects(launch)


PREDICTED = "model_predicted_label_config"
FACET = {"label_values_or_threshold": [1], "facet_name": "carrier"}
WRONG = [
    (BIAS, "bias_config", [], "bias_config"),
    (BIAS, "bias_config", "{", "bias_config"),
    (BIAS, "bias_config", {"facet_name": "carrier"}, "bias_config.label_values_or_threshold"),
    (BIAS, "bias_config", {**FACET, "label_values_or_threshold": []}, "bias_config.label_values_or_threshold"),
    (BIAS, "bias_config", {**FACET, "label_values_or_threshold": 1}, "bias_config.label_values_or_threshold"),
    (BIAS, "bias_config", {**FACET, "facet_name": []}, "bias_config.facet_name"),
    (BIAS, "bias_config", {**FACET, "facet_name": True}, "bias_config.facet_name"),
    (BIAS, "bias_config", {**FACET, "facet_names": "x"}, "bias_config.facet_names"),
    (BIAS, "bias_config", {**FACET, "facet_values_or_threshold": [[1]]}, "bias_config.facet_values_or_threshold"),
    (
        BIAS,
        "bias_config",
        {**FACET, "facet_name": ["a", "b"], "facet_values_or_threshold": [[1]]},
        "bias_config.facet_values_or_threshold",
    ),
    (
        BIAS,
        "bias_config",
        {**FACET, "facet_name": ["a"], "facet_values_or_threshold": [1]},
        "bias_config.facet_values_or_threshold",
    ),
    (BIAS, PREDICTED, {"probability_threshold": 2}, f"{PREDICTED}.probability_threshold"),
    (BIAS, PREDICTED, {"labels": 1}, f"{PREDICTED}.labels"),
    (SHAP, "shap_config", {"num_clusters": 2, "baseline": [[1, 2, 3]]}, "shap_config.num_clusters"),
    (SHAP, "shap_config", {"baseline": []}, "shap_config.baseline"),
    (SHAP, "shap_config", {"agg_method": "mean"}, "shap_config.agg_method"),
    (SHAP, "shap_config", {"num_samples": 0}, "shap_config.num_samples"),
    (SHAP, "shap_config", {"use_logit": "maybe"}, "shap_config.use_logit"),
    (SHAP, "shap_config", {"text_config": {}}, "shap_config.text_config"),
    (SHAP, "shap_config", {"features_to_explain": []}, "shap_config.features_to_explain"),
    (SHAP, "model_scores", 0.5, "model_scores"),
]  # fmt: skip


@pytest.mark.parametrize(("pipeline_type", "key", "value", "named"), WRONG)
def test_what_is_wrong_inside_is_named(launch: Launch, pipeline_type: str, key: str, value: Any, named: str) -> None:
    assert list(problems_of(changed(example(pipeline_type), {key: value}), launch)) == [named]


def test_an_unknown_key_inside_is_refused_with_the_nearest(launch: Launch) -> None:
    found = problems_of(changed(example(BIAS), {"bias_config": {**FACET, "facet_nam": "x"}}), launch)
    assert found == {"bias_config.facet_nam": "is not known, the nearest is facet_name"}


class TestColumns:
    def test_unknown_ones_are_refused_all_at_once(self, launch: Launch) -> None:
        bias = {**FACET, "facet_name": ["carrier", "size", 9], "group_name": "port"}
        found = column_problems(example(BIAS), launch, bias_config=bias, label_attribute="full")
        assert found.keys() == {
            "label_attribute",
            "bias_config.facet_name.1",
            "bias_config.facet_name.2",
            "bias_config.group_name",
        }
        assert found["bias_config.group_name"] == (
            '"port" is no column of the baseline, which has occupied, carrier, length, tide'
        )

    def test_of_the_same_name_are_refused(self, launch: Launch) -> None:
        found = column_problems(example(BIAS), launch, {"label_first.csv": b"occupied,carrier,carrier\n1,2,3\n"})
        assert found["baseline_data"].startswith("has columns of the same name: carrier")

    def test_the_label_cannot_be_explained(self, launch: Launch) -> None:
        changes = {"shap_config": {"features_to_explain": ["tide", "occupied"]}}
        assert list(column_problems(example(SHAP), launch, **changes)) == ["shap_config.features_to_explain.1"]

    @pytest.mark.parametrize(
        ("baseline", "keys"),
        [
            ([[1, "small", 120.5, 3]], ["shap_config.baseline.0"]),
            ([["small", 120.5, 3], ["small", 120.5]], ["shap_config.baseline.1"]),
            ({"carrier": "small", "length": 1}, ["shap_config.baseline.tide"]),
            ({"carrier": "small", "length": 1, "tide": 2, "occupied": 1}, ["shap_config.baseline.occupied"]),
            ("shap.csv", ["shap_config.baseline"]),
        ],
    )
    def test_a_row_has_a_value_for_every_feature_and_none_for_the_label(
        self, launch: Launch, baseline: Any, keys: list[str]
    ) -> None:
        files = {"shap.csv": b"small,120.5\n"}
        assert list(column_problems(example(SHAP), launch, files, shap_config={"baseline": baseline})) == keys
