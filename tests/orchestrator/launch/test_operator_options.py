# SPDX-License-Identifier: Apache-2.0
"""What the operator decided at launch reaches everything that pipelines make, whatever its type."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

import pytest

from orchestrator.errors import RefusedRequestError
from orchestrator.launch.operator_options import OperatorOptions
from orchestrator.launch.options import BlueprintOptions, NetworkOptions
from orchestrator.launch.settings import MultiAccount, Settings, StageTarget
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.built_in.monitors.monitors import Monitor
from orchestrator.pipeline_types.built_in.training.jobs import OWN_TAGS
from orchestrator.plan.plan import TAGS_FILE, PackagedBlueprint, ProvisioningPlan
from orchestrator.values.per_stage import STAGES, Stage
from tests.orchestrator.conftest import read_json
from tests.orchestrator.monitoring import headers_of

Body = dict[str, Any]
Values = dict[str, str]

TYPES: Final = [type_.type_name() for type_ in BUILT_IN]
STAGED: Final = [type_.type_name() for type_ in BUILT_IN if type_.runs_in_stages]
TAGS: Final = (("team", "harbour"), ("cost-centre", "4711"))
SUBNETS: Final[dict[Stage | None, str]] = {
    None: "subnet-00000000",
    "dev": "subnet-0000000d",
    "staging": "subnet-0000000a",
    "prod": "subnet-0000000b",
}
OPTIONS: Final = OperatorOptions(
    BlueprintOptions(
        RolePath="/mlops/",
        PermissionsBoundaryName="security/boundary",
        LogRetentionDays="90",
        FunctionConcurrency="20",
        FunctionSubnetIds=SUBNETS[None],
        FunctionSecurityGroupIds="sg-00000000",
    ),
    networks={stage: NetworkOptions(FunctionSubnetIds=SUBNETS[stage]) for stage in STAGES},
    log_kms_key_arn="arn:aws:kms:eu-west-1:111122223333:key/1234abcd",
    tags=TAGS,
)


@pytest.fixture
def here(settings: Settings) -> Settings:
    return replace(settings, launch=replace(settings.launch, options=OPTIONS))


@pytest.fixture
def everywhere(here: Settings) -> Settings:
    targets = {stage: StageTarget("111111111111", "ou-ab12-cd34ef56") for stage in STAGES}
    launch = replace(here.launch, multi_account=True)
    return replace(here, launch=launch, multi_account=MultiAccount(targets, "stage-deployer"))


def requested(body: Body, settings: Settings) -> PipelineRequest:
    request = BUILT_IN.parse(body, settings.launch).request
    return request.with_csv_headers(headers_of(request, settings.launch)) if isinstance(request, Monitor) else request


def planned(name: str, settings: Settings, ending: str = ".json") -> ProvisioningPlan:
    return requested(read_json(f"requests/{name}{ending}"), settings).plan(settings)


def values_of(plan: ProvisioningPlan) -> Values:
    """Values of the template that makes roles: a blueprint, or the pipeline's own where there is none."""
    blueprint = plan.deployment.blueprint
    return dict(blueprint.parameter_files[0].parameters if blueprint else plan.deployment.pipeline_parameters)


@pytest.mark.parametrize("name", TYPES)
def test_every_type_s_roles_get_path_and_boundary(name: str, here: Settings) -> None:
    wanted = {"RolePath": "/mlops/", "PermissionsBoundaryName": "security/boundary"}
    assert values_of(planned(name, here)).items() >= wanted.items()


@pytest.mark.parametrize("name", TYPES)
def test_functions_get_the_network_and_logs_the_retention_where_there_are_any(name: str, here: Settings) -> None:
    values = values_of(planned(name, here))
    assert values.get("LogRetentionDays", "90") == "90"
    assert values.get("FunctionConcurrency", "20") == "20"
    assert values.get("FunctionSubnetIds", SUBNETS[None]) == SUBNETS[None]
    assert values.get("FunctionSecurityGroupIds", "sg-00000000") == "sg-00000000"


@pytest.mark.parametrize("name", TYPES)
def test_logs_here_have_the_solution_s_key_and_apis_a_log(name: str, here: Settings) -> None:
    values = values_of(planned(name, here))
    assert ("LogKmsKeyArn" in values) == ("LogRetentionDays" in values)
    assert values.get("LogKmsKeyArn", OPTIONS.log_kms_key_arn) == OPTIONS.log_kms_key_arn
    assert values.get("ApiAccessLogs") == ("Yes" if "realtime" in name else None)


@pytest.mark.parametrize("is_multi", [False, True], ids=["single", "multi"])
@pytest.mark.parametrize("name", STAGED)
def test_other_tags_alone_leave_a_monitor_as_it_is(
    name: str, here: Settings, everywhere: Settings, *, is_multi: bool
) -> None:
    """Lesson 126: SageMaker tags a baseline's job when it is made, so another tag would be another baseline."""
    before, ending = (everywhere, ".multi.json") if is_multi else (here, ".json")
    options = replace(before.launch.options, tags=(("team", "another"),))
    after = replace(before, launch=replace(before.launch, options=options))
    packages = []
    for settings in (before, after):
        blueprint = planned(name, settings, ending).deployment.blueprint
        assert isinstance(blueprint, PackagedBlueprint)
        packages.append(blueprint.packed(b"Resources: {}"))
    assert packages[0].files != packages[1].files
    assert (packages[0].digest == packages[1].digest) is name.endswith("_monitor")


