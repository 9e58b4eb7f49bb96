# SPDX-License-Identifier: Apache-2.0
"""The name of the root stack: none that gives its roles the names of those that pipelines may change."""

from __future__ import annotations

from tests.cli.conftest import Mlops


def test_a_name_of_pipelines_is_refused(mlops: Mlops) -> None:
    ended = mlops("deploy", "--stack-name", "mlops-pipeline-x", "--local")
    assert ended.status == 2
    assert "mlops-pipeline-x begins with mlops-pipeline-" in " ".join(ended.err.replace("│", " ").split())
