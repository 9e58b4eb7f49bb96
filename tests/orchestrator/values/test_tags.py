# SPDX-License-Identifier: Apache-2.0
"""Everything that pipelines make is tagged, so that it is found as one application and its costs are told apart."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from orchestrator import provision
from orchestrator.aws.cloudformation.stack_sets import Definition, Instance
from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Launch, MultiAccount, Settings, StageTarget
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.blueprints import BlueprintPipeline
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.built_in.monitors.monitors import Monitor
from orchestrator.plan.plan import TAGS_FILE, ProvisioningPlan
from orchestrator.stage_action import artifacts
from orchestrator.stage_action.decisions import Finished, Found, Progress, Update, Wanted, decide
from orchestrator.stage_action.jobs import UnusableJobError
from orchestrator.values import tags
from tests.orchestrator.monitoring import headers_of
from tests.orchestrator.stage_action.played_aws import zipped

REQUESTS: Final = Path(__file__).parents[2] / "requests"
TYPES: Final = [type_.type_name() for type_ in BUILT_IN]
STAGED: Final = [type_.type_name() for type_ in BUILT_IN if type_.runs_in_stages]
# https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
LEGAL: Final = re.compile(r"[\w .:/=+@-]{1,256}")

Body = dict[str, Any]


@pytest.fixture
def everywhere(settings: Settings, multi_account: Launch) -> Settings:
    """The settings of a multi-account orchestrator."""
    targets = {stage: StageTarget("111111111111", "ou-ab12-cd34ef56") for stage in ("dev", "staging", "prod")}
    return replace(settings, launch=multi_account, multi_account=MultiAccount(targets, "stage-deployer"))


def example(name: str, ending: str = ".json") -> Body:
    body: Body = json.loads((REQUESTS / f"{name}{ending}").read_text(encoding="utf-8"))
    return body


def requested(body: Body, settings: Settings) -> PipelineRequest:
    return BUILT_IN.parse(body, settings.launch).request


def planned(body: Body, settings: Settings) -> ProvisioningPlan:
    request = requested(body, settings)
    if isinstance(request, Monitor):
        request = request.with_csv_headers(headers_of(request, settings.launch))
    return request.plan(settings)


def expected(plan: ProvisioningPlan, stage: str, model: str) -> dict[str, str]:
    return {
        "mlops:application": "mlops",
        "mlops:pipeline": plan.deployment.stack_name,
        "mlops:stage": stage,
        "mlops:model": model,
    }


@pytest.mark.parametrize("name", TYPES)
def test_in_one_account_the_stacks_of_a_pipeline_are_tagged(name: str, settings: Settings) -> None:
    body = example(name)
    plan = planned(body, settings)
    wanted = expected(plan, "single", body.get("model_name") or body["ecr_repo_name"])
    assert dict(plan.deployment.tags) == wanted
    if plan.deployment.blueprint is not None:
        (file,) = plan.deployment.blueprint.parameter_files
        assert json.loads(file.text())["Tags"] == wanted


@pytest.mark.parametrize("name", STAGED)
def test_in_several_accounts_each_stage_has_its_own_tags(name: str, everywhere: Settings) -> None:
    body = example(name, ".multi.json")
    plan = planned(body, everywhere)
    assert dict(plan.deployment.tags) == expected(plan, "all", body["model_name"])
    assert plan.deployment.blueprint is not None
    members = dict(plan.deployment.blueprint.packed(b"template").files)
    assert json.loads(members[TAGS_FILE]) == {
        f"{stage}_template_params.json": expected(plan, stage, body["model_name"])
        for stage in ("dev", "staging", "prod")
    }


@pytest.mark.parametrize("name", [name for name in TYPES if name not in STAGED])
def test_what_runs_in_one_account_has_one_stage_also_beside_others(name: str, everywhere: Settings) -> None:
    plan = planned(example(name), everywhere)
    assert dict(plan.deployment.tags)["mlops:stage"] == "single"


JOB_TYPES: Final = ["byom_batch_builtin", "model_training_builtin", "model_tuner_builtin", "model_autopilot_training"]


@pytest.mark.parametrize("name", JOB_TYPES)
def test_jobs_that_cloudformation_cannot_make_are_tagged_by_their_request(name: str, settings: Settings) -> None:
    body = example(name)
    request = requested(body, settings)
    assert isinstance(request, BlueprintPipeline)
    sent = {tag["Key"]: tag["Value"] for tag in _job_tags(request, settings)}
    assert sent.items() >= expected(planned(body, settings), "single", body["model_name"]).items()


def test_with_all_that_a_caller_may_add_a_job_has_not_too_many_tags(settings: Settings) -> None:
    """SageMaker takes fifty."""
    own = [{"Key": f"team-{number}", "Value": "x"} for number in range(40)]
    body = example("model_tuner_builtin")
    body["tuner_configs"] = {**body["tuner_configs"], "tags": own}
    body["register"] = {"model_package_group_name": "berths"}
    request = requested(body, settings)
    assert isinstance(request, BlueprintPipeline)
    assert 44 < len(_job_tags(request, settings)) <= 50


def _job_tags(request: BlueprintPipeline, settings: Settings) -> list[Any]:
    found: list[Any] = json.loads(request.parameters(settings.launch, None).values_as_text()["Tags"])
    return found


@pytest.mark.parametrize("key", tags.KEYS)
def test_a_caller_cannot_take_the_place_of_a_tag(key: str, settings: Settings) -> None:
    body = example("model_tuner_builtin")
    body["tuner_configs"] = {**body["tuner_configs"], "tags": [{"Key": key, "Value": "mine"}]}
    with pytest.raises(RefusedRequestError) as refused:
        requested(body, settings)
    (problem,) = refused.value.problems
    assert (problem.key, "which the orchestrator sets itself" in problem.problem) == ("tuner_configs.tags", True)


def test_the_longest_names_make_legal_tags(settings: Settings) -> None:
    longest = {"model_name": "m" * 72}
    image = {"ecr_repo_name": "a/" * 127 + "b", "image_tag": "t" * 128}
    for body in (example("byom_realtime_builtin") | longest, example("byom_image_builder") | image):
        for key, value in planned(body, settings).deployment.tags:
            assert LEGAL.fullmatch(key)
            assert LEGAL.fullmatch(value)


def test_another_release_leaves_the_tags_of_what_is_deployed(settings: Settings) -> None:
    """Another tag of a monitor's baseline would be another baseline: SageMaker tags a job when it is made."""
    body = example("byom_data_quality_monitor")
    before, after = (planned(body, replace(settings, artifact_prefix=f"mlops/0.{n}.0")) for n in (1, 2))
    assert before.deployment.blueprint == after.deployment.blueprint


