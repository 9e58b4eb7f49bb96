# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.sagemaker import images
from orchestrator.sagemaker.images import (
    ImageQuery,
    Purpose,
    UnknownFrameworkError,
    UnknownImageError,
    UnknownInstanceError,
    UnknownRegionError,
    UnknownVersionError,
    frameworks,
    newest_first,
    resolve,
    superfluous_version,
    versions,
)

EXPECTED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "image_uris_expected.json").read_text(encoding="utf-8")
)

ALGORITHMS = [
    "blazingtext",
    "factorization-machines",
    "forecasting-deepar",
    "image-classification",
    "ipinsights",
    "kmeans",
    "knn",
    "lda",
    "linear-learner",
    "ntm",
    "object-detection",
    "object2vec",
    "pca",
    "randomcutforest",
    "semantic-segmentation",
    "seq2seq",
]


def query(  # noqa: PLR0917 - the order in which the cases below read best
    framework: str,
    version: str,
    instance_type: str | None = None,
    region: str = "us-east-1",
    purpose: Purpose = "inference",
    python_version: str | None = None,
) -> ImageQuery:
    return ImageQuery(framework, version, region, instance_type, purpose, python_version)


def path(*args: Any, **kwargs: Any) -> str:
    """The repository and tag of the image."""
    return resolve(query(*args, **kwargs)).split("/", 1)[1]


def refused(*args: Any, **kwargs: Any) -> UnknownImageError:
    with pytest.raises(UnknownImageError) as caught:
        resolve(query(*args, **kwargs))
    return caught.value


def test_answers_what_the_sdk_answers() -> None:
    differing = [(case, answer) for *case, uri in EXPECTED["uris"] if (answer := resolve(ImageQuery(*case))) != uri]
    assert differing == []


def test_table_knows_the_sdk_version_that_the_expectations_are_from() -> None:
    table = json.loads((Path(images.__file__).parents[1] / "data" / "image_uris.json").read_text(encoding="utf-8"))
    assert table["source"] == EXPECTED["source"]


@pytest.mark.parametrize(
    ("framework", "spellings"),
    [
        ("xgboost", "0.90-1 0.90-2 1 1.0-1 1.2-1 1.2-2 1.3-1 1.5-1 1.7-1 latest"),
        ("sklearn", "0.20.0 0.23-1 1.0-1 1.2-1"),
        ("sparkml-serving", "2.2 2.4 3.3"),
        *((algorithm, "1") for algorithm in ALGORITHMS),
    ],
)
def test_earlier_requests_resolve_without_an_instance_type(framework: str, spellings: str) -> None:
    for version in spellings.split():
        assert resolve(query(framework, version)).split("/")[1].split(":")[1].startswith(version)


def test_the_promised_example() -> None:
    uri = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.3-1"
    assert resolve(query("xgboost", "1.3-1", "ml.m5.large")) == uri


@pytest.mark.parametrize("framework", ["pytorch", "tensorflow", "mxnet", "huggingface", "autogluon", "chainer"])
@pytest.mark.parametrize("purpose", ["training", "inference"])
def test_frameworks_that_need_more_than_a_version_resolve(framework: str, purpose: Purpose) -> None:
    """Lesson 29: the look-up passed framework, version and Region only, so all of these ended in a 500."""
    version = next(
        version
        for version in versions(framework)
        if _resolves(query(framework, version, "ml.g5.xlarge", purpose=purpose))
    )
    assert "-gpu-py" in path(framework, version, "ml.g5.xlarge", purpose=purpose)


def _resolves(asked: ImageQuery) -> bool:
    try:
        resolve(asked)
    except UnknownImageError:
        return False
    return True


def test_short_version_means_the_newest_with_one_part_more() -> None:
    assert path("xgboost", "1.2") == "sagemaker-xgboost:1.2-2"
    assert path("sklearn", "1.2", "ml.m5.large") == "sagemaker-scikit-learn:1.2-1-cpu-py3"


def test_published_alias_keeps_its_own_tag() -> None:
    assert path("pytorch", "2.6", "ml.m5.large") == "pytorch-inference:2.6-cpu-py312"


def test_version_cut_after_its_first_part_is_not_completed() -> None:
    assert isinstance(refused("sparkml-serving", "2"), UnknownVersionError)


@pytest.mark.parametrize("version", ["1", "1.0", "latest", ""])
def test_framework_with_one_version_answers_to_its_other_names(version: str) -> None:
    assert path("kmeans", version) == "kmeans:1"


def test_framework_with_one_version_has_that_whatever_is_asked_for() -> None:
    """As in the SDK, by which the earlier solution found images."""
    assert path("kmeans", "2") == "kmeans:1"
    assert list(superfluous_version(query("kmeans", "2"))) == [
        "model_framework_version: kmeans has one version, 1, which is taken in place of 2"
    ]


