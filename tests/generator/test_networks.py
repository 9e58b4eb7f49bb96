# SPDX-License-Identifier: Apache-2.0
"""The network of models and jobs in every blueprint: what SageMaker is asked for, and what its role may do."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from tests.generator import monitor_templates, resolving, test_batch_transform, test_training_blueprints
from tests.generator.resolving import Template

VPC: Final = {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
IN_VPC: Final = {"Subnets": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1"}
ISOLATED: Final = {"NetworkIsolation": "True"}
# https://docs.aws.amazon.com/sagemaker/latest/dg/batch-vpc.html#batch-vpc-configure
DOCUMENTED: Final = {
    *("ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface"),
    *("ec2:DeleteNetworkInterfacePermission", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces"),
    *("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"),
}
MODELS: Final = ("realtime_inference", "batch_transform")


def model(templates: dict[str, Template], blueprint: str, **given: str) -> Any:
    values = {**test_batch_transform.PARAMETERS, **given}
    return resolving.properties(templates[f"blueprints/{blueprint}.yaml"], "MLOpsSagemakerModel", values)


def job(templates: dict[str, Template], name: str, **given: str) -> Any:
    request = test_training_blueprints.properties(templates, name, test_training_blueprints.JOBS[name], **given)[
        "Request"
    ]
    return {
        "model_training": lambda: request,
        "model_tuning": lambda: request["TrainingJobDefinition"],
        "autopilot_training": lambda: request["AutoMLJobConfig"]["SecurityConfig"],
    }[name]()


@pytest.mark.parametrize("blueprint", MODELS)
class TestModels:
    def test_the_vpc_is_the_request_s(self, templates: dict[str, Template], blueprint: str) -> None:
        made = model(templates, blueprint, **IN_VPC)
        assert made["VpcConfig"] == VPC
        assert "EnableNetworkIsolation" not in made

    def test_isolation_needs_no_vpc(self, templates: dict[str, Template], blueprint: str) -> None:
        made = model(templates, blueprint, **ISOLATED)
        assert made["EnableNetworkIsolation"] is True
        assert "VpcConfig" not in made

    def test_without_both_it_is_as_before(self, templates: dict[str, Template], blueprint: str) -> None:
        assert {"VpcConfig", "EnableNetworkIsolation"}.isdisjoint(model(templates, blueprint))


@pytest.mark.parametrize("name", test_training_blueprints.JOBS)
class TestJobs:
    def test_the_vpc_is_the_request_s(self, templates: dict[str, Template], name: str) -> None:
        assert job(templates, name, **IN_VPC)["VpcConfig"] == VPC

    def test_without_one_it_is_as_before(self, templates: dict[str, Template], name: str) -> None:
        assert {"VpcConfig", "EnableNetworkIsolation"}.isdisjoint(job(templates, name))


@pytest.mark.parametrize("name", ["model_training", "model_tuning"])
def test_jobs_are_isolated(templates: dict[str, Template], name: str) -> None:
    assert job(templates, name, **ISOLATED)["EnableNetworkIsolation"] is True


def test_scheduled_training_has_the_same_network(templates: dict[str, Template]) -> None:
    made = test_training_blueprints.properties(templates, "model_training", "Schedule", **IN_VPC, **ISOLATED)
    sent = json.loads(made["Target"]["Input"])
    assert (sent["VpcConfig"], sent["EnableNetworkIsolation"]) == (VPC, True)


@pytest.mark.parametrize("name", ["data_quality_monitor", "model_quality_monitor"])
class TestMonitorsOfSageMaker:
    def test_baseline_and_runs_are_isolated(self, templates: dict[str, Template], name: str) -> None:
        baseline = monitor_templates.properties(templates, name, "Baseline", **ISOLATED)
        definition = monitor_templates.properties(templates, name, "JobDefinition", **ISOLATED)
        assert baseline["NetworkConfig"] == {"EnableNetworkIsolation": True}
        assert definition["NetworkConfig"] == {
            "EnableInterContainerTrafficEncryption": True,
            "EnableNetworkIsolation": True,
        }

    def test_without_network_the_baseline_is_as_before(self, templates: dict[str, Template], name: str) -> None:
        """One more property would compute the baselines of all monitors that are there anew."""
        assert "NetworkConfig" not in monitor_templates.properties(templates, name, "Baseline")


@pytest.mark.parametrize(
    ("path", "values"),
    [
        *((f"{name}.yaml", test_batch_transform.PARAMETERS) for name in MODELS),
        *((f"{name}.yaml", values) for name, values in test_training_blueprints.PARAMETERS.items()),
    ],
    ids=[*MODELS, *test_training_blueprints.PARAMETERS],
)
class TestRoles:
    def test_it_has_what_sagemaker_s_documentation_lists(
        self, templates: dict[str, Template], path: str, values: dict[str, str]
    ) -> None:
        found = resolving.allowed(templates[f"blueprints/{path}"], "SageMakerRole", {**values, **IN_VPC})
        assert {action for action in found if action.startswith("ec2:")} == DOCUMENTED

    def test_it_has_nothing_of_it_without_a_vpc(
        self, templates: dict[str, Template], path: str, values: dict[str, str]
    ) -> None:
        found = resolving.allowed(templates[f"blueprints/{path}"], "SageMakerRole", values)
        assert not [action for action in found if action.startswith("ec2:")]
