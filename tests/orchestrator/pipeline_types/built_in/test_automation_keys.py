# SPDX-License-Identifier: Apache-2.0
"""The keys that have something done by itself: what they need, what is stored, and that others cost nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.automation import instructions
from orchestrator.automation.instructions import Retrain
from orchestrator.launch.settings import Launch, Settings
from orchestrator.pipeline_types.packaged import PackagedPipeline
from orchestrator.plan.automation import NOTHING, of_tags
from orchestrator.plan.plan import Package
from tests.orchestrator.conftest import read_json
from tests.orchestrator.monitoring import BIAS, DATA, QUALITY, SHAP, example, informed, values_of
from tests.orchestrator.requesting import GONE, PACKAGE, Body, accept, changed, problems_of

RETRAIN = {"pipeline": "berth-occupancy/training"}
MERGED = {**RETRAIN, "data": "merged"}
EXAMPLES = sorted(path.name for path in (Path(__file__).parents[3] / "requests").glob("*.json"))


@pytest.fixture
def packaged(builtin: Body) -> Body:
    """A real-time pipeline of a model package."""
    own = ("model_artifact_location", "model_framework", "model_framework_version")
    return changed({**builtin, "model_package_name": PACKAGE}, dict.fromkeys(own, GONE))


def packed(request: Any, settings: Settings) -> Package:
    blueprint = request.planned_deployment(settings).blueprint
    assert blueprint is not None
    found: Package = blueprint.packed(b"Resources: {}\n")
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_request_without_the_keys_does_nothing_by_itself(name: str, launch: Launch) -> None:
    stages = replace(launch, multi_account=".multi." in name)
    request = accept(read_json(f"requests/{name}"), stages).request
    if isinstance(request, PackagedPipeline):
        assert request.automation(stages) == NOTHING
        assert request.retrained_by() is None


class TestRetrain:
    @pytest.mark.parametrize("kind", [DATA, QUALITY, BIAS, SHAP])
    def test_the_engine_of_each_stage_tells_of_the_instructions(self, kind: str, multi_account: Launch) -> None:
        body = example(kind, multi=True)
        request = informed(body, multi_account, retrain=RETRAIN)
        (stored,) = [each for each in request.objects(multi_account) if "/retrain/" in each.key]
        assert Retrain.model_validate_json(stored.content) == Retrain.model_validate(RETRAIN)
        for stage in ("dev", "staging", "prod"):
            key = values_of(body, multi_account, stage, retrain=RETRAIN)["EngineKey"]  # type: ignore[arg-type]
            told = instructions.told_by_engine(f"s3://{stored.bucket}/{key}")
            assert told is not None
            assert (told.common_name, told.key) == (request.stack_name, stored.key)
            assert f"/{stage}-" in key
            assert key in [each.key for each in request.objects(multi_account)]

    def test_without_it_the_engine_lies_where_it_lay(self, launch: Launch) -> None:
        key = values_of(example(DATA), launch)["EngineKey"]
        assert instructions.told_by_engine(f"s3://x/{key}") is None
        assert "/engine/single-" in key

    def test_it_changes_neither_baseline_nor_schedule(self, launch: Launch) -> None:
        before, after = values_of(example(DATA), launch), values_of(example(DATA), launch, retrain=RETRAIN)
        assert {name for name in before if before[name] != after[name]} == {"EngineKey"}

    def test_merged_data_has_a_folder_of_the_monitor_s_own(self, launch: Launch) -> None:
        before, after = values_of(example(QUALITY), launch), values_of(example(QUALITY), launch, retrain=MERGED)
        assert {name for name in before if before[name] != after[name]} == {"EngineKey", "RetrainingPrefix"}
        name = "mlops-pipeline-berth-occupancy-byommodelqualitymonitor"
        assert (before["RetrainingPrefix"], after["RetrainingPrefix"]) == ("", f"retraining/{name}")
        assert values_of(example(QUALITY), launch, retrain=RETRAIN)["RetrainingPrefix"] == ""

    @pytest.mark.parametrize("kind", [DATA, SHAP])
    def test_the_stack_has_it_in_its_tag(self, kind: str, launch: Launch) -> None:
        planned = informed(example(kind), launch, retrain=RETRAIN, baseline="follow").automation(launch)
        assert planned.tag == {"mlops:automation": "retrain baseline"}
        assert of_tags(planned.tag) == ("retrain", "baseline")

    @pytest.mark.parametrize("written", [{"monitor_engine": "sagemaker"}, {}], ids=["request", "launch"])
    def test_sagemaker_s_engine_is_refused_for_it(self, written: Body, launch: Launch) -> None:
        native = replace(launch, monitor_engine="open" if written else "sagemaker")
        problems = problems_of({**example(DATA), **written, "retrain": RETRAIN}, native)
        assert problems.keys() == {"retrain"}
        assert "needs the open engine" in problems["retrain"]

    @pytest.mark.parametrize("kind", [DATA, SHAP])
    def test_only_monitors_with_ground_truth_merge(self, kind: str, launch: Launch) -> None:
        assert (
            "only monitors of model quality"
            in problems_of({**example(kind), "retrain": MERGED}, launch)["retrain.data"]
        )

    @pytest.mark.parametrize("kind", [QUALITY, BIAS])
    def test_merged_data_of_stages_is_out_of_reach(self, kind: str, launch: Launch, multi_account: Launch) -> None:
        assert informed(example(kind), launch, retrain=MERGED).retrain
        problems = problems_of({**example(kind, multi=True), "retrain": MERGED}, multi_account)
        assert "the accounts of the stages" in problems["retrain.data"]

    @pytest.mark.parametrize(
        ("given", "key", "words"),
        [
            ("churn", "retrain", "must be an object with pipeline, on, cooldown"),
            ({"on": []}, "retrain.pipeline", "is required: id or name of the training pipeline"),
            ({**RETRAIN, "cooldown": "soon"}, "retrain.cooldown", "must be a number of hours or days"),
            ({**RETRAIN, "on": ["drift"]}, "retrain.on.0", "must be the name of a check of the open engine"),
            ({**RETRAIN, "coldown": "1 day"}, "retrain.coldown", "is not known, the nearest is cooldown"),
        ],
        ids=["text", "no-pipeline", "cooldown", "check", "misspelt"],
    )
    def test_a_mistake_is_told_in_words(self, given: Any, key: str, words: str, launch: Launch) -> None:
        assert words in problems_of({**example(DATA), "retrain": given}, launch)[key]

    def test_an_empty_text_is_a_key_left_out(self, launch: Launch) -> None:
        request = accept(example(DATA), launch, retrain="", baseline="").request
        assert isinstance(request, PackagedPipeline)
        assert request.automation(launch) == NOTHING

    def test_an_operator_who_wants_none_is_named(self, launch: Launch) -> None:
        (warning,) = accept(example(DATA), launch, retrain=RETRAIN).warnings
        assert "AutomaticRetraining=No" in warning
        assert accept(example(DATA), replace(launch, automatic_retraining=True), retrain=RETRAIN).warnings == ()

    def test_what_only_merged_data_has_is_ignored_without_it(self, launch: Launch) -> None:
        lax = replace(launch, automatic_retraining=True)
        given = {**RETRAIN, "days": 3, "minimum_rows": 10}
        told = accept(example(QUALITY), lax, retrain=given).warnings
        assert [text.split()[0] for text in told] == ["retrain.days", "retrain.minimum_rows"]
        assert accept(example(QUALITY), lax, retrain={**given, "data": "merged"}).warnings == ()


class TestBaseline:
    def test_a_monitor_is_found_by_its_endpoints(self, launch: Launch, multi_account: Launch) -> None:
        name = "mlops-pipeline-berth-occupancy-byomdataqualitymonitor"
        here = informed(example(DATA), launch, baseline="follow").automation(launch)
        assert here.follows == (f"followers/endpoints/berth-occupancy-live/{name}.json",)
        names = {"dev": "Berths-dev", "staging": "berths", "prod": "berths"}
        staged = informed(example(DATA, multi=True), multi_account, baseline="follow", endpoint_name=names)
        assert staged.automation(multi_account).follows == (f"followers/endpoints/berths/{name}.json",), (
            "what all stages get has been deployed to prod last"
        )

    def test_it_makes_another_package(self, settings: Settings) -> None:
        """Otherwise the pipeline's stored request, which says so, would be another's."""
        before = packed(informed(example(DATA), settings.launch), settings)
        after = packed(informed(example(DATA), settings.launch, baseline="follow"), settings)
        assert (before.files, before.digest) != (after.files, after.digest)
        assert before.digest != after.digest
        assert before.files == after.files

    def test_one_that_holds_predictions_cannot_follow(self, launch: Launch) -> None:
        assert "holds predictions" in problems_of({**example(QUALITY), "baseline": "follow"}, launch)["baseline"]
        for kind in (DATA, BIAS, SHAP):
            assert accept(example(kind), launch, baseline="follow").warnings == ()

    def test_it_follows_or_it_is_left_out(self, launch: Launch) -> None:
        assert problems_of({**example(DATA), "baseline": "stay"}, launch)["baseline"].startswith("must be follow")


class TestDeployOnApproval:
    def test_a_pipeline_is_found_by_the_group_of_its_version(self, packaged: Body, launch: Launch) -> None:
        request = accept(packaged, launch, deploy_on_approval=True).request
        assert isinstance(request, PackagedPipeline)
        planned = request.automation(launch)
        assert planned.follows == (f"followers/groups/berth-models/{request.stack_name}.json",)
        assert planned.tag == {"mlops:automation": "deploy_on_approval"}

    def test_it_makes_another_package_with_the_same_files(self, packaged: Body, settings: Settings) -> None:
        before = packed(accept(packaged, settings.launch).request, settings)
        after = packed(accept(packaged, settings.launch, deploy_on_approval=True).request, settings)
        assert before.digest != after.digest
        assert before.files == after.files
        assert (
            before.digest
            == packed(accept(packaged, settings.launch, deploy_on_approval=False).request, settings).digest
        )

    def test_it_needs_a_version_to_begin_with(self, builtin: Body, launch: Launch) -> None:
        problems = problems_of({**builtin, "deploy_on_approval": True}, launch)
        assert "needs model_package_name" in problems["deploy_on_approval"]

    @pytest.mark.parametrize(
        ("ours", "theirs"), [("111122223333", "444455556666"), ("eu-west-1", "us-east-1")], ids=["account", "region"]
    )
    def test_approvals_elsewhere_are_not_heard_of(self, packaged: Body, launch: Launch, ours: str, theirs: str) -> None:
        other = {**packaged, "model_package_name": PACKAGE.replace(ours, theirs), "deploy_on_approval": True}
        assert "own account and Region" in problems_of(other, launch)["deploy_on_approval"]

    @pytest.mark.parametrize("value", ["true", 1, "Yes"])
    def test_it_is_true_or_false(self, packaged: Body, launch: Launch, value: Any) -> None:
        problems = problems_of({**packaged, "deploy_on_approval": value}, launch)
        assert problems["deploy_on_approval"].startswith("must be true or false")