@pytest.mark.parametrize(("framework", "version"), [("kmeans", "1"), ("kmeans", "1.0"), ("xgboost", "1.7-1")])
def test_a_version_that_there_is_is_not_superfluous(framework: str, version: str) -> None:
    assert list(superfluous_version(query(framework, version))) == []


@pytest.mark.parametrize("spelling", ["XGBoost", " xgboost ", "XGBOOST"])
def test_framework_name_is_normalised(spelling: str) -> None:
    assert path(spelling, "1.7-1") == "sagemaker-xgboost:1.7-1"


def test_underscores_in_a_framework_name_are_hyphens() -> None:
    assert path("linear_learner", "1") == "linear-learner:1"


@pytest.mark.parametrize(
    ("instance_type", "image"),
    [
        ("ml.m5.large", "pytorch-inference:1.12.1-cpu-py38"),
        ("ml.m7i-flex.large", "pytorch-inference:1.12.1-cpu-py38"),
        ("ml.g5.xlarge", "pytorch-inference:1.12.1-gpu-py38"),
        ("ml.p4d.24xlarge", "pytorch-inference:1.12.1-gpu-py38"),
        ("ml.p6e-gb200.36xlarge", "pytorch-inference:1.12.1-gpu-py38"),
        ("ml.c6g.large", "pytorch-inference-graviton:1.12.1-cpu-py38-ubuntu20.04-sagemaker"),
        ("ml.c7gn.large", "pytorch-inference-graviton:1.12.1-cpu-py38-ubuntu20.04-sagemaker"),
        ("ml.r8gd.large", "pytorch-inference-graviton:1.12.1-cpu-py38-ubuntu20.04-sagemaker"),
    ],
)
def test_image_suits_the_processor_of_the_instance(instance_type: str, image: str) -> None:
    assert path("pytorch", "1.12.1", instance_type) == image


def test_aws_chips_take_the_image_made_for_them() -> None:
    assert path("huggingface", "4.36.2", "ml.inf2.xlarge") == (
        "huggingface-pytorch-inference-neuronx:2.1.2-transformers4.36.2-neuronx-py310-sdk2.18.0-ubuntu20.04"
    )
    assert path("huggingface", "4.12", "ml.inf1.xlarge").startswith("huggingface-pytorch-inference-neuron:1.9.1-")
    assert path("pytorch", "1.11", "ml.trn1.2xlarge", purpose="training") == (
        "pytorch-training-neuron:1.11-neuron-py38-sdk2.4.0-ubuntu20.04"
    )


def test_family_with_a_build_of_its_own() -> None:
    assert path("pytorch", "1.6.0", "ml.p4d.24xlarge", purpose="training").endswith("-gpu-py36-cu110-ubuntu18.04")
    assert path("pytorch", "1.6.0", "ml.p3.2xlarge", purpose="training").endswith("-gpu-py36")


def test_newest_python_is_the_default() -> None:
    assert path("mxnet", "1.3.0", "ml.m5.large") == "sagemaker-mxnet:1.3.0-cpu-py3"
    assert path("mxnet", "1.3.0", "ml.m5.large", python_version="py2") == "sagemaker-mxnet:1.3.0-cpu-py2"


def test_python_is_ignored_where_the_image_names_none() -> None:
    assert path("xgboost", "1.7-1", python_version="py3") == "sagemaker-xgboost:1.7-1"


def test_python_that_the_version_lacks() -> None:
    error = refused("mxnet", "1.3.0", "ml.m5.large", python_version="py39")
    assert isinstance(error, UnknownVersionError)
    assert str(error) == 'mxnet 1.3.0 has no image with Python version "py39": it may be py2 and py3'


@pytest.mark.parametrize(
    ("version", "tag"),
    [
        ("4.26", "1.13.1-transformers4.26.0-cpu-py39-ubuntu20.04"),
        ("4.26.0", "1.13.1-transformers4.26.0-cpu-py39-ubuntu20.04"),
        ("4.26-pytorch1.13", "1.13-transformers4.26.0-cpu-py39-ubuntu20.04"),
        ("4.26.0-pytorch1.13.1", "1.13.1-transformers4.26.0-cpu-py39-ubuntu20.04"),
        ("4.26-tensorflow2.11.0", "2.11.0-transformers4.26.0-cpu-py39-ubuntu20.04"),
    ],
)
def test_hugging_face_version_may_name_its_base_framework(version: str, tag: str) -> None:
    assert path("huggingface", version, "ml.m5.large").split(":")[1] == tag


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-1", "492215442770.dkr.ecr.eu-central-1.amazonaws.com"),
        ("af-south-1", "510948584623.dkr.ecr.af-south-1.amazonaws.com"),
        ("cn-north-1", "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "414596584902.dkr.ecr.us-gov-west-1.amazonaws.com"),
        ("us-iso-east-1", "833128469047.dkr.ecr.us-iso-east-1.c2s.ic.gov"),
    ],
)
def test_each_region_has_its_account_and_suffix(region: str, host: str) -> None:
    assert resolve(query("xgboost", "1.7-1", region=region)).split("/")[0] == host


