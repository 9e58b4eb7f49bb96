# SPDX-License-Identifier: Apache-2.0
"""`vpc` and `network_isolation` of requests: which there may be, and what blueprints get."""

from __future__ import annotations

from typing import Any, Final

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.values.per_stage import STAGES
from tests.orchestrator.monitoring import BIAS, DATA, example, values_of
from tests.orchestrator.requesting import accept, changed, parameters_of, problems_of

SUBNETS: Final = ["subnet-0a1b2c3d", "subnet-1a1b2c3d"]
GROUPS: Final = ["sg-0a1b2c3d"]
VPC: Final = {"subnets": SUBNETS, "security_groups": GROUPS}
IN_VPC: Final = {"Subnets": ",".join(SUBNETS), "SecurityGroupIds": GROUPS[0]}
OF_STAGES: Final = ("byom_realtime_builtin", "byom_realtime_custom", "byom_batch_builtin", "byom_batch_custom")
OF_JOBS: Final = ("model_training_builtin", "model_tuner_builtin", "model_autopilot_training")


def network(parameters: dict[str, str]) -> dict[str, str]:
    names = (*IN_VPC, "NetworkIsolation")
    return {name: parameters[name] for name in names if name in parameters}


@pytest.mark.parametrize("pipeline_type", [*OF_STAGES, *OF_JOBS])
def test_without_the_keys_nothing_is_said_of_a_network(launch: Launch, pipeline_type: str) -> None:
    said = network(parameters_of(example(pipeline_type), launch))
    assert {**said, "NetworkIsolation": "False"} == {"Subnets": "", "SecurityGroupIds": "", "NetworkIsolation": "False"}


@pytest.mark.parametrize("pipeline_type", [*OF_STAGES, *OF_JOBS])
def test_a_vpc_is_sent_with_commas_between(launch: Launch, pipeline_type: str) -> None:
    assert network(parameters_of(example(pipeline_type), launch, vpc=VPC)).items() >= IN_VPC.items()
    assert network(parameters_of(example(pipeline_type), launch, vpc=""))["Subnets"] == ""


@pytest.mark.parametrize("pipeline_type", [*OF_STAGES, *OF_JOBS[:2]])
def test_isolation_is_sent(launch: Launch, pipeline_type: str) -> None:
    values = parameters_of(example(pipeline_type), launch, network_isolation=True)
    assert network(values) == {"Subnets": "", "SecurityGroupIds": "", "NetworkIsolation": "True"}


def test_autopilot_has_no_isolation(launch: Launch) -> None:
    """CreateAutoMLJob knows a VPC and no isolation."""
    warnings = accept(example("model_autopilot_training"), launch, network_isolation=True).warnings
    assert warnings == ("network_isolation has no meaning for model_autopilot_training and is ignored",)


@pytest.mark.parametrize("pipeline_type", OF_STAGES)
def test_each_stage_has_a_network_of_its_own(multi_account: Launch, pipeline_type: str) -> None:
    body = example(pipeline_type, multi=True)
    changes: dict[str, Any] = {
        "vpc": {"dev": "", "staging": {**VPC, "subnets": ["subnet-5a1b2c3d", "subnet-6a1b2c3d"]}, "prod": VPC},
        "network_isolation": {"dev": False, "staging": False, "prod": True},
    }
    dev, staging, prod = (network(parameters_of(body, multi_account, stage, **changes)) for stage in STAGES)
    assert dev == {"Subnets": "", "SecurityGroupIds": "", "NetworkIsolation": "False"}
    assert staging["Subnets"] == "subnet-5a1b2c3d,subnet-6a1b2c3d"
    assert prod == {**IN_VPC, "NetworkIsolation": "True"}
    (warning,) = (said for said in accept(body, multi_account, **changes).warnings if said.startswith("vpc"))
    assert "looks up nothing" in warning


