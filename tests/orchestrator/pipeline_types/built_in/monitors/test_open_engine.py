# SPDX-License-Identifier: Apache-2.0
"""Monitors on the open engine: what requests may say, and what their blueprints are sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in.monitors import engine_archive
from orchestrator.plan.plan import PlannedObject
from orchestrator.values.per_stage import STAGES
from tests.orchestrator.monitoring import ALL, BIAS, DATA, QUALITY, SHAP, example, informed, values_of
from tests.orchestrator.requesting import accept, changed, problems_of

KEY: Final = "arn:aws:kms:eu-west-1:{}:key/1a2b"


@pytest.mark.parametrize("pipeline_type", ALL)
class TestChoice:
    def test_the_launch_decides_where_the_request_does_not(
        self, launch: Launch, opened: Launch, pipeline_type: str
    ) -> None:
        native = informed(example(pipeline_type), launch).blueprint_source(launch).path
        is_open = informed(example(pipeline_type), opened).blueprint_source(opened).path
        name = pipeline_type.removeprefix("byom_")
        assert (native, is_open) == (f"blueprints/{name}.yaml", f"blueprints/open_{name}.yaml")

    @pytest.mark.parametrize("spelling", ["sagemaker", "SageMaker", " SAGEMAKER "])
    def test_the_request_decides_first(self, opened: Launch, pipeline_type: str, spelling: str) -> None:
        request = informed(example(pipeline_type), opened, monitor_engine=spelling)
        assert request.engine(opened).name == "sagemaker"
        native = replace(opened, monitor_engine="sagemaker")
        expected = informed(example(pipeline_type), native).parameters(native, None)
        assert request.parameters(opened, None) == expected

    def test_another_engine_is_no_engine(self, opened: Launch, pipeline_type: str) -> None:
        found = problems_of(changed(example(pipeline_type), {"monitor_engine": "evidently"}), opened)
        assert found == {"monitor_engine": 'must be open or sagemaker; got "evidently"'}

    def test_each_has_a_baseline_and_a_schedule_of_its_own(
        self, launch: Launch, opened: Launch, pipeline_type: str
    ) -> None:
        native, is_open = (values_of(example(pipeline_type), one) for one in (launch, opened))
        for name in ("MonitoringScheduleName", "BaselineJobOutputLocation"):
            assert native[name] != is_open[name]
            assert native[name][:-4] == is_open[name][:-4]

    def test_another_engine_in_a_release_is_no_other_baseline(
        self, opened: Launch, pipeline_type: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = values_of(example(pipeline_type), opened)
        monkeypatch.setattr(engine_archive, "packed", lambda: engine_archive.Archive(b"another"))
        after = values_of(example(pipeline_type), opened)
        assert {name for name in before if before[name] != after[name]} == {"EngineKey", "EngineDigest"}

    def test_the_image_is_sagemaker_s_own_for_scikit_learn(self, opened: Launch, pipeline_type: str) -> None:
        image = values_of(example(pipeline_type), opened)["ImageUri"]
        repository = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn"
        assert image == f"{repository}:1.4-2-py312-cpu-py3"


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "eu-south-2"])
def test_a_region_without_model_monitor_makes_no_difference(opened: Launch, region: str) -> None:
    there = replace(opened, region=region)
    accepted = accept(example(DATA), there)
    assert accepted.warnings == ()


class TestArchive:
    def planned(self, launch: Launch, pipeline_type: str = DATA, **changes: Any) -> tuple[PlannedObject, ...]:
        body = example(pipeline_type, multi=launch.multi_account)
        return informed(body, launch, **changes).objects(launch)

    def test_it_is_where_the_template_looks(self, opened: Launch) -> None:
        (planned,) = self.planned(opened)
        values = values_of(example(DATA), opened)
        assert (planned.bucket, planned.key) == (values["PipelinesBucket"], values["EngineKey"])
        folder = "provisioned/mlops-pipeline-berth-occupancy-byomdataqualitymonitor/engine/single-"
        assert planned.key.startswith(folder)
        assert planned.key.endswith("/monitor_engine.zip")
        assert planned.content == engine_archive.packed().content
        assert values["EngineDigest"] == engine_archive.packed().digest

    def test_there_is_one_for_each_stage_with_the_stage_s_key(self, opened_in_stages: Launch) -> None:
        keys = {stage: KEY.format(str(number) * 12) for number, stage in enumerate(STAGES, 1)}
        objects = self.planned(opened_in_stages, QUALITY, kms_key_arn=keys)
        assert [planned.kms_key_arn for planned in objects] == [keys[stage] for stage in STAGES]
        body = changed(example(QUALITY, multi=True), {"kms_key_arn": keys})
        found = [values_of(body, opened_in_stages, stage)["EngineKey"] for stage in STAGES]
        assert found == [planned.key for planned in objects]

    @pytest.mark.parametrize("pipeline_type", [BIAS, SHAP])
    def test_it_comes_with_the_configurations(self, opened: Launch, pipeline_type: str) -> None:
        kinds = [planned.key.rpartition("/")[2] for planned in self.planned(opened, pipeline_type)]
        assert kinds == ["analysis_config.json", "analysis_config.json", "monitor_engine.zip"]

    @pytest.mark.parametrize("pipeline_type", [DATA, QUALITY])
    def test_sagemaker_s_engine_has_none(self, launch: Launch, pipeline_type: str) -> None:
        assert self.planned(launch, pipeline_type) == ()

    def test_people_see_its_size_and_digest(self, opened: Launch) -> None:
        (planned,) = self.planned(opened)
        digest = engine_archive.packed().digest
        assert planned.shown == f"zip archive of {len(planned.content):,} bytes, SHA-256 {digest}"


class TestSchedules:
    @pytest.mark.parametrize(
        ("expression", "seconds"),
        [
            ("rate(5 minutes)", "300"),
            ("rate(1 day)", "86400"),
            ("cron(0 * ? * * *)", "3600"),
            ("cron(0/15 * ? * * *)", "900"),
            ("cron(0 6/6 ? * * *)", "43200"),
            ("cron(0 6,7 ? * * *)", "82800"),
            ("cron(30 6 ? * MON-FRI *)", "259200"),
            ("cron(0 6 ? * THU-MON *)", "259200"),
            ("cron(0 6 ? * MON *)", ""),
            ("cron(0 6 L * ? *)", ""),
            ("cron(0 6 ? * 2#1 *)", ""),
            ("cron(0 0 29 FEB ? 2028)", ""),
        ],
    )
    def test_any_of_scheduler_s_are_taken(self, opened: Launch, expression: str, seconds: str) -> None:
        """The alarm on missing runs is for the longest time between two; beyond its limit there is none."""
        values = values_of(example(DATA), opened, schedule_expression=expression)
        assert (values["ScheduleExpression"], values["SchedulePeriodSeconds"]) == (expression, seconds)

    @pytest.mark.parametrize(
        "expression",
        [
            "",
            "NOW",
            pytest.param("at(2027-01-01T00:00:00)", id="once"),
            "cron(0 24 ? * * *)",
            "cron(0 6 * * * *)",
            "rate(0 days)",
            "0 * * * *",
        ],
    )
    def test_what_never_fires_again_is_refused(self, opened: Launch, expression: str) -> None:
        found = problems_of(changed(example(DATA), {"schedule_expression": expression}), opened)
        assert found["schedule_expression"].startswith("must be rate(value unit), or cron(")

    def test_a_run_may_take_longer_than_the_time_to_the_next(self, opened: Launch) -> None:
        changes = {"schedule_expression": "rate(1 hour)", "monitor_max_runtime_seconds": 86400}
        assert accept(example(QUALITY), opened, **changes).warnings == ()

    def test_with_sagemaker_s_engine_they_are_model_monitor_s(self, opened: Launch) -> None:
        changes = {"schedule_expression": "rate(1 hour)", "monitor_engine": "sagemaker"}
        found = problems_of(changed(example(DATA), changes), opened)
        assert found["schedule_expression"].endswith('with SageMaker\'s engine; got "rate(1 hour)"')


class TestInstances:
    def test_one_does_the_work_and_a_warning_says_so(self, opened: Launch) -> None:
        (warning,) = accept(example(DATA), opened, instance_count=4).warnings
        assert warning.startswith("instance_count: the open engine streams the data on one instance")
        one, four = (values_of(example(DATA), opened, instance_count=count) for count in (1, 4))
        assert one == four

    def test_each_stage_s_own_is_said(self, opened_in_stages: Launch) -> None:
        counts = {"dev": 1, "staging": 2, "prod": 3}
        warnings = accept(example(DATA, multi=True), opened_in_stages, instance_count=counts).warnings
        assert [warning.split(":")[0] for warning in warnings] == ["instance_count.staging", "instance_count.prod"]


class TestLengths:
    """An environment variable of a job has 256 characters; a longer one would fail each run."""

    def test_excluded_features_may_have_that_many(self, opened: Launch) -> None:
        indexes = list(range(1000, 1051))
        assert len(",".join(map(str, indexes))) == 254
        assert accept(example(DATA), opened, features_to_ignore=indexes)
        found = problems_of(changed(example(DATA), {"features_to_ignore": [*indexes, 1051]}), opened)
        assert found["features_to_ignore"].startswith("must be 3 characters shorter")

    @pytest.mark.parametrize(
        ("key", "rest"),
        [
            ("data_capture_location", "berth-occupancy-live"),
            ("monitoring_output_location", "berth-occupancy-live/berth-occupancy-live-modelquality-0000"),
            ("baseline_job_output_location", "berth-occupancy-live-modelquality-0000/constraints.json"),
            ("monitor_ground_truth_input", ""),
        ],
    )
    def test_locations_with_what_follows_them_may_have_that_many(self, opened: Launch, key: str, rest: str) -> None:
        begins = "quayside-monitoring/"
        room = 256 - len(f"s3://{begins}/{rest}".rstrip("/") if rest else f"s3://{begins}")
        assert accept(example(QUALITY), opened, **{key: begins + "x" * room})
        too_long = {key: begins + "x" * (room + 2)}
        found = problems_of(changed(example(QUALITY), too_long), opened)
        assert list(found) == [key]
        assert found[key].startswith("must be 2 characters shorter: a job of the open engine gets ")
        assert accept(example(QUALITY), opened, **too_long, monitor_engine="sagemaker")

    def test_configurations_are_found_by_the_model_s_name(self, opened: Launch) -> None:
        there = replace(opened, pipelines_bucket="p" * 63)
        name = "m" * 60
        found = problems_of(changed(example(BIAS), {"model_name": name}), there)
        assert found["model_name"].startswith("must be ")
        assert accept(example(BIAS), opened, model_name="m" * 30)