def test_monitor_images() -> None:
    assert resolve(query("model-monitor", "", purpose="processing")) == (
        "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
    )
    assert resolve(query("clarify", "1.0", purpose="processing")) == (
        "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
    )


def test_unknown_framework_lists_all_and_suggests_the_nearest() -> None:
    error = refused("xgbost", "1.7-1")
    assert (type(error), error.key) == (UnknownFrameworkError, "model_framework")
    assert str(error).startswith('no built-in image is named "xgbost"; did you mean "xgboost"? It may be autogluon, ')
    assert all(name in str(error) for name in frameworks("inference"))


def test_framework_without_an_image_for_the_purpose() -> None:
    error = refused("huggingface-llm", "3.0.1", "ml.g5.xlarge", purpose="training")
    assert (type(error), error.key) == (UnknownFrameworkError, "model_framework")
    assert str(error).startswith("huggingface-llm has images for inference only, not for training; those have: ")


def test_unknown_version_lists_the_newest_first_and_suggests_the_nearest() -> None:
    error = refused("xgboost", "1.7-9")
    assert (type(error), error.key) == (UnknownVersionError, "model_framework_version")
    assert str(error).startswith(
        'xgboost has no version "1.7-9" for inference; did you mean "1.7-1"? It may be 3.2-0, 3.0-5, 1.7-1, 1.5-1, '
    )


def test_long_list_of_versions_is_cut() -> None:
    text = str(refused("tensorflow", "0.1", "ml.m5.large"))
    listed, rest = text.split("It may be ")[1].split(", ... and ")
    assert len(listed.split(", ")) == 20
    assert int(rest.split(" ")[0]) > 0
    assert "did you mean" not in text


def test_unknown_region_lists_those_of_the_image() -> None:
    error = refused("xgboost", "1", region="us-east-9")
    assert (type(error), error.key) == (UnknownRegionError, "region")
    assert str(error).startswith('xgboost 1 has no image in Region "us-east-9"; did you mean "us-east-')
    assert "eu-central-1" in str(error)


def test_missing_instance_type_where_it_decides() -> None:
    error = refused("pytorch", "2.6")
    assert (type(error), error.key) == (UnknownInstanceError, "instance_type")
    assert str(error) == "pytorch 2.6 has different images for CPU and GPU instances: give the instance type"


@pytest.mark.parametrize(
    ("framework", "version", "instance_type", "purpose", "problem"),
    [
        ("sklearn", "1.2-1", "ml.g5.xlarge", "inference", "CPU instances, and ml.g5.xlarge is a GPU instance"),
        ("xgboost", "1.7-1", "ml.c7g.large", "inference", "x86 instances, and ml.c7g.large is a Graviton instance"),
        ("xgboost", "1.5-1", "ml.c7g.large", "training", "x86 instances, and ml.c7g.large is a Graviton instance"),
        ("pytorch", "2.6", "ml.trn1.2xlarge", "training", "and ml.trn1.2xlarge is a Trainium instance"),
        ("huggingface-llm-neuronx", "0.3.0", "ml.inf1.xlarge", "inference", "ml.inf2 instances, and"),
    ],
)
def test_instance_that_no_image_runs_on(
    framework: str, version: str, instance_type: str, purpose: Purpose, problem: str
) -> None:
    error = refused(framework, version, instance_type, purpose=purpose)
    assert (type(error), error.key) == (UnknownInstanceError, "instance_type")
    assert problem in str(error)


@pytest.mark.parametrize("instance_type", ["m5.large", "ml.m5", "large", "", "ml..large"])
def test_what_is_no_instance_type(instance_type: str) -> None:
    assert "is not an instance type of SageMaker" in str(refused("sklearn", "1.2-1", instance_type))


def test_versions_are_sorted_by_number() -> None:
    assert newest_first(["2.9", "latest", "2.10", "1.4-2", "1.4-2-py312"]) == (
        "2.10",
        "2.9",
        "1.4-2-py312",
        "1.4-2",
        "latest",
    )


def test_versions_of_a_framework_are_those_of_all_purposes_without_aliases() -> None:
    listed = versions("sklearn")
    assert {"1.4-2", "1.0-1", "1.9-0"} <= set(listed)
    assert "2.6" not in versions("pytorch")
    assert listed == newest_first(listed)


def test_versions_of_an_unknown_framework() -> None:
    with pytest.raises(UnknownFrameworkError, match='did you mean "pytorch"'):
        versions("pytorchh")


def test_frameworks_by_purpose() -> None:
    assert frameworks("processing") == ("clarify", "model-monitor")
    assert {"xgboost", "clarify"} <= set(frameworks())
    assert "clarify" not in frameworks("inference")