@pytest.mark.parametrize("name", STAGED)
def test_stages_have_neither(name: str, everywhere: Settings) -> None:
    """The key lets in the logs of its own account, and nobody has made a logging role for API Gateway in the others."""
    blueprint = planned(name, everywhere, ".multi.json").deployment.blueprint
    assert isinstance(blueprint, PackagedBlueprint)
    for file in blueprint.parameter_files:
        values = dict(file.parameters)
        assert values.get("LogKmsKeyArn", "") == ""
        assert values.get("ApiAccessLogs", "No") == "No"


@pytest.mark.parametrize("name", STAGED)
def test_each_stage_has_a_network_of_its_own(name: str, everywhere: Settings) -> None:
    blueprint = planned(name, everywhere, ".multi.json").deployment.blueprint
    assert isinstance(blueprint, PackagedBlueprint)
    for stage, file in zip(STAGES, blueprint.parameter_files, strict=True):
        values = dict(file.parameters)
        assert values["PermissionsBoundaryName"] == "security/boundary"
        assert values.get("FunctionSubnetIds", SUBNETS[stage]) == SUBNETS[stage]
        assert values.get("FunctionSecurityGroupIds", "") == ""


def test_what_was_not_decided_keeps_the_templates_defaults(settings: Settings) -> None:
    values = values_of(planned("byom_realtime_builtin", settings))
    assert {name: values[name] for name in ("RolePath", "PermissionsBoundaryName", "FunctionSubnetIds")} == {
        "RolePath": "/",
        "PermissionsBoundaryName": "",
        "FunctionSubnetIds": "",
    }


@pytest.mark.parametrize("name", TYPES)
def test_everything_of_a_pipeline_has_the_operator_s_tags(name: str, here: Settings) -> None:
    plan = planned(name, here)
    assert dict(plan.deployment.tags).items() >= dict(TAGS).items()
    if plan.deployment.blueprint is not None:
        (file,) = plan.deployment.blueprint.parameter_files
        assert json.loads(file.text())["Tags"].items() >= dict(TAGS).items()


@pytest.mark.parametrize("name", STAGED)
def test_so_it_has_in_every_stage(name: str, everywhere: Settings) -> None:
    blueprint = planned(name, everywhere, ".multi.json").deployment.blueprint
    assert isinstance(blueprint, PackagedBlueprint)
    by_file = json.loads(dict(blueprint.packed(b"template").files)[TAGS_FILE])
    assert len(by_file) == len(STAGES)
    for found in by_file.values():
        assert found.items() >= dict(TAGS).items()


JOB_TYPES: Final = ["byom_batch_builtin", "model_training_builtin", "model_tuner_builtin", "model_autopilot_training"]


@pytest.mark.parametrize("name", JOB_TYPES)
def test_jobs_that_cloudformation_cannot_make_have_them_too(name: str, here: Settings) -> None:
    sent = json.loads(values_of(planned(name, here))["Tags"])
    assert {"Key": "team", "Value": "harbour"} in sent


def test_tags_by_which_a_job_s_end_is_understood_stay(here: Settings) -> None:
    options = replace(OPTIONS, tags=(("pipeline_type", "theirs"), *TAGS))
    settings = replace(here, launch=replace(here.launch, options=options))
    sent = json.loads(values_of(planned("model_training_builtin", settings))["Tags"])
    assert [tag["Value"] for tag in sent if tag["Key"] == "pipeline_type"] == ["model_training_builtin"]


class TestTuning:
    def problems(self, settings: Settings, *keys: str) -> list[str]:
        body = read_json("requests/model_tuner_builtin.json")
        body["tuner_configs"]["tags"] = [{"Key": key, "Value": "x"} for key in keys]
        with pytest.raises(RefusedRequestError) as refused:
            requested(body, settings)
        assert {problem.key for problem in refused.value.problems} == {"tuner_configs.tags"}
        return [problem.problem for problem in refused.value.problems]

    def test_a_caller_cannot_take_the_place_of_an_operator_s_tag(self, here: Settings) -> None:
        assert self.problems(here, "team") == ["must not have team, which the orchestrator sets itself"]

    def test_all_tags_together_are_not_too_many(self, here: Settings) -> None:
        many = tuple((f"operator-{number}", "x") for number in range(20))
        settings = replace(here, launch=replace(here.launch, options=replace(OPTIONS, tags=many)))
        (problem,) = self.problems(settings, *(f"caller-{number}" for number in range(40)))
        own = len(OWN_TAGS) + 20
        assert problem == f"must be {40 + own - 50} fewer: AWS takes 50, of which the orchestrator sets {own}"
