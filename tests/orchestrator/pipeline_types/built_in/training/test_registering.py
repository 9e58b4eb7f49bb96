# SPDX-License-Identifier: Apache-2.0
"""`register` in a request: what is refused in which words, and the instructions that are stored for the job's end."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Final, Literal

import pytest

from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in.training.registering import Registering
from orchestrator.sagemaker.registration import Instructions
from tests.orchestrator.conftest import read_json
from tests.orchestrator.requesting import accept

Body = dict[str, Any]
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
OWN_IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/quayside-images:serve"
GROUP_ARN = "arn:aws:sagemaker:{region}:444455556666:model-package-group/berths"


class Trained(Registering):
    """Stand for any pipeline whose job is registered."""

    blueprint: ClassVar = "trained"
    postfix: ClassVar = "Trained"

    can_compare: ClassVar = True

    pipeline_type: Literal["trained"]

    def inference_image_uri(self, launch: Launch) -> str:
        return IMAGE


def body(register: Any, key: str = "register") -> Body:
    return {"pipeline_type": "trained", "model_name": "Berths", key: register}


def parsed(launch: Launch, register: Any) -> Trained:
    return Trained.parse(body(register), launch)


def problems_of(launch: Launch, request: Body) -> dict[str, str]:
    with pytest.raises(RefusedRequestError) as refused:
        Trained.parse(request, launch)
    return {problem.key: problem.problem for problem in refused.value.problems}


def stored(request: Trained, launch: Launch) -> Instructions:
    (found,) = request.objects(launch)
    assert (found.bucket, found.key) == (launch.pipelines_bucket, request.registration_key(launch))
    return Instructions.model_validate_json(found.content)


REFUSED = [
    ("berths", "register", "must be an object with model_package_group_name, "),
    (["berths"], "register", "must be an object with"),
    (None, "register", "must be an object with"),
    ({}, "register.model_package_group_name", "is required: name or ARN of the model package group"),
    ({"model_package_group_name": ""}, "register.model_package_group_name", "the name of a model package group"),
    ({"model_package_group_name": "-berths"}, "register.model_package_group_name", "inner hyphens"),
    ({"model_package_group_name": "b" * 64}, "register.model_package_group_name", "63 letters"),
    (
        {"model_package_group_name": "arn:aws:sagemaker:eu-west-1:111122223333:model/berths"},
        "register.model_package_group_name",
        "or the ARN of one",
    ),
    (
        {"model_package_group_name": GROUP_ARN.format(region="us-east-1")},
        "register.model_package_group_name",
        "must be a group of this Region, eu-west-1",
    ),
    ({"model_package_group": "berths"}, "register.model_package_group", "the nearest is model_package_group_name"),
    (
        {"approval_status": "approved"},
        "register.approval_status",
        "must be Approved, Rejected or PendingManualApproval",
    ),
    ({"metrics": "validation:auc"}, "register.metrics", "list"),
    ({"metrics": [""]}, "register.metrics.0", "the name of a metric of the job, such as validation:auc"),
    ({"metrics": ["m"] * 41}, "register.metrics", "at most 40 items"),
    ({"min_metric": 0.8}, "register.min_metric", "dictionary"),
    ({"min_metric": {"auc": "0.8"}}, "register.min_metric.auc", "must be a number"),
    ({"min_metric": {"auc": True}}, "register.min_metric.auc", "must be a number"),
    ({"max_metric": {"auc": 1e999}}, "register.max_metric.auc", "must be a number"),
    (
        {"min_metric": {"auc": 0.9}, "max_metric": {"auc": 0.8}},
        "register.min_metric.auc",
        "is above max_metric, which is 0.8: no model could ever pass",
    ),
    ({"inference_image_uri": "Not An Image"}, "register.inference_image_uri", "the URI of a container image"),
    ({"supported_content_types": []}, "register.supported_content_types", "at least 1 item"),
    ({"supported_content_types": ["csv"]}, "register.supported_content_types.0", "a MIME type, such as text/csv"),
    ({"supported_response_types": "text/csv"}, "register.supported_response_types", "list"),
    ({"description": "two\nlines"}, "register.description", "on one line"),
]


@pytest.mark.parametrize(("register", "key", "words"), REFUSED)
def test_what_sagemaker_would_refuse_is_refused_in_words(launch: Launch, register: Any, key: str, words: str) -> None:
    given = {"model_package_group_name": "berths", **register} if isinstance(register, dict) and register else register
    assert words in problems_of(launch, body(given))[key]


def test_every_problem_is_named_at_once(launch: Launch) -> None:
    wrong = {"approval_status": "yes", "min_metric": {"auc": None}, "descripton": "x"}
    assert problems_of(launch, {**body(wrong), "model_name": ""}).keys() == {
        "model_name",
        "register.model_package_group_name",
        "register.approval_status",
        "register.min_metric.auc",
        "register.descripton",
    }


def test_a_problem_has_the_spelling_of_the_request(launch: Launch) -> None:
    """Lesson 95. `registration` is the declared key, as `register` means something else to pydantic."""
    assert problems_of(launch, body({}, "registration")).keys() == {"registration.model_package_group_name"}
    both = {**body({"model_package_group_name": "berths"}), "registration": {"model_package_group_name": "berths"}}
    assert problems_of(launch, both).keys() == {"register"}


def test_a_range_of_one_value_can_hold(launch: Launch) -> None:
    gate = {"min_metric": {"auc": 0.8}, "max_metric": {"auc": 0.8, "rmse": 0.1}}
    assert parsed(launch, {"model_package_group_name": "berths", **gate})


def test_the_instructions_are_complete(launch: Launch) -> None:
    """The function that registers knows the stored file and nothing of the request.

    It is the file of releases without comparisons: a tag names its digest, and another tag would be another job.
    """
    found = stored(parsed(launch, {"model_package_group_name": "berths"}), launch)
    assert json.loads(found.as_json()) == {
        "model_package_group_name": "berths",
        "approval_status": "PendingManualApproval",
        "metrics": [],
        "min_metric": {},
        "max_metric": {},
        "inference_image_uri": IMAGE,
        "supported_content_types": ["text/csv"],
        "supported_response_types": ["text/csv"],
        "description": "",
    }


def test_what_is_given_is_kept(launch: Launch) -> None:
    given = {
        "model_package_group_name": GROUP_ARN.format(region="eu-west-1"),
        "approval_status": "Approved",
        "metrics": ["validation:auc"],
        "min_metric": {"validation:auc": 1},
        "max_metric": {"validation:rmse": -0.5},
        "inference_image_uri": OWN_IMAGE,
        "supported_content_types": ["application/json; charset=utf-8"],
        "supported_response_types": ["application/json"],
        "description": "Berths, every week",
    }
    assert json.loads(stored(parsed(launch, given), launch).as_json()) == given


COMPARED: Final = {"model_package_group_name": "berths", "better_than": "deployed", "comparison_metric": "auc"}


def test_a_comparison_is_kept(launch: Launch) -> None:
    given = {**COMPARED, "margin": 0.1}
    found = json.loads(stored(parsed(launch, given), launch).as_json())
    assert {**given, "comparison_instance_type": "ml.m5.large"}.items() <= found.items()


class TestComparisonInstance:
    """The instance type that asks both models is one of transform jobs."""

    KEY: Final = "register.comparison_instance_type"

    @pytest.mark.parametrize(
        ("instance_type", "words"),
        [
            (
                "ml.p5.48xlarge",
                "must be of a family that SageMaker has for transform jobs, such as ml.p3.2xlarge: ml.p5 is",
            ),
            ("ml.m5.3xlarge", "must be one of the sizes that SageMaker has of ml.m5 for transform jobs: large, xlarge"),
        ],
        ids=["family", "size"],
    )
    def test_one_that_cannot_be_is_refused(self, launch: Launch, instance_type: str, words: str) -> None:
        register = {**COMPARED, "comparison_instance_type": instance_type}
        assert problems_of(launch, body(register))[self.KEY].startswith(words)

    def test_without_a_comparison_it_means_nothing(self, launch: Launch) -> None:
        register = {"model_package_group_name": "berths", "comparison_instance_type": "ml.p5.48xlarge"}
        assert parsed(launch, register).compared_on == ""

    def test_an_unknown_family_is_a_warning(self, launch: Launch) -> None:
        register = {**COMPARED, "comparison_instance_type": "ml.z9.large"}
        (warning,) = parsed(launch, register).warnings(launch)
        assert warning.startswith(f"{self.KEY}: SageMaker was not known to offer ml.z9.large for transform jobs")

    def test_a_volume_that_goes_without_the_key_is_named(self, launch: Launch) -> None:
        training = read_json("requests/model_training_builtin.json")
        register = {**COMPARED, "comparison_instance_type": "ml.g5.xlarge"}
        changes = {"register": register, "content_type": "csv"}
        key = "arn:aws:kms:eu-west-1:111122223333:key/8c2d7e10-5b3f-4a61-9f27-0d4c6b1e93aa"
        found = [text for text in accept(training, launch, **changes, kms_key_arn=key).warnings if self.KEY in text]
        assert [text.partition(",")[0] for text in found] == [f"{self.KEY}: ml.g5.xlarge has local NVMe storage"]
        assert not any(self.KEY in text for text in accept(training, launch, **changes, kms_key_arn="").warnings)


def test_what_holds_no_rows_out_cannot_compare(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trained, "can_compare", False)
    assert problems_of(launch, body(COMPARED)) == {
        "register.better_than": "is for training and tuning, whose validation_data is held out"
    }


@pytest.mark.parametrize("register", ["", "left out"])
def test_nothing_is_registered_unless_asked(launch: Launch, register: str) -> None:
    request = body(register)
    if register:
        del request["register"]
    accepted = Trained.parse(request, launch)
    assert isinstance(accepted, Trained)
    assert (accepted.registration_key(launch), accepted.objects(launch)) == ("", ())


def test_the_key_follows_from_the_instructions_alone(launch: Launch) -> None:
    """A repeated request has the same tag, so that it starts no other job; a changed one has another."""
    asked = {"model_package_group_name": "berths", "min_metric": {"a": 1, "b": 2}}
    keys = [
        parsed(launch, register).registration_key(launch)
        for register in (asked, {**asked, "min_metric": {"b": 2, "a": 1}}, {**asked, "min_metric": {"a": 1}})
    ]
    assert keys[0] == keys[1] != keys[2]
    assert keys[0].startswith("provisioned/mlops-pipeline-berths-trained/registrations/")


def test_equal_instructions_are_equal_files(launch: Launch) -> None:
    content = parsed(launch, {"model_package_group_name": "berths"}).objects(launch)[0].content
    assert list(json.loads(content)) == sorted(json.loads(content))
