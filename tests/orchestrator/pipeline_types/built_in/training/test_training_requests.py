# SPDX-License-Identifier: Apache-2.0
"""Training requests: which are refused, in which words, and the parameters of those that are accepted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from tests.orchestrator.requesting import GONE, accept, changed, parameters_of, problems_of, request_of
from tests.orchestrator.training import TRAINING, TUNING

Body = dict[str, Any]
STACK = "mlops-pipeline-harbour-delay-modeltraining"
REQUIRED = (
    *("pipeline_type", "model_name", "training_data", "job_output_location", "model_framework"),
    *("model_framework_version", "algo_hyperparamaters"),
)
MINIMAL: Body = {key: TRAINING[key] for key in REQUIRED}


class TestParameters:
    def test_what_is_left_out_has_the_promised_default(self, launch: Launch) -> None:
        """Compatibility 3.10."""
        found = parameters_of(MINIMAL, launch)
        defaults = {
            "JobName": "",
            "JobNames": "harbour-delay-training-*",
            "ValidationData": "",
            "InstanceType": "ml.m4.xlarge",
            "JobInstanceCount": "1",
            "InstanceVolumeSize": "20",
            "EncryptInnerTraffic": "True",
            "MaxRuntimePerJob": "86400",
            "UseSpotInstances": "True",
            "MaxWaitTimeForSpotInstances": "172800",
            "ContentType": "csv",
            "S3DataType": "S3Prefix",
            "DataDistribution": "FullyReplicated",
            "CompressionType": "",
            "DataInputMode": "File",
            "DataRecordWrapping": "",
            "AttributeNames": "",
        }
        assert {name: found[name] for name in defaults} == defaults

    @pytest.mark.parametrize("key", ["training_data", "validation_data", "job_output_location"])
    def test_one_trailing_slash_is_dropped(self, launch: Launch, key: str) -> None:
        """Compatibility 2.10."""
        with_slash = parameters_of(TRAINING, launch, **{key: "some/prefix/"})
        assert with_slash == parameters_of(TRAINING, launch, **{key: "some/prefix"})

    def test_an_option_changes_its_own_parameter(self, launch: Launch) -> None:
        options: dict[str, tuple[Any, str]] = {
            "content_type": ("application/x-recordio; version=1", "ContentType"),
            "s3_data_type": ("ManifestFile", "S3DataType"),
            "data_distribution": ("ShardedByS3Key", "DataDistribution"),
            "compression_type": ("Gzip", "CompressionType"),
            "data_input_mode": ("Pipe", "DataInputMode"),
            "data_record_wrapping": ("RecordIO", "DataRecordWrapping"),
            "schedule_expression": ("rate(7 days)", "ScheduleExpression"),
        }
        found = parameters_of(TRAINING, launch, **{key: value for key, (value, _) in options.items()})
        assert {name: found[name] for _, name in options.values()} == {n: value for value, n in options.values()}

    def test_it_runs_once_in_the_orchestrator_s_account(self, launch: Launch, multi_account: Launch) -> None:
        """Compatibility 3.10: nothing is deployed to dev, staging and prod."""
        assert request_of(TRAINING, multi_account).stages(multi_account) == (None,)
        assert parameters_of(TRAINING, multi_account) == parameters_of(TRAINING, launch)

    def test_the_registry_option_changes_nothing(self, launch: Launch, with_registry: Launch) -> None:
        """Compatibility 3.10."""
        assert parameters_of(TRAINING, with_registry) == parameters_of(TRAINING, launch)


class TestSpellingOfValues:
    @pytest.mark.parametrize("given", [True, "True", "true", " TRUE "])
    @pytest.mark.parametrize("key", ["encrypt_inner_traffic", "use_spot_instances"])
    def test_true_has_several(self, launch: Launch, key: str, given: Any) -> None:
        name = {"encrypt_inner_traffic": "EncryptInnerTraffic", "use_spot_instances": "UseSpotInstances"}[key]
        assert parameters_of(TRAINING, launch, **{key: given})[name] == "True"

    @pytest.mark.parametrize("given", [False, "False", "false"])
    def test_so_has_false(self, launch: Launch, given: Any) -> None:
        found = parameters_of(TRAINING, launch, encrypt_inner_traffic=given, use_spot_instances=given)
        assert (found["EncryptInnerTraffic"], found["UseSpotInstances"]) == ("False", "False")

    @pytest.mark.parametrize("form", [int, str])
    def test_numbers_may_be_texts(self, launch: Launch, form: Any) -> None:
        numbers = {
            "instance_count": (3, "JobInstanceCount"),
            "instance_volume_size": (50, "InstanceVolumeSize"),
            "max_runtime_per_job": (900, "MaxRuntimePerJob"),
            "max_wait_time_spot_instances": (1800, "MaxWaitTimeForSpotInstances"),
        }
        found = parameters_of(TRAINING, launch, **{key: form(value) for key, (value, _) in numbers.items()})
        assert {name: found[name] for _, name in numbers.values()} == {n: str(v) for v, n in numbers.values()}

    @pytest.mark.parametrize("given", [["label", "x y"], '["label", "x y"]'])
    def test_attribute_names_may_be_json_text(self, launch: Launch, given: Any) -> None:
        """Compatibility 3.10."""
        manifest = {"s3_data_type": "AugmentedManifestFile", "data_input_mode": "Pipe"}
        found = parameters_of(TRAINING, launch, attribute_names=given, **manifest)
        assert json.loads(found["AttributeNames"]) == ["label", "x y"]


LIMITS = [
    ("instance_count", 1, 999),
    ("instance_volume_size", 1, 16_384),
    ("max_runtime_per_job", 600, 259_200),
    ("max_wait_time_spot_instances", 1, 259_200),
]


@pytest.mark.parametrize(("key", "least", "greatest"), LIMITS)
def test_numbers_have_limits(launch: Launch, key: str, least: int, greatest: int) -> None:
    """At each of them a value is taken, beyond it is not."""
    body = changed(MINIMAL, {"use_spot_instances": False})
    for value in (least, greatest):
        accept(body, launch, **{key: value})
    for value in (least - 1, greatest + 1):
        assert f"{least} to {greatest}; got {value}" in problems_of({**body, key: value}, launch)[key]


TEXT_LIMITS = [
    ("job_name", "j" * 63, "j" * 64),
    ("training_data", "k" * 800, "k" * 801),
    ("job_output_location", "k" * 800, "k" * 801),
    ("validation_data", "k" * 800, "k" * 801),
    ("content_type", "c" * 256, "c" * 257),
]


@pytest.mark.parametrize(("key", "longest", "longer"), TEXT_LIMITS)
def test_texts_have_limits(launch: Launch, key: str, longest: str, longer: str) -> None:
    accept(MINIMAL, launch, **{key: longest})
    assert list(problems_of({**MINIMAL, key: longer}, launch)) == [key]


WRONG_VALUES = [
    ("training_data", GONE, "is required: key or prefix of the training data"),
    ("training_data", "", "without bucket, s3://"),
    ("training_data", "s3://bucket/key", "without bucket, s3:// and wildcards"),
    ("training_data", "train/*.csv", "wildcards"),
    ("validation_data", None, "got null"),
    ("validation_data", "v/*.csv", "a key or prefix in the assets bucket, or empty"),
    ("validation_data", "s3://bucket/key", "without bucket, s3:// and wildcards"),
    ("job_output_location", GONE, "is required: prefix in the assets bucket"),
    ("algo_hyperparamaters", "eta=1", 'must be an object; got "eta=1"'),
    ("algo_hyperparamaters", None, "got null"),
    ("job_output_location", "s3://bucket/key/", "without bucket, s3:// and wildcards"),
    ("job_name", "under_score", "inner hyphens"),
    ("job_name", "-a", "inner hyphens"),
    ("job_name", 7, "got 7"),
    ("instance_type", "m5.large", "ml.m5.large"),
    ("instance_count", True, "got true"),
    ("instance_volume_size", True, "got true"),
    ("max_runtime_per_job", True, "got true"),
    ("max_wait_time_spot_instances", True, "got true"),
    ("max_wait_time_spot_instances", None, "got null"),
    ("instance_count", 1.5, "whole number of instances"),
    ("instance_count", "two", "whole number of instances"),
    ("encrypt_inner_traffic", "yes", "true or false"),
    ("encrypt_inner_traffic", 1, "true or false; got 1"),
    ("encrypt_inner_traffic", None, "true or false; got null"),
    ("content_type", 'csv"', "content type that the algorithm expects"),
    ("s3_data_type", "S3Key", "S3Prefix, ManifestFile or AugmentedManifestFile"),
    ("data_distribution", "Sharded", "FullyReplicated or ShardedByS3Key"),
    ("compression_type", "gzip", "None or Gzip"),
    ("data_input_mode", "Stream", "File, Pipe or FastFile"),
    ("data_record_wrapping", "TFRecord", "None or RecordIO"),
    ("attribute_names", "label", "one as JSON text"),
    ("attribute_names", '{"a": 1}', "one as JSON text"),
    ("attribute_names", ["a"] * 17, "16 names at most"),
    ("attribute_names", [""], "16 names at most"),
    ("metric_definitions", {"Name": "auc"}, "list"),
    ("schedule_expression", "daily", "cron(0 6 ? * MON-FRI *)"),
    ("kms_key_arn", "1234abcd", "ARN of a KMS key"),
]


@pytest.mark.parametrize(("key", "value", "words"), WRONG_VALUES)
def test_a_wrong_value_is_refused_by_its_key(launch: Launch, key: str, value: Any, words: str) -> None:
    problems = problems_of(changed(TRAINING, {key: value}), launch)
    assert list(problems) == [key]
    assert words in problems[key]


def test_everything_that_is_wrong_is_told_at_once(launch: Launch) -> None:
    """Fields, rules between fields that are valid, and unknown keys."""
    wrong = {
        "model_name": "two words",
        "training_data": "s3://x",
        "instance_count": 0,
        "encrypt_inner_traffic": "no",
        "model_framework": "xgbost",
        "max_runtime_per_job": 20_000,
        "attribute_names": ["label"],
        "algo_hyperparamaters": {"a": "x" * 2501, "b": "1\n2"},
        "metric_definitions": [{"Name": "m", "Regex": "m=(.*)"}] * 2,
        "kms_key_anr": "x",
    }
    assert problems_of({**TRAINING, **wrong}, launch).keys() == {
        *(wrong.keys() - {"algo_hyperparamaters", "max_runtime_per_job"}),
        "algo_hyperparamaters.a",
        "algo_hyperparamaters.b",
        "max_wait_time_spot_instances",
    }


class TestSpot:
    """Lesson 12."""

    @pytest.mark.parametrize(("wait", "is_refused"), [(7200, False), (7199, True)])
    def test_the_wait_includes_the_run(self, launch: Launch, wait: int, is_refused: bool) -> None:
        body = {**TRAINING, "max_wait_time_spot_instances": wait}
        if is_refused:
            assert "must be 7200 at least" in problems_of(body, launch)["max_wait_time_spot_instances"]
        else:
            assert parameters_of(body, launch)["MaxWaitTimeForSpotInstances"] == str(wait)

    @pytest.mark.parametrize(("run", "wait"), [(172_800, 172_800), (172_801, 172_801), (259_200, 259_200)])
    def test_the_default_wait_follows_a_long_run(self, launch: Launch, run: int, wait: int) -> None:
        found = parameters_of(MINIMAL, launch, max_runtime_per_job=run)
        assert found["MaxWaitTimeForSpotInstances"] == str(wait)

    def test_a_wait_that_is_given_does_not(self, launch: Launch) -> None:
        """Not even when it is the default's: the caller said so."""
        body = {**MINIMAL, "max_runtime_per_job": 259_200, "max_wait_time_spot_instances": 172_800}
        assert list(problems_of(body, launch)) == ["max_wait_time_spot_instances"]

    WITHOUT: Body = {**MINIMAL, "model_framework": "KMeans", "model_framework_version": "1"}  # noqa: RUF012

    def test_an_algorithm_without_checkpoints_has_instances_that_nobody_takes_away(self, launch: Launch) -> None:
        """Lesson 102."""
        assert parameters_of(self.WITHOUT, launch)["UseSpotInstances"] == "False"
        (warning,) = request_of(self.WITHOUT, launch).warnings(launch)
        assert warning.startswith("use_spot_instances: KMeans writes no checkpoints")

    def test_it_may_wait_an_hour_for_others(self, launch: Launch) -> None:
        body = {**self.WITHOUT, "use_spot_instances": True, "max_runtime_per_job": 1800}
        found = parameters_of(body, launch)
        assert (found["UseSpotInstances"], found["MaxWaitTimeForSpotInstances"]) == ("True", "3600")
        assert not list(request_of(body, launch).warnings(launch))

    @pytest.mark.parametrize(
        ("times", "keys"),
        [
            ({}, {"max_runtime_per_job"}),
            ({"max_runtime_per_job": 3600, "max_wait_time_spot_instances": 3601}, {"max_wait_time_spot_instances"}),
            ({"max_runtime_per_job": 3601, "max_wait_time_spot_instances": 3600}, {"max_runtime_per_job"}),
        ],
        ids=["defaults", "wait", "run"],
    )
    def test_and_no_longer(self, launch: Launch, times: Body, keys: set[str]) -> None:
        problems = problems_of({**self.WITHOUT, "use_spot_instances": True, **times}, launch)
        assert set(problems) == keys
        assert all("KMeans 1 writes no checkpoints" in words for words in problems.values())

    @pytest.mark.parametrize(
        ("framework", "version", "is_spot"),
        [
            ("xgboost", "1", False),
            ("xgboost", "latest", False),
            ("xgboost", "0.90-1", True),
            ("xgboost", "1.7-1", True),
            ("linear_learner", "1", False),
            ("image-classification", "1", True),
            ("pytorch", "2.1.0", True),
        ],
    )
    def test_what_writes_checkpoints_may_be_taken_away(
        self, launch: Launch, framework: str, version: str, is_spot: bool
    ) -> None:
        body = {**MINIMAL, "model_framework": framework, "model_framework_version": version}
        found = parameters_of(body, launch, instance_type="ml.g5.xlarge" if "image" in framework else "ml.m5.xlarge")
        assert found["UseSpotInstances"] == str(is_spot)

    def test_without_spot_instances_nobody_waits(self, launch: Launch) -> None:
        accept(TRAINING, launch, use_spot_instances=False, max_wait_time_spot_instances=1)


