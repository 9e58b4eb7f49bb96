# SPDX-License-Identifier: Apache-2.0
"""The six kinds of files with metrics, in the formats in which AWS documents them (compatibility 5.1)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, get_args

import pytest

from orchestrator.model_cards.metrics import evaluation_metrics
from orchestrator.model_cards.metrics.evaluation import MetricFileType
from orchestrator.model_cards.metrics.raw_metrics import UnexpectedMetricsError
from tests.orchestrator.model_cards.published_schema import violations

FILES = Path(__file__).parents[2] / "model_cards"
TYPES = get_args(get_args(MetricFileType)[0])
BINARY, REGRESSION = "binary_classification", "regression"


def document(name: str) -> Any:
    return json.loads((FILES / f"{name}.json").read_text(encoding="utf-8"))


def groups(metric_type: str, content: Any = None) -> dict[str, dict[str, Any]]:
    """The metrics of a file by group and name."""
    found = evaluation_metrics.groups_of(metric_type, document(metric_type) if content is None else content).groups
    return {group["name"]: {metric["name"]: metric for metric in group["metric_data"]} for group in found}


def values(metric_type: str, content: Any = None) -> dict[str, dict[str, Any]]:
    found = groups(metric_type, content)
    return {name: {key: metric["value"] for key, metric in metrics.items()} for name, metrics in found.items()}


def test_there_is_a_file_of_each_type() -> None:
    assert set(TYPES) <= {path.stem for path in FILES.iterdir()}


@pytest.mark.parametrize("metric_type", TYPES)
def test_what_a_file_becomes_is_valid_by_the_published_schema(metric_type: str) -> None:
    found = evaluation_metrics.groups_of(metric_type, document(metric_type))
    assert found.groups
    assert violations({"evaluation_details": [{"name": "evaluation", "metric_groups": found.groups}]}) == []
    assert all(len(group["name"]) <= 63 for group in found.groups)


def test_groups_in_the_form_of_a_card_are_taken_as_they_are() -> None:
    given = document("model_card_metric_schema")
    assert evaluation_metrics.groups_of("model_card_metric_schema", given).groups == given["metric_groups"]


def test_regression_gives_numbers_and_their_standard_deviations_where_there_are_some() -> None:
    assert values(REGRESSION) == {
        "regression_metrics": {
            "mae": 3.25,
            "mae - standard_deviation": 0.0415,
            "mse": 19.75,
            "rmse": 4.444,
            "rmse - standard_deviation": 0.062,
            "r2": 0.715,
        }
    }


def test_binary_classification_gives_matrix_and_curves() -> None:
    metrics = groups(BINARY)["binary_classification_metrics"]
    assert metrics["confusion_matrix"] == {
        "name": "confusion_matrix",
        "type": "matrix",
        "value": [[118, 9], [14, 59]],
        "x_axis_name": ["0", "1"],
        "y_axis_name": ["0", "1"],
    }
    roc = metrics["receiver_operating_characteristic_curve"]
    assert (roc["type"], roc["value"]) == ("linear_graph", [[0.0, 0.0], [0.07, 0.81], [0.4, 0.97], [1.0, 1.0]])
    assert (roc["x_axis_name"], roc["y_axis_name"]) == ("false_positive_rates", "true_positive_rates")
    precisions = metrics["precision_recall_curve"]
    assert precisions["value"] == [[0.1, 1.0], [0.81, 0.87], [1.0, 0.37]]
    assert (precisions["x_axis_name"], precisions["y_axis_name"]) == ("recalls", "precisions")
    assert (metrics["auc"]["value"], metrics["recall - standard_deviation"]["value"]) == (0.931, 0.013)


def test_classes_that_a_row_does_not_have_were_not_predicted() -> None:
    (metrics,) = groups("multiclass_classification").values()
    assert metrics["confusion_matrix"]["value"] == [[24, 5, 1], [3, 26, 1], [0, 4, 26]]
    assert metrics["confusion_matrix"]["x_axis_name"] == ["early", "on time", "late"]


@pytest.mark.parametrize("metric_type", [BINARY, "multiclass_classification"])
@pytest.mark.parametrize("content", [BINARY, "multiclass_classification"])
def test_either_classification_is_read_under_either_type(metric_type: str, content: str) -> None:
    assert list(groups(metric_type, document(content))) == [f"{content}_metrics"]


def test_bias_has_a_group_for_each_family_and_value_of_a_facet() -> None:
    assert values("clarify_bias") == {
        "pre_training_bias - label late = 1 and facet flag=coastal": {"CI": 0.42, "DPL": -0.08},
        "post_training_bias - label lat...oss_tonnage=(20000.5, 61000.0]": {"DI": 0.91},
        "post_training_bias - label late = 1 and facet flag=coastal": {"DI": 1.07},
        "post_training_bias - label late = 1 and facet flag=deep sea": {"DI": 0.94},
    }


def test_the_whole_name_of_a_shortened_group_is_in_the_notes() -> None:
    metrics = groups("clarify_bias")["post_training_bias - label late = 1 and facet flag=coastal"]
    assert metrics["DI"]["notes"] == "post_training_bias_metrics - label late = 1 and facet flag=coastal"


def test_bias_beside_explanations_is_read_from_one_file() -> None:
    both = {**document("clarify_bias"), **document("clarify_explainability")}
    assert values("clarify_bias", both) == values("clarify_bias")
    assert values("clarify_explainability", both) == values("clarify_explainability")


def test_explanations_are_shap_values_and_plots() -> None:
    found = groups("clarify_explainability")
    assert list(found) == [
        "explanations - global_shap_values, label=late",
        "global_top_shap_text, label=late, feature=remarks",
        "explanations - pdp",
    ]
    assert found["explanations - global_shap_values, label=late"]["wind_speed"]["value"] == 0.097
    plots = found["explanations - pdp"]
    wind = plots["model_predictions - feature=wind_speed, label=late"]
    assert (wind["type"], wind["value"]) == ("linear_graph", [[2.0, 0.11], [9.5, 0.26], [17.0, 0.58]])
    assert (wind["x_axis_name"], wind["y_axis_name"]) == ("wind_speed", "late")
    berth = plots["data_distribution - feature=berth"]
    assert (berth["type"], berth["value"], berth["x_axis_name"]) == ("bar_chart", [0.6, 0.4], ["north", "south"])
    assert "model_predictions - feature=berth, label=label0" in plots


@pytest.mark.parametrize("value", [None, math.nan, math.inf, "NaN", " nan ", "-Infinity"])
def test_what_was_not_computed_is_left_out_and_told(value: Any) -> None:
    content = {"regression_metrics": {"r2": {"value": value}, "mae": {"value": 1, "standard_deviation": value}}}
    found = evaluation_metrics.groups_of(REGRESSION, content)
    assert values(REGRESSION, content) == {"regression_metrics": {"mae": 1}}
    (warning,) = found.warnings
    assert warning.endswith("left out: r2")


@pytest.mark.parametrize(("classes", "is_kept"), [(20, True), (21, False)])
def test_a_matrix_that_no_card_takes_is_left_out_and_told(classes: int, is_kept: bool) -> None:
    matrix = {str(row): {str(column): 1 for column in range(classes)} for row in range(classes)}
    content = {"multiclass_classification_metrics": {"confusion_matrix": matrix, "accuracy": {"value": 0.5}}}
    (metrics,) = groups(BINARY, content).values()
    assert ("confusion_matrix" in metrics) is is_kept
    assert bool(evaluation_metrics.groups_of(BINARY, content).warnings) is not is_kept


@pytest.mark.parametrize(
    ("metric_type", "content", "words"),
    [
        (REGRESSION, [], "a JSON object"),
        (REGRESSION, {}, 'an object under the key "regression_metrics" of the file'),
        (REGRESSION, {"regression_metrics": {"mae": 0.5}}, 'an object with the key "value" under mae'),
        (
            REGRESSION,
            {"regression_metrics": {"mae": {"value": "0.5"}}},
            'must be a number in a metric of type number; got "0.5"',
        ),
        (BINARY, {"regression_metrics": {}}, "binary_classification_metrics or multiclass_classification_metrics"),
        (
            BINARY,
            {"binary_classification_metrics": {"confusion_matrix": [[1]]}},
            "counts by actual and predicted class",
        ),
        (
            BINARY,
            {"binary_classification_metrics": {"precision_recall_curve": {"precisions": [1], "recalls": [1, 0]}}},
            "as many recalls as precisions under precision_recall_curve",
        ),
        (
            BINARY,
            {"binary_classification_metrics": {"precision_recall_curve": {"precisions": [1]}}},
            'a list under the key "recalls" of precision_recall_curve',
        ),
        ("clarify_bias", {"version": "1.0", "explanations": {}}, 'the key "facets"'),
        ("clarify_bias", {"x": {"facets": []}}, 'an object under the key "facets" of x'),
        ("clarify_bias", {"x": {"facets": {"a": [3]}}}, 'a list under the key "metrics" of each value of the facet a'),
        ("clarify_bias", {"x": {"facets": {"a": [{"metrics": [{}]}]}}}, 'a text under the key "name"'),
        ("clarify_explainability", {"explanations": []}, 'an object under the key "explanations" of the file'),
        ("clarify_explainability", {"explanations": {}}, "kernel_shap"),
        ("clarify_explainability", {"explanations": {"kernel_shap": {"label0": 1}}}, 'under the key "label0"'),
        (
            "clarify_explainability",
            {"explanations": {"pdp": [{"feature_name": "a", "data_type": "text"}]}},
            "data_type",
        ),
        (
            "clarify_explainability",
            {
                "explanations": {
                    "pdp": [
                        {
                            "feature_name": "a",
                            "data_type": "numerical",
                            "feature_values": [1, 2],
                            "data_distribution": [1],
                            "model_predictions": [],
                        }
                    ]
                }
            },
            "as many numbers as there are feature_values",
        ),
        ("model_card_metric_schema", {"metric_group": []}, 'a list under the key "metric_groups"'),
        (
            "model_card_metric_schema",
            {"metric_groups": [{"name": "a", "metric_data": [{"name": "b", "type": "matrix", "value": [1]}]}]},
            "metric_groups.0.metric_data.0.value: must be a list of 20 rows at most",
        ),
        (
            "model_card_metric_schema",
            {"metric_groups": [{"name": "a", "metric_data": [{"name": "b", "type": "number", "value": math.nan}]}]},
            "finite numbers",
        ),
    ],
)
def test_another_structure_is_refused_with_what_was_expected(metric_type: str, content: Any, words: str) -> None:
    with pytest.raises(UnexpectedMetricsError) as unexpected:
        evaluation_metrics.groups_of(metric_type, content)
    assert words in str(unexpected.value)


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("short", 63, "short"),
        ("two\nlines", 63, "two lines"),
        ("\n", 63, "'\\n'"),
        ("abcdefghij", 9, "abc...hij"),
        ("a" * 63, 63, "a" * 63),
        ("a" * 64, 63, f"{'a' * 30}...{'a' * 30}"),
    ],
)
def test_names_fit_a_card(text: str, longest: int, expected: str) -> None:
    assert evaluation_metrics.fitted(text, longest) == expected