class TestPipelineStacks:
    @pytest.fixture
    def plan(self, aws: None, settings: Settings, builtin: Body) -> ProvisioningPlan:
        s3 = boto3.client("s3")
        place = {"LocationConstraint": "eu-west-1"}
        s3.create_bucket(Bucket=settings.launch.pipelines_bucket, CreateBucketConfiguration=place)
        return planned(builtin, settings)

    def stack_tags(self, plan: ProvisioningPlan) -> dict[str, str]:
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=plan.deployment.pipeline_stack_name)[
            "Stacks"
        ]
        return {tag["Key"]: tag["Value"] for tag in stack["Tags"]}

    def test_they_have_these_tags_beside_those_that_the_orchestrator_reads(
        self, plan: ProvisioningPlan, settings: Settings
    ) -> None:
        provision.provision(plan, settings)
        found = self.stack_tags(plan)
        assert found.items() >= dict(plan.deployment.tags).items()
        assert (
            found.items() >= {"stack_name": plan.deployment.pipeline_stack_name, "mlops:release": "mlops/0.1.0"}.items()
        )


class TestStages:
    PARAMETERS: Final = '[{"ParameterKey": "ModelName", "ParameterValue": "berths"}]'

    def definition(self, **members: str) -> Definition:
        package = zipped({"t.yaml": "Resources: {}", "dev.json": self.PARAMETERS, **members})
        return artifacts.definition(package, "t.yaml", "dev.json")

    def test_a_stage_reads_its_own_tags_and_sends_them(self) -> None:
        content = {"dev.json": {"mlops:stage": "dev"}, "prod.json": {"mlops:stage": "prod"}}
        found = self.definition(**{TAGS_FILE: json.dumps(content)})
        assert found.request()["Tags"] == [{"Key": "mlops:stage", "Value": "dev"}]

    def test_a_package_of_an_earlier_release_has_none(self) -> None:
        assert self.definition().tags == ()

    @pytest.mark.parametrize("content", ["[]", '{"dev.json": {"mlops:stage": 1}}', "{"])
    def test_other_tags_are_refused_in_words(self, content: str) -> None:
        with pytest.raises(UnusableJobError, match=TAGS_FILE):
            self.definition(**{TAGS_FILE: content})

    def test_other_tags_update_the_stacks_and_equal_ones_do_not(self) -> None:
        """In whatever order CloudFormation tells them."""
        wanted = Definition.of("t", [], [("mlops:stage", "dev"), ("mlops:model", "berths")])
        same = Definition.of("t", [], [("mlops:model", "berths"), ("mlops:stage", "dev")])
        there = Instance("111111111111", "eu-west-1", "CURRENT", "SUCCEEDED", "", "")

        def step(found: Definition) -> object:
            target = Wanted(wanted, ("ou-ab12-cd34ef56",), ("111111111111",), ("eu-west-1",))
            return decide(target, Found(found, (there,)), Progress())

        assert isinstance(step(Definition.of("t", [])), Update)
        assert step(same) == Finished()
