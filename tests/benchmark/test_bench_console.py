# SPDX-License-Identifier: Apache-2.0
"""The measure of the console's first page, with few pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.benchmark import bench_console

if TYPE_CHECKING:
    from scripts.launch.local_deployment import LocalDeployment


def test_a_page_of_pipelines_is_measured_beside_the_api(deployment: LocalDeployment) -> None:
    measured = bench_console.measure(deployment, pipelines=3)
    assert measured["name"] == "console, first page of 3 pipelines"
    assert measured["on_the_page"] >= 3
    assert min(measured["api_seconds"], measured["seconds"], measured["ratio_to_api"]) > 0