class TestManifests:
    MANIFEST: Body = {  # noqa: RUF012
        "s3_data_type": "AugmentedManifestFile",
        "attribute_names": ["label"],
        "data_input_mode": "Pipe",
    }

    @pytest.mark.parametrize(
        ("changes", "key"),
        [
            ({"attribute_names": GONE}, "attribute_names"),
            ({"s3_data_type": "ManifestFile"}, "attribute_names"),
            ({"data_input_mode": GONE}, "data_input_mode"),
            ({"data_input_mode": "FastFile"}, "data_input_mode"),
        ],
    )
    def test_an_augmented_one_is_streamed_and_says_what_to_hand_on(
        self, launch: Launch, changes: Body, key: str
    ) -> None:
        accept({**TRAINING, **self.MANIFEST}, launch)
        assert list(problems_of(changed({**TRAINING, **self.MANIFEST}, changes), launch)) == [key]

    @pytest.mark.parametrize(("key", "value"), [("compression_type", "Gzip"), ("data_record_wrapping", "RecordIO")])
    def test_what_has_no_effect_is_a_warning(self, launch: Launch, key: str, value: str) -> None:
        (warning,) = accept(TRAINING, launch, **{key: value}).warnings
        assert warning.startswith(f"{key}: SageMaker heeds it in Pipe mode only")
        assert accept(TRAINING, launch, **{key: value, "data_input_mode": "Pipe"}).warnings == ()


