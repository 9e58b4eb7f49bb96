# SPDX-License-Identifier: Apache-2.0
"""Example requests of the monitors, and baselines for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from orchestrator import csv_headers
from orchestrator.aws.s3.objects import Beginning
from orchestrator.csv_headers import CsvFile, Header
from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in.monitors.monitors import Monitor
from orchestrator.values.per_stage import Stage
from tests.orchestrator.conftest import read_json
from tests.orchestrator.requesting import Body, request_of

BASELINES: Final = Path(__file__).parents[1] / "baselines"
DATA: Final = "byom_data_quality_monitor"
QUALITY: Final = "byom_model_quality_monitor"
BIAS: Final = "byom_model_bias_monitor"
SHAP: Final = "byom_model_explainability_monitor"
ALL: Final = (DATA, QUALITY, BIAS, SHAP)


def example(pipeline_type: str, *, multi: bool = False) -> Body:
    body: Body = read_json(f"requests/{pipeline_type}{'.multi' if multi else ''}.json")
    return body


def headers_of(request: Monitor, launch: Launch, contents: dict[str, bytes] | None = None) -> dict[CsvFile, Header]:
    """The headers of the files that a request names; by the last part of their keys they are in `tests/baselines`."""

    def fetch(_: str, key: str, __: int) -> Beginning:
        name = Path(key).name
        content = (contents or {}).get(name) or (BASELINES / name).read_bytes()
        return Beginning(content, is_whole=True)

    return csv_headers.read(request.csv_files(launch), fetch)


def informed(body: Body, launch: Launch, contents: dict[str, bytes] | None = None, /, **changes: Any) -> Monitor:
    """A valid request that knows its baseline's columns."""
    request = request_of(body, launch, **changes)
    assert isinstance(request, Monitor)
    return request.with_csv_headers(headers_of(request, launch, contents))


def values_of(body: Body, launch: Launch, stage: Stage | None = None, /, **changes: Any) -> dict[str, str]:
    """What the template is sent."""
    return informed(body, launch, **changes).parameters(launch, stage).values_as_text()


def column_problems(
    body: Body, launch: Launch, contents: dict[str, bytes] | None = None, /, **changes: Any
) -> dict[str, str]:
    """The problems that show when the baseline's columns are known, by key."""
    with pytest.raises(RefusedRequestError) as refused:
        informed(body, launch, contents, **changes)
    return {problem.key: problem.problem for problem in refused.value.problems}
