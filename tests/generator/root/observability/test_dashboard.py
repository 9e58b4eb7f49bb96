# SPDX-License-Identifier: Apache-2.0
"""The dashboard as CloudWatch gets it: what it shows, and that it follows what the orchestrator writes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from orchestrator import metrics

Template = dict[str, Any]
MULTI = "mlops-orchestrator-multi-account.yaml"
OWN = [
    metrics.PROVISIONED,
    metrics.REFUSED,
    metrics.FAILED,
    metrics.PIPELINES_ENDED,
    metrics.JOBS_ENDED,
    metrics.STATES_TOLD,
    metrics.CONFIGURATIONS,
    metrics.MONITOR_RUNS,
]


def body(template: Template) -> dict[str, Any]:
    """The body of the dashboard; what CloudFormation fills in stands as it is."""
    text = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    found: dict[str, Any] = json.loads(text)
    return found


def widgets(template: Template) -> dict[str, dict[str, Any]]:
    return {widget["properties"]["title"]: widget["properties"] for widget in body(template)["widgets"]}


def test_what_is_filled_in_exists(root: Template) -> None:
    """A name that CloudFormation does not know fails the launch."""
    text = json.dumps(body(root))
    names = {name.split(".")[0] for name in re.findall(r"\$\{([^}]+)\}", text)}
    assert names - root["Resources"].keys() == {"AWS::Region", "AWS::StackName"}


def test_it_shows_what_the_solution_does(templates: dict[str, Template]) -> None:
    shown = {name: json.dumps(widget["metrics"]) for name, widget in widgets(templates[MULTI]).items()}
    for title, words in (
        ("API: calls and errors", ["5XXError", "4XXError", "Count"]),
        ("API: latency (ms)", ["Latency", "p95"]),
        ("Functions: errors and throttles", ["${Orchestrator}", "${StageDeployer}", "Throttles"]),
        ("Events that could not be processed", ["ApproximateNumberOfMessagesVisible"]),
        ("Oldest approval that waits (s)", [metrics.OLDEST_APPROVAL]),
        ("Violations by monitor", ["MLOps/Monitors", "MonitoringSchedule", "violations", "'Sum'"]),
        ("Quality of models", ["MonitoringSchedule", "aws/sagemaker/Endpoints/model-metrics", "MLOps/Monitors", "r2"]),
    ):
        assert all(word in shown[title] for word in words), title


@pytest.mark.parametrize("name", OWN)
def test_each_metric_of_the_orchestrator_is_shown(root: Template, name: str) -> None:
    assert f'MetricName=\\"{name}\\"' in json.dumps(body(root)).replace('\\\\"', '\\"')


def test_endpoints_appear_by_themselves(root: Template) -> None:
    """Pipelines add nothing to the dashboard: a search finds what they make."""
    shown = [widget for title, widget in widgets(root).items() if title.startswith("Endpoints: ")]
    assert len(shown) == 3
    for widget in shown:
        found = (metric[0]["expression"] for metric in widget["metrics"])
        assert all(one.startswith("""SEARCH('{"AWS/SageMaker","EndpointName","VariantName"} Metric""") for one in found)


def test_names_of_more_than_letters_and_digits_are_quoted(templates: dict[str, Template]) -> None:
    """Lesson 113: the widget would stay empty."""
    expressions = re.findall(r"SEARCH\('(.*?)',", json.dumps(body(templates[MULTI])).replace('\\"', '"'))
    assert len(expressions) > 10
    for expression in expressions:
        schema = re.match(r"\{(.*?)\}", expression)
        assert schema
        assert all(re.fullmatch(r'"[^"]+"|[A-Za-z0-9]+', name) for name in schema[1].split(",")), expression
        # A term on the left of "=" has no quotes.
        assert all(re.fullmatch("[A-Za-z0-9]+", name) for name in re.findall(r'([^\s(]+)="', expression)), expression


def test_a_single_account_has_no_approvals(root: Template) -> None:
    assert metrics.OLDEST_APPROVAL not in json.dumps(body(root))


def test_no_widget_covers_another(templates: dict[str, Template]) -> None:
    places = [(widget["x"], widget["y"]) for widget in body(templates[MULTI])["widgets"]]
    assert len(set(places)) == len(places)
    assert all(x + 8 <= 24 for x, _ in places)


def test_two_launches_do_not_share_a_name(root: Template) -> None:
    """Dashboards belong to the account, not to a Region."""
    name = root["Resources"]["Dashboard"]["Properties"]["DashboardName"]["Fn::Sub"]
    assert {"${AWS::StackName}", "${AWS::Region}"} <= set(re.findall(r"\$\{[^}]+\}", name))
