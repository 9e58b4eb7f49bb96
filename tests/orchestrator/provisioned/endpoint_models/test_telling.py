# SPDX-License-Identifier: Apache-2.0
"""What is told of an endpoint's models: one call of CloudWatch where there are several, none otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator.aws import calls
from orchestrator.provisioned.endpoint_models import telling
from orchestrator.provisioned.state import Endpoint, Variant

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
MAIN = Variant("AllTraffic", 1, 1, 1, 1)
NEXT = Variant("next", 0.5, 0.5, 2, 2, is_shadow=True)


def result(id_: str, *values: float) -> dict[str, Any]:
    return {"Id": id_, "Timestamps": [NOW] * len(values), "Values": list(values)}


@pytest.mark.usefixtures("aws")
class TestEndpoint:
    def test_figures_of_several_come_by_one_call(self) -> None:
        results = [
            *(
                result("v0q0", 3, 4),
                result("v0q1", 1),
                result("v0q2"),
                result("v0q3", 1500),
                result("v0q4", 2000, 9000),
            ),
            *(result(f"v1q{number}") for number in range(5)),
        ]
        with Stubber(calls.client("cloudwatch")) as cloudwatch:
            cloudwatch.add_response("get_metric_data", {"MetricDataResults": results})
            told = telling.of(Endpoint("churn-e", "InService", "", (MAIN, NEXT)))
            cloudwatch.assert_no_pending_responses()
        assert told is not None
        assert [one["last_hour"] for one in told["variants"]] == [
            {"calls": 7, "errors_4xx": 1, "errors_5xx": 0, "latency_p50_ms": 1.5, "latency_p95_ms": 9.0},
            {"calls": 0, "errors_4xx": 0, "errors_5xx": 0, "latency_p50_ms": None, "latency_p95_ms": None},
        ]
        assert told["last_hour_reason"] == ""

    def test_throttling_hides_nothing_else(self) -> None:
        with Stubber(calls.client("cloudwatch")) as cloudwatch:
            cloudwatch.add_client_error("get_metric_data", "Throttling", "slower")
            told = telling.of(Endpoint("churn-e", "InService", "", (MAIN, NEXT)))
        assert told is not None
        assert [one["share"] for one in told["variants"]] == [1.0, 0.5]
        assert "Throttling: slower" in told["last_hour_reason"]

    @pytest.mark.parametrize("variants", [(MAIN,), ()], ids=["one", "none"])
    def test_nobody_is_asked_of_fewer(self, variants: tuple[Variant, ...]) -> None:
        with Stubber(calls.client("cloudwatch")):
            told = telling.of(Endpoint("churn-e", "InService", "", variants))
        assert told is not None
        assert [one["last_hour"] for one in told["variants"]] == [None] * len(variants)
