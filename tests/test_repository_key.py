# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from scripts.launch import repository_key
from scripts.launch.launch_parameters import LaunchParameterError

KEY = {"ExistingKmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/one"}
OTHER = {"ExistingKmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/two"}
NO_KEY = {"ExistingKmsKeyArn": ""}
OWN = {"ExistingECRRepo": ""}
THEIRS = {"ExistingECRRepo": "team/vision"}


@pytest.mark.parametrize(
    ("given", "previous"),
    [
        (KEY, {**NO_KEY, **OWN}),
        (OTHER, {**KEY, **OWN}),
        (NO_KEY, {**KEY, **OWN}),
        # A stack of a version that did not know the parameter.
        (KEY, {"NotificationEmail": "ops@quayside.example.com"}),
    ],
)
def test_a_repository_of_the_stack_keeps_its_key(given: dict[str, str], previous: dict[str, str]) -> None:
    with pytest.raises(LaunchParameterError) as refused:
        repository_key.check(given, previous, "mlops-ecrrepository-1a2b")
    assert "--param ExistingECRRepo=mlops-ecrrepository-1a2b" in str(refused.value)


@pytest.mark.parametrize(
    ("given", "previous"),
    [
        (KEY, {}),
        ({}, {**KEY, **OWN}),
        (KEY, {**KEY, **OWN}),
        ({"LogLevel": "DEBUG"}, {**NO_KEY, **OWN}),
        (KEY, {**NO_KEY, **THEIRS}),
        ({**KEY, "ExistingECRRepo": "mlops-ecrrepository-1a2b"}, {**NO_KEY, **OWN}),
    ],
)
def test_what_replaces_no_repository_is_possible(given: dict[str, str], previous: dict[str, str]) -> None:
    repository_key.check(given, previous, "mlops-ecrrepository-1a2b")