def test_one_vpc_for_all_stages_is_questioned(multi_account: Launch) -> None:
    warnings = accept(example(OF_STAGES[0], multi=True), multi_account, vpc=VPC).warnings
    assert any("shares the subnets" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("pipeline_type", "changes", "key", "words"),
    [
        pytest.param(OF_JOBS[0], {"vpc": "subnet-0a1b2c3d"}, "vpc", "an object with subnets and sec", id="a text"),
        pytest.param(OF_JOBS[0], {"vpc": {"subnets": SUBNETS}}, "vpc.security_groups", "is required", id="half"),
        pytest.param(
            OF_JOBS[0], {"vpc": {**VPC, "subnets": GROUPS}}, "vpc.subnets", "ids of subnets", id="no subnet"
        ),
        pytest.param(OF_JOBS[0], {"vpc": {**VPC, "subnets": []}}, "vpc.subnets", "1 to 16 ids", id="empty"),
        pytest.param(
            OF_JOBS[0], {"vpc": {**VPC, "security_groups": GROUPS * 6}}, "vpc.security_groups", "1 to 5", id="too many"
        ),
        pytest.param(
            OF_JOBS[0], {"vpc": {**VPC, "security_group_ids": GROUPS}}, "vpc.security_group_ids",
            "the nearest is security_groups", id="a mistyped member",
        ),
        pytest.param(
            OF_STAGES[0], {"vpc": {**VPC, "subnets": SUBNETS[:1]}}, "vpc.subnets", "two subnets at least", id="one zone"
        ),
        pytest.param(OF_STAGES[0], {"network_isolation": "perhaps"}, "network_isolation", "true or false", id="a word"),
        pytest.param(
            OF_STAGES[0],
            {"network_isolation": True, "model_framework": "chainer", "model_framework_version": "5.0.0"},
            "network_isolation", "whose containers SageMaker does not isolate", id="Chainer",
        ),
        pytest.param(
            OF_JOBS[0],
            {"network_isolation": True, "algo_hyperparameters": {"sagemaker_submit_directory": "s3://assets/code.tar.gz"}},
            "algo_hyperparameters.sagemaker_submit_directory", "cannot be loaded from S3", id="code in S3",
        ),
        pytest.param(
            DATA, {"vpc": VPC, "subnets": SUBNETS, "security_group_ids": GROUPS}, "vpc", "cannot go together",
            id="said twice",
        ),
        pytest.param(
            DATA, {"network_isolation": True, "monitor_engine": "open"}, "network_isolation", "with the open engine",
            id="the open engine",
        ),
        pytest.param(
            BIAS, {"network_isolation": True, "monitor_engine": "sagemaker"}, "network_isolation", "SageMaker Clarify",
            id="Clarify",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_explained(
    launch: Launch, pipeline_type: str, changes: dict[str, Any], key: str, words: str
) -> None:
    found = problems_of(changed(example(pipeline_type), changes), launch)
    assert list(found) == [key]
    assert words in found[key]


def test_one_subnet_is_enough_for_a_job(launch: Launch) -> None:
    values = parameters_of(example("byom_batch_builtin"), launch, vpc={**VPC, "subnets": SUBNETS[:1]})
    assert values["Subnets"] == SUBNETS[0]


def test_frameworks_that_run_code_of_their_users_are_warned_about(launch: Launch) -> None:
    changes = {"model_framework": "sklearn", "model_framework_version": "1.2-1", "network_isolation": True}
    warnings = accept(example(OF_STAGES[0]), launch, **changes).warnings
    assert any("installs no requirements.txt" in warning for warning in warnings)
    assert not accept(example(OF_STAGES[0]), launch, network_isolation=True).warnings


class TestMonitors:
    def test_a_vpc_means_what_the_two_keys_mean(self, launch: Launch) -> None:
        """Neither is another baseline than the other."""
        one = values_of(example(DATA), launch, vpc=VPC)
        two = values_of(example(DATA), launch, subnets=SUBNETS, security_group_ids=GROUPS)
        assert one == two
        assert one.items() >= IN_VPC.items()

    def test_isolation_is_another_baseline(self, launch: Launch) -> None:
        native = {"monitor_engine": "sagemaker"}
        before, isolated = (
            values_of(example(DATA), launch, **native, network_isolation=isolated) for isolated in (False, True)
        )
        assert (before["NetworkIsolation"], isolated["NetworkIsolation"]) == ("False", "True")
        assert before["MonitoringScheduleName"] != isolated["MonitoringScheduleName"]
        assert before == values_of(example(DATA), launch, **native)
