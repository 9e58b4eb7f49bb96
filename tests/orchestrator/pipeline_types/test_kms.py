# SPDX-License-Identifier: Apache-2.0
"""The caller's key: which are accepted, and what each stage gets (compatibility 3; lessons 71 and 72)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.values.per_stage import STAGES
from tests.orchestrator.requesting import Body, accept, parameters_of, problems_of

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALIAS = "arn:aws:kms:eu-west-1:111122223333:alias/team/model_key-2"
STORES = "ml.g5.xlarge"
"""An instance type with local NVMe storage."""


def keys_of(parameters: dict[str, str]) -> tuple[str, str, str]:
    return parameters["KmsKeyArn"], parameters["KmsKeyAlias"], parameters["VolumeKmsKeyArn"]


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-iso-b", "aws-eusc"])
@pytest.mark.parametrize(
    "region",
    ["il-central-1", "me-south-1", "me-central-1", "af-south-1", "mx-central-1", "us-gov-west-1", "eusc-de-east-1"],
)
@pytest.mark.parametrize("resource", ["key/mrk-1234abcd12ab34cd56ef1234567890ab", "alias/a", "alias/team/model_key-2"])
def test_keys_and_aliases_of_all_regions_are_accepted(
    builtin: Body, launch: Launch, partition: str, region: str, resource: str
) -> None:
    """Lesson 71."""
    arn = f"arn:{partition}:kms:{region}:111122223333:{resource}"
    assert parameters_of(builtin, launch, kms_key_arn=arn)["KmsKeyArn"] == arn


@pytest.mark.parametrize(
    "value",
    [
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "alias/my-key",
        "arn:aws:kms:eu-west-1:111122223333:alias/",
        "arn:aws:kms:eu-west-1:111122223333:alias/*",
        "arn:aws:kms:eu-west-1:111122223333:key/*",
        "arn:aws:kms:eu-west-1::key/1234abcd",
        f"{ALIAS}\n",
        f"arn:aws:kms:eu-west-1:111122223333:alias/{'a' * 251}",
        7,
    ],
)
def test_anything_else_is_refused(builtin: Body, launch: Launch, value: Any) -> None:
    problems = problems_of({**builtin, "kms_key_arn": value}, launch)
    assert list(problems) == ["kms_key_arn"]
    assert "the ARN of a KMS key or of an alias" in problems["kms_key_arn"]


@pytest.mark.parametrize(
    ("instance", "key", "expected"),
    [
        ("ml.m5.large", "", ("", "", "")),
        ("ml.m5.large", KEY, (KEY, "", KEY)),
        ("ml.m5.large", ALIAS, (ALIAS, "alias/team/model_key-2", ALIAS)),
        (STORES, "", ("", "", "")),
        (STORES, KEY, (KEY, "", "")),
        (STORES, ALIAS, (ALIAS, "alias/team/model_key-2", "")),
    ],
)
def test_a_key_becomes_what_the_template_can_decide_by(
    custom: Body, launch: Launch, instance: str, key: str, expected: tuple[str, str, str]
) -> None:
    """Lesson 72: a volume of local storage takes no key; the captured data still do."""
    parameters = parameters_of(custom, launch, inference_instance=instance, kms_key_arn=key)
    assert keys_of(parameters) == expected


def test_each_stage_has_its_own(custom: Body, multi_account: Launch) -> None:
    instances = {"dev": "ml.m5.large", "staging": STORES, "prod": STORES}
    keys = {"dev": KEY, "staging": ALIAS, "prod": ""}
    changes = {"inference_instance": instances, "kms_key_arn": keys}
    found = [keys_of(parameters_of(custom, multi_account, stage, **changes)) for stage in STAGES]
    assert found == [(KEY, "", KEY), (ALIAS, "alias/team/model_key-2", ""), ("", "", "")]
    (warning,) = accept(custom, multi_account, **changes).warnings
    assert f"{STORES} (in staging)" in warning


def test_a_volume_that_goes_without_the_key_is_named(custom: Body, launch: Launch) -> None:
    """Lesson 72."""
    (warning,) = accept(custom, launch, inference_instance=STORES, kms_key_arn=KEY).warnings
    assert warning.startswith(f"inference_instance: {STORES} has local NVMe storage")


def test_one_value_for_all_stages_is_one_warning(custom: Body, multi_account: Launch) -> None:
    (warning,) = accept(custom, multi_account, inference_instance=STORES, kms_key_arn=KEY).warnings
    assert f"{STORES} (in dev, staging and prod)" in warning


@pytest.mark.parametrize(("instance", "key"), [(STORES, ""), ("ml.m5.large", KEY)])
def test_nothing_is_said_where_nothing_is_left_out(custom: Body, launch: Launch, instance: str, key: str) -> None:
    assert accept(custom, launch, inference_instance=instance, kms_key_arn=key).warnings == ()


def test_a_key_of_another_region_is_warned_about(builtin: Body, multi_account: Launch) -> None:
    keys = {"dev": KEY, "staging": KEY.replace("eu-west-1", "eu-north-1"), "prod": ""}
    (warning,) = accept(builtin, multi_account, kms_key_arn=keys).warnings
    assert warning.startswith("kms_key_arn.staging: ")
    assert "eu-north-1" in warning
