# SPDX-License-Identifier: Apache-2.0
"""What a blueprint makes of a request without optional keys: the resources of the release before, and not one more."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from scripts.packaging import keep_release
from tests import committed
from tests.generator.resolving import Template, defaults, resolved
from tests.releases import kept

RELEASE: Final = keep_release.RELEASES / "0.2.0"
BLUEPRINTS: Final = sorted((kept.templates(RELEASE) / "blueprints").glob("*.yaml"))
_DEPLOYMENT: Final = "AWS::ApiGateway::Deployment"
"""Its logical id differs where routes do."""


def made(template: Template) -> dict[str, Any]:
    """Logical id -> resource, of those that are made when each parameter has its default."""
    given = defaults(template)
    conditions = template["Conditions"]

    def holds(resource: dict[str, Any]) -> bool:
        return "Condition" not in resource or resolved(conditions[resource["Condition"]], given, conditions)

    return {
        name: resolved({**resource, "Condition": None}, given, conditions)
        for name, resource in template["Resources"].items()
        if holds(resource)
    }


def types(template: Template) -> dict[str, str]:
    return {
        "Deployment" if resource["Type"] == _DEPLOYMENT else name: resource["Type"]
        for name, resource in made(template).items()
    }


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in BLUEPRINTS])
def test_it_makes_the_resources_of_the_release_before(path: Path, blueprints: dict[str, Template]) -> None:
    assert types(blueprints[f"blueprints/{path.name}"]) == types(committed.parsed(path.read_text(encoding="utf-8")))


def test_an_endpoint_is_one_instance_with_all_traffic_and_nothing_else(blueprints: dict[str, Template]) -> None:
    resources = made(blueprints["blueprints/realtime_inference.yaml"])
    config = resources["MLOpsSagemakerEndpointConfig"]["Properties"]
    assert config.keys() == {"DataCaptureConfig", "ProductionVariants", "Tags"}
    assert config["ProductionVariants"] == [
        {
            "VariantName": "AllTraffic",
            "ModelName": "MLOpsSagemakerModel.ModelName",
            "InstanceType": "the InferenceInstance",
            "InitialInstanceCount": "1",
            "InitialVariantWeight": 1,
        }
    ]
    assert resources["MLOpsSagemakerEndpoint"]["Properties"].keys() == {"EndpointConfigName", "Tags"}
    assert resources["MLOpsSagemakerModel"]["Properties"].keys() == {"ExecutionRoleArn", "PrimaryContainer", "Tags"}
    assert resources["InferenceApi"]["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert resources["InferenceApiStage"]["Properties"].keys() == {
        "DeploymentId",
        "RestApiId",
        "StageName",
        "TracingEnabled",
    }
