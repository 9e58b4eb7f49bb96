# SPDX-License-Identifier: Apache-2.0
"""What a package tells of its request, and what of that is not shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.aws.s3.objects import ReadPackage
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.plan.plan import PackagedBlueprint
from orchestrator.provisioned.awaited.packages import Package

Body = dict[str, Any]


@pytest.fixture
def blueprint(builtin: Body, settings: Settings) -> PackagedBlueprint:
    accepted = BUILT_IN.parse(builtin, settings.launch)
    found = accepted.request.plan(settings).sent_as(accepted.body).deployment.blueprint
    assert found is not None
    return found


def package(blueprint: PackagedBlueprint) -> Package:
    return Package(ReadPackage("", blueprint.packed(b"Resources: {}\n").zipped()), {})


def test_a_request_is_read_as_it_was_sent(blueprint: PackagedBlueprint, builtin: Body) -> None:
    assert package(blueprint).request(None) == builtin
    assert package(blueprint).masks().names == frozenset()


def test_secrets_are_not_shown_and_make_no_other_package(blueprint: PackagedBlueprint, builtin: Body) -> None:
    (file,) = blueprint.parameter_files
    secret = replace(blueprint, masked_keys=frozenset({"model_name"}))
    secret = replace(secret, parameter_files=(replace(file, masked=frozenset({"ModelName"})),))
    assert package(secret).request(None) == {key: value for key, value in builtin.items() if key != "model_name"}
    assert package(secret).masks().names == {"ModelName"}
    template = b"Resources: {}\n"
    assert secret.packed(template).digest == blueprint.packed(template).digest


def test_a_package_of_an_earlier_release_hides_what_might_be_secret(blueprint: PackagedBlueprint) -> None:
    earlier = package(replace(blueprint, request=b""))
    assert earlier.request(None) is None
    assert earlier.masks().names is None
    assert earlier.request(b'{"pipeline_type": "x"}') == {"pipeline_type": "x"}