class TestNames:
    @pytest.mark.parametrize("model", ["Harbour", "m" * 80, "m" * 53 + "-" + "m" * 26])
    def test_a_name_that_is_made_fits(self, launch: Launch, model: str) -> None:
        """Lesson 10: with the eight digits that the function adds."""
        found = parameters_of(MINIMAL, launch, model_name=model)
        assert len(f"{found['JobNamePrefix']}-01234567") <= 63
        assert not found["JobNamePrefix"].endswith("-")
        assert found["JobNames"] == f"{found['JobNamePrefix']}-*".lower()

    def test_nothing_in_it_is_random(self, launch: Launch) -> None:
        """Lesson 31."""
        assert parameters_of(MINIMAL, launch) == parameters_of(dict(reversed(MINIMAL.items())), launch)

    def test_the_stack_s_name_is_as_promised(self, launch: Launch) -> None:
        """Compatibility 2.5."""
        assert request_of(TRAINING, launch).stack_name == STACK
        assert request_of(TUNING, launch).stack_name == "mlops-pipeline-harbour-delay-tunertraining"


class TestKey:
    KEY = "arn:aws:kms:eu-west-1:111122223333:key/6f0c1f6a-0000-4c6e-9f0e-2b5f3a7d1e11"

    def test_it_reaches_output_and_volume(self, launch: Launch) -> None:
        found = parameters_of(TRAINING, launch, kms_key_arn=self.KEY)
        assert (found["KmsKeyArn"], found["VolumeKmsKeyArn"]) == (self.KEY, self.KEY)

    def test_an_instance_with_local_storage_takes_none_for_its_volume(self, launch: Launch) -> None:
        """Lesson 72."""
        found = parameters_of(TRAINING, launch, kms_key_arn=self.KEY, instance_type="ml.g4dn.xlarge")
        assert (found["KmsKeyArn"], found["VolumeKmsKeyArn"]) == (self.KEY, "")
