# SPDX-License-Identifier: Apache-2.0
"""Clarify's analysis.json -> groups of metrics: bias by facet, SHAP values, partial dependence plots.

    {"pre_training_bias_metrics": {"label": ..., "label_value_or_threshold": ...,
     "facets": {"<column>": [{"value_or_threshold": ..., "metrics": [{"name": "CI", "value": ...}]}]}}}
    {"explanations": {"kernel_shap": {"label0": {"global_shap_values": {"<column>": ...}}},
     "pdp": [{"feature_name": ..., "data_type": "numerical", "feature_values": [...], "data_distribution": [...],
              "label_headers": [...], "model_predictions": [[...]]}]}}

https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-analysis-results.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.model_cards.metrics.raw_metrics import Groups, UnexpectedMetricsError, number, within

_GRAPHS: Final = {"numerical": "linear_graph", "categorical": "bar_chart"}


def bias(document: Mapping[str, Any]) -> Groups:
    """Return a group for each family of metrics, label and value of a facet."""
    families = {name: part for name, part in document.items() if isinstance(part, Mapping) and "facets" in part}
    if not families:
        raise UnexpectedMetricsError(
            'an object with the key "facets" under pre_training_bias_metrics or post_training_bias_metrics'
        )
    return [group for name, part in families.items() for group in _facets(name, part)]


def _facets(family: str, part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    label = f"label {part.get('label')} = {part.get('label_value_or_threshold')}"
    facets = within(part, "facets", dict, family)
    for facet in facets:
        for value in within(facets, facet, list, f"the facets of {family}"):
            metrics = within(value, "metrics", list, f"each value of the facet {facet}")
            whose = f"{label} and facet {facet}={value.get('value_or_threshold')}"
            yield {
                "name": f"{family} - {whose}",
                "short": f"{family.removesuffix('_metrics')} - {whose}",
                "metric_data": [_bias_metric(metric, facet) for metric in metrics],
            }


def _bias_metric(metric: Any, facet: str) -> dict[str, Any]:
    return number(within(metric, "name", str, f"each metric of the facet {facet}"), metric.get("value"))


def explainability(document: Mapping[str, Any]) -> Groups:
    """Return groups of SHAP values by label, and one group with the partial dependence plots."""
    explanations = within(document, "explanations", dict, "the file")
    if not explanations.keys() & {"kernel_shap", "pdp"}:
        raise UnexpectedMetricsError('the key "kernel_shap" or "pdp" in its explanations')
    shap = list(_shap(explanations)) if "kernel_shap" in explanations else []
    plots = list(_plots(explanations)) if "pdp" in explanations else []
    return [*shap, *([{"name": "explanations - pdp", "metric_data": plots}] if plots else [])]


def _shap(explanations: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    labels = within(explanations, "kernel_shap", dict, "its explanations")
    for label in labels:
        explained = within(labels, label, dict, "kernel_shap")
        if "global_shap_values" in explained:
            values = within(explained, "global_shap_values", dict, label)
            yield _numbers(f"global_shap_values, label={label}", values)
        if "global_top_shap_text" in explained:
            features = within(explained, "global_top_shap_text", dict, label)
            for feature in features:
                values = within(features, feature, dict, "global_top_shap_text")
                yield _numbers(f"global_top_shap_text, label={label}, feature={feature}", values)


def _numbers(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    metrics = [number(key, value) for key, value in values.items()]
    return {"name": f"explanations - {name}", "short": name, "metric_data": metrics}


def _plots(explanations: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for plot in within(explanations, "pdp", list, "its explanations"):
        feature = within(plot, "feature_name", str, "each plot")
        where = f"the plot of {feature}"
        if plot.get("data_type") not in _GRAPHS:
            raise UnexpectedMetricsError(f'numerical or categorical as the "data_type" of {where}')
        predictions = within(plot, "model_predictions", list, where)
        labels = plot.get("label_headers") or [f"label{place}" for place in range(len(predictions))]
        if len(labels) != len(predictions):
            raise UnexpectedMetricsError(f"as many label_headers as model_predictions in {where}")
        yield _plot(plot, f"data_distribution - feature={feature}", "Data distribution", plot.get("data_distribution"))
        for label, predicted in zip(labels, predictions, strict=True):
            yield _plot(plot, f"model_predictions - feature={feature}, label={label}", str(label), predicted)


def _plot(plot: Mapping[str, Any], name: str, y_axis: str, values: Any) -> dict[str, Any]:
    kind = _GRAPHS[plot["data_type"]]
    features = within(plot, "feature_values", list, name)
    if not isinstance(values, list) or len(values) != len(features):
        raise UnexpectedMetricsError(f"a list of as many numbers as there are feature_values for {name}")
    is_graph = kind == "linear_graph"
    return {
        "name": name,
        "type": kind,
        "value": [list(point) for point in zip(features, values, strict=True)] if is_graph else values,
        "x_axis_name": plot["feature_name"] if is_graph else features,
        "y_axis_name": y_axis,
    }
