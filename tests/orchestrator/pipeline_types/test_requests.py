# SPDX-License-Identifier: Apache-2.0
"""Which requests are refused, in which words, and what becomes of those that are accepted."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.built_in.realtime_inference import RealtimeInference
from tests.orchestrator.requesting import GONE, Body, accept, changed, parameters_of, problems_of, request_of

MULTI_ACCOUNT = "multi_account"

# What is wrong with one key of an otherwise valid built-in request, and words that the answer must have.
WRONG_VALUES = [
    ("model_name", GONE, "is required: the name of your model"),
    ("model_name", "", "80"),
    ("model_name", "   ", "80"),
    ("model_name", None, "got null"),
    ("model_name", 7, "got 7"),
    ("model_name", ["a"], 'got ["a"]'),
    ("model_name", {"dev": "a"}, 'got {"dev": "a"}'),
    ("model_name", "a" * 81, "80"),
    ("model_name", "two words", "letters, digits"),
    ("model_name", "under_score", "letters, digits"),
    ("model_name", "-a", "inner hyphens"),
    ("model_name", "a-", "inner hyphens"),
    ("model_name", "h\u00fctte", "letters, digits"),
    ("model_name", "\ud800", 'got "\\ud800"'),
    ("inference_instance", GONE, "is required"),
    ("inference_instance", "", "ml.m5.large"),
    ("inference_instance", None, "got null"),
    ("inference_instance", 5, "got 5"),
    ("inference_instance", True, "got true"),
    ("inference_instance", ["ml.m5.large"], "ml.m5.large"),
    ("inference_instance", "m5.large", "ml.m5.large"),
    ("inference_instance", "ml.m5", "ml.m5.large"),
    ("inference_instance", "ml.m5.large ", "ml.m5.large"),
    ("inference_instance", "ml.m5.large\n", "ml.m5.large"),
    ("inference_instance", "ml.m5." + "x" * 60, "ml.m5.large"),
    ("data_capture_location", GONE, "is required"),
    ("data_capture_location", "", "without s3://"),
    ("data_capture_location", "s3://s3://bucket/prefix", "without s3://"),
    ("data_capture_location", "s3://bucket/*", "without wildcards"),
    ("data_capture_location", "s3:///prefix", "bucket"),
    ("data_capture_location", "//bucket/prefix", "bucket"),
    ("data_capture_location", "ab/prefix", "bucket"),
    ("data_capture_location", "Bucket/prefix", "bucket"),
    ("data_capture_location", "/prefix", "bucket"),
    ("data_capture_location", "bucket//prefix", "bucket"),
    ("data_capture_location", "bucket/*", "without wildcards"),
    ("data_capture_location", "bucket/a?b", "without wildcards"),
    ("data_capture_location", "bucket/${aws:username}", "without wildcards"),
    ("data_capture_location", "bucket/${AWS::AccountId}", "without wildcards"),
    ("data_capture_location", "bucket/a\nb", "bucket"),
    ("data_capture_location", "bucket/" + "k" * 1090, "bucket"),
    ("data_capture_location", 3, "got 3"),
    ("model_artifact_location", GONE, "is required: key of model.tar.gz"),
    ("model_artifact_location", "", "is required: key of model.tar.gz"),
    ("model_artifact_location", None, "got null"),
    ("model_artifact_location", "s3://bucket/*", "without bucket and s3://"),
    ("model_artifact_location", "s3://bucket/models/m.tar.gz", "without bucket and s3://"),
    ("model_artifact_location", "//models/m.tar.gz", "without bucket"),
    ("model_artifact_location", "s3://quayside-assets-too/m.tar.gz", "without bucket"),
    ("model_artifact_location", "models/*/m.tar.gz", "key of an object"),
    ("model_artifact_location", "models/${x}/m.tar.gz", "key of an object"),
    ("model_artifact_location", "k" * 1025, "key of an object"),
    ("model_framework", GONE, "is required"),
    ("model_framework", "", "is required"),
    ("model_framework", "xg boost", "built-in framework"),
    ("model_framework", "xgbost", 'did you mean "xgboost"'),
    ("model_framework", "nosuchthing", "It may be"),
    ("model_framework", 1, "got 1"),
    ("model_framework_version", GONE, "is required"),
    ("model_framework_version", "", "is required"),
    ("model_framework_version", "99.1-1", "It may be"),
    ("model_framework_version", 1.7, "as a string"),
    ("endpoint_name", None, "got null"),
    ("endpoint_name", "under_score", "inner hyphens"),
    ("endpoint_name", "-a", "inner hyphens"),
    ("endpoint_name", "a-", "inner hyphens"),
    ("endpoint_name", "a" * 64, "63"),
    ("endpoint_name", 12, "got 12"),
    ("kms_key_arn", None, "got null"),
    ("kms_key_arn", "alias/my-key", "ARN of a KMS key"),
    ("kms_key_arn", "arn:aws:kms:eu-west-1:1111:key/abc", "ARN of a KMS key"),
    ("kms_key_arn", "arn:aws:kms:eu-west-1:111122223333:key/*", "ARN of a KMS key"),
    ("dry_run", "true", "true or false"),
    ("dry_run", 1, "true or false"),
    ("dry_run", None, "true or false"),
]


@pytest.mark.parametrize(("key", "value", "words"), WRONG_VALUES)
def test_a_wrong_value_is_refused_by_its_key(builtin: Body, launch: Launch, key: str, value: Any, words: str) -> None:
    problems = problems_of(changed(builtin, {key: value}), launch)
    assert list(problems) == [key]
    assert words in problems[key]


@pytest.mark.parametrize("character", list('*?$\\"<>|{}^%`~#[]\n\t\x00\x7f'))
@pytest.mark.parametrize("key", ["data_capture_location", "model_artifact_location"])
def test_characters_that_mean_something_to_iam_or_s3_are_refused(
    builtin: Body, launch: Launch, key: str, character: str
) -> None:
    """They would widen or change the resource of a policy, at the start of a key as well as inside."""
    for prefix in (f"{character}ab", f"a{character}b", f"ab{character}"):
        location = f"bucket/{prefix}" if key == "data_capture_location" else prefix
        assert list(problems_of({**builtin, key: location}, launch)) == [key]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (GONE, "is required: URI of the container image"),
        ("", "is required"),
        (None, "got null"),
        ("my image:v1", "URI of a container image"),
        ("https://example.com/image", "URI of a container image"),
        ("444455556666.dkr.ecr.eu-west-1.amazonaws.com/", "URI of a container image"),
        ("a" * 256, "URI of a container image"),
        # No registry knows such a repository, and the ARN made of it is none.
        ("444455556666.dkr.ecr.eu-west-1.amazonaws.com/Vision:v1", "URI of a container image"),
    ],
)
def test_a_wrong_image_is_refused(custom: Body, launch: Launch, value: Any, words: str) -> None:
    problems = problems_of(changed(custom, {"custom_image_uri": value}), launch)
    assert list(problems) == ["custom_image_uri"]
    assert words in problems["custom_image_uri"]


@pytest.mark.parametrize("body", [None, [], [{"pipeline_type": "byom_realtime_builtin"}], "text", 5, True])
def test_only_an_object_is_a_request(body: Any, launch: Launch) -> None:
    problems = problems_of(body, launch)
    assert problems[""].startswith("the request must be a JSON object; got ")


@pytest.mark.parametrize(
    ("pipeline_type", "words"),
    [
        (GONE, "is required"),
        (None, "is required"),
        (4, "must be a string; got 4"),
        (["byom_realtime_builtin"], "must be a string"),
        ("", '"" is not known'),
        ("byom_realtime_builtins", "byom_realtime_builtin"),
        ("x" * 10_000, "is not known"),
        ("\ud800", '"\\ud800" is not known'),
    ],
)
def test_an_unknown_type_is_answered_with_the_known_ones(
    builtin: Body, launch: Launch, pipeline_type: Any, words: str
) -> None:
    problem = problems_of(changed(builtin, {"pipeline_type": pipeline_type}), launch)["pipeline_type"]
    assert words in problem
    assert len(problem) < 1000
    assert all(name in problem for name in BUILT_IN.names())


@pytest.mark.parametrize("spelling", [" byom_realtime_builtin ", "BYOM_Realtime_BuiltIn", "byom_realtime_builtin\n"])
def test_padding_and_case_of_the_type_do_not_matter(builtin: Body, launch: Launch, spelling: str) -> None:
    """Lesson 22."""
    assert request_of(builtin, launch, pipeline_type=spelling) == request_of(builtin, launch)


@pytest.mark.parametrize(
    ("known", "key"),
    [
        ("endpoint_name", "endpoint_nam"),
        ("endpoint_name", "Endpoint-Name"),
        ("endpoint_name", "EndpointName"),
        ("kms_key_arn", "kms_key"),
        ("dry_run", "dry-run"),
        ("inference_instance", "inference_type_of_instance"),
    ],
)
def test_a_misspelt_key_is_refused_with_the_right_one(builtin: Body, launch: Launch, known: str, key: str) -> None:
    """Whoever forgets a key under its name has written it under another one."""
    problems = problems_of(changed(builtin, {known: GONE, key: "x"}), launch)
    assert f"the nearest is {known}; remove or rename it" in problems[key]
    assert problems.keys() <= {known, key}


def test_a_key_of_another_type_is_ignored_with_a_warning(builtin: Body, custom: Body, launch: Launch) -> None:
    accepted = accept(builtin, launch, custom_image_uri="whatever it says: it is not read")
    assert accepted.request == request_of(builtin, launch)
    assert accepted.warnings == ("custom_image_uri has no meaning for byom_realtime_builtin and is ignored",)
    several = accept(custom, launch, model_framework_version=3, model_framework=None).warnings
    assert [warning.split()[0] for warning in several] == ["model_framework", "model_framework_version"]


def test_every_problem_is_named_at_once(builtin: Body, launch: Launch) -> None:
    """Not only the first one (compatibility 2.2), whatever kind they are of: value, missing, unknown, between keys."""
    changes = {
        "model_name": GONE,
        "inference_instance": "big",
        "data_capture_location": 5,
        "model_framework": "nosuchthing",
        "model_artifact_location": "",
        "endpoint_name": "-",
        "kms_key_anr": "x",
        "dry_run": "no",
    }
    assert set(problems_of(changed(builtin, changes), launch)) == set(changes)


def test_an_empty_request_lists_everything_it_needs(launch: Launch) -> None:
    needed = {"model_name", "inference_instance", "data_capture_location", "model_artifact_location"}
    builtin = problems_of({"pipeline_type": "byom_realtime_builtin"}, launch)
    custom = problems_of({"pipeline_type": "byom_realtime_custom"}, launch)
    assert set(builtin) == needed | {"model_framework", "model_framework_version"}
    assert set(custom) == needed | {"custom_image_uri"}
    assert all(problem.startswith("is required") for problem in (*builtin.values(), *custom.values()))


STAGE_KEYS = ["inference_instance", "data_capture_location", "endpoint_name", "kms_key_arn"]
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VALID = {
    "inference_instance": "ml.m5.large",
    "data_capture_location": "quayside-capture/x",
    "endpoint_name": "an-endpoint",
    "kms_key_arn": KEY_ARN,
}


@pytest.mark.parametrize("key", STAGE_KEYS)
@pytest.mark.parametrize("stages", [["dev", "staging", "prod"], ["dev"], []])
def test_a_single_account_has_no_stages(builtin: Body, launch: Launch, key: str, stages: list[str]) -> None:
    """Lesson 26."""
    problems = problems_of({**builtin, key: dict.fromkeys(stages, VALID[key])}, launch)
    assert list(problems) == [key]
    assert "there are no dev, staging and prod" in problems[key]


@pytest.mark.parametrize("key", STAGE_KEYS)
def test_every_stage_needs_a_value(builtin: Body, multi_account: Launch, key: str) -> None:
    """Lesson 26."""
    problems = problems_of({**builtin, key: {"dev": VALID[key], "prod": VALID[key]}}, multi_account)
    assert problems == {f"{key}.staging": "is missing: a value by stage needs dev, staging and prod"}


@pytest.mark.parametrize("key", STAGE_KEYS)
def test_a_wrong_value_of_a_stage_is_named_with_it(builtin: Body, multi_account: Launch, key: str) -> None:
    stages = {"dev": VALID[key], "staging": "not/a value*", "prod": None}
    assert set(problems_of({**builtin, key: stages}, multi_account)) == {f"{key}.staging", f"{key}.prod"}


def test_a_misspelt_stage_is_refused(builtin: Body, multi_account: Launch) -> None:
    stages = dict.fromkeys(("dev", "staging", "production"), "ml.m5.large")
    problems = problems_of({**builtin, "inference_instance": stages}, multi_account)
    assert problems["inference_instance.production"] == "is not a stage: give dev, staging and prod"


def test_a_stage_whose_instance_has_no_image_is_named(builtin: Body, multi_account: Launch) -> None:
    """Lessons 20 and 29: the image depends on the instance of each stage."""
    stages = {"dev": "ml.m5.large", "staging": "ml.c7g.large", "prod": "ml.m5.large"}
    problems = problems_of({**builtin, "inference_instance": stages}, multi_account)
    assert list(problems) == ["inference_instance.staging"]
    assert "Graviton" in problems["inference_instance.staging"]


def test_keys_that_are_not_by_stage_are_refused_with_stages(builtin: Body, multi_account: Launch) -> None:
    stages = dict.fromkeys(("dev", "staging", "prod"), "a")
    assert list(problems_of({**builtin, "model_name": stages}, multi_account)) == ["model_name"]


@pytest.mark.parametrize(
    ("given", "stage", "expected"),
    [
        ("ml.m5.large", "staging", "ml.m5.large"),
        ({"dev": "ml.t2.medium", "staging": "ml.m5.large", "prod": "ml.c5.xlarge"}, "dev", "ml.t2.medium"),
        ({"dev": "ml.t2.medium", "staging": "ml.m5.large", "prod": "ml.c5.xlarge"}, "prod", "ml.c5.xlarge"),
    ],
)
def test_each_stage_gets_its_value(builtin: Body, multi_account: Launch, given: Any, stage: Any, expected: str) -> None:
    assert parameters_of(builtin, multi_account, stage, inference_instance=given)["InferenceInstance"] == expected


XGBOOST = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
NORMALISED = [
    ("endpoint_name", "  Berth-LIVE ", "EndpointName", "berth-live"),
    ("endpoint_name", "", "EndpointName", ""),
    ("endpoint_name", "   ", "EndpointName", ""),
    ("model_name", " Berth-Occupancy ", "ModelName", "Berth-Occupancy"),
    ("data_capture_location", "quayside-capture/a/", "DataCaptureLocation", "quayside-capture/a"),
    ("data_capture_location", "quayside-capture/", "DataCaptureLocation", "quayside-capture"),
    ("data_capture_location", "quayside-capture", "DataCaptureLocation", "quayside-capture"),
    ("kms_key_arn", "", "KmsKeyArn", ""),
    (
        "model_framework",
        " XGBoost ",
        "ImageUri",
        "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1",
    ),
    ("model_package_name", "", "ModelPackageName", ""),
]


@pytest.mark.parametrize(("key", "value", "parameter", "expected"), NORMALISED)
def test_values_are_normalised(
    builtin: Body, launch: Launch, key: str, value: str, *, parameter: str, expected: str
) -> None:
    """Compatibility 2.10."""
    assert parameters_of(builtin, launch, **{key: value})[parameter] == expected


class TestImages:
    def test_every_built_in_image_is_a_valid_parameter(self) -> None:
        """What the look-up answers must not be refused by the template's own pattern."""
        expected = (Path(__file__).parents[1] / "image_uris_expected.json").read_text(encoding="utf-8")
        uris = set(re.findall(r'"([0-9]{12}\.dkr\.ecr\.[^"]+)"', expected))
        schema = RealtimeInference.template_parameters().model_json_schema()["properties"]["ImageUri"]
        assert uris
        assert [uri for uri in uris if not re.fullmatch(schema["pattern"], uri)] == []

    def test_a_private_image_s_own_repository_may_be_pulled(self, custom: Body, launch: Launch) -> None:
        parameters = parameters_of(custom, launch)
        assert parameters["ImageUri"] == custom["custom_image_uri"]
        expected = "arn:aws:ecr:eu-west-1:444455556666:repository/vision/hull-inspection"
        assert parameters["CustomAlgorithmsECRRepoArn"] == expected

    @pytest.mark.parametrize(
        "uri",
        [
            "444455556666.dkr.ecr.eu-west-1.amazonaws.com/a/b@sha256:" + "0f" * 32,
            "444455556666.dkr.ecr-fips.us-east-1.amazonaws.com/a/b:v1",
            "444455556666.dkr-ecr.us-east-1.on.aws/a/b",
        ],
    )
    def test_tags_digests_and_other_hosts_of_ecr_are_understood(self, custom: Body, launch: Launch, uri: str) -> None:
        arn = parameters_of(custom, launch, custom_image_uri=uri)["CustomAlgorithmsECRRepoArn"]
        assert arn.endswith(":444455556666:repository/a/b")

    @pytest.mark.parametrize(
        "uri", ["public.ecr.aws/team/image:v1", "registry.example.com:5000/team/image", "python:3.11", "team/image"]
    )
    def test_an_image_that_sagemaker_cannot_pull_is_refused(self, custom: Body, launch: Launch, uri: str) -> None:
        problems = problems_of({**custom, "custom_image_uri": uri}, launch)
        assert list(problems) == ["custom_image_uri"]
        assert "private Amazon ECR repository" in problems["custom_image_uri"]
        assert "push the image to the repository quayside-images" in problems["custom_image_uri"]

    def test_an_image_of_another_region_is_warned_about(self, custom: Body, launch: Launch) -> None:
        uri = "444455556666.dkr.ecr.eu-central-1.amazonaws.com/vision/hull-inspection:1"
        (warning,) = accept(custom, launch, custom_image_uri=uri).warnings
        assert warning.startswith("custom_image_uri: ")
        assert "eu-west-1" in warning
        assert "eu-central-1" in warning

    def test_the_repository_of_another_account_is_named_in_the_orchestrator_s_partition(
        self, custom: Body, launch: Launch
    ) -> None:
        uri = "999988887777.dkr.ecr.cn-north-1.amazonaws.com.cn/a:1"
        china = replace(launch, ecr_repository_arn="arn:aws-cn:ecr:cn-north-1:111122223333:repository/images")
        arn = parameters_of(custom, china, custom_image_uri=uri)["CustomAlgorithmsECRRepoArn"]
        assert arn == "arn:aws-cn:ecr:cn-north-1:999988887777:repository/a"

    @pytest.mark.parametrize(
        ("framework", "version", "instance"),
        [("pytorch", "2.1.0", "ml.g5.xlarge"), ("sklearn", "1.2-1", "ml.m5.large"), ("kmeans", "1", "ml.m5.large")],
    )
    def test_frameworks_that_need_an_instance_or_python_resolve(
        self, builtin: Body, launch: Launch, framework: str, version: str, instance: str
    ) -> None:
        """Lesson 29."""
        parameters = parameters_of(
            builtin,
            launch,
            model_framework=framework,
            model_framework_version=version,
            inference_instance=instance,
        )
        assert ".dkr.ecr.eu-west-1.amazonaws.com/" in parameters["ImageUri"]


class TestNames:
    def test_names_follow_from_model_and_type(self, builtin: Body, launch: Launch) -> None:
        """Compatibility 2.5."""
        request = request_of(builtin, launch, model_name=" Churn ")
        assert request.stack_name == "mlops-pipeline-churn-byompipelinerealtimebuiltin"
        assert request.pipeline_stack_name == "mlops-pipeline-churn-byompipelinerealtimebuiltin-codepipeline"

    def test_the_custom_type_has_its_own(self, custom: Body, launch: Launch) -> None:
        request = request_of(custom, launch)
        assert request.stack_name == "mlops-pipeline-hull-inspection-byompipelinerealtimecustom"

    def test_a_model_name_as_long_as_a_stack_name_allows_is_accepted(self, builtin: Body, launch: Launch) -> None:
        assert len(request_of(builtin, launch, model_name="m" * 72).pipeline_stack_name) == 128

    def test_a_longer_one_is_refused_with_the_length_that_fits(self, builtin: Body, launch: Launch) -> None:
        problems = problems_of({**builtin, "model_name": "m" * 73}, launch)
        assert problems == {"model_name": "must have 72 characters at most: it becomes part of a stack name"}
