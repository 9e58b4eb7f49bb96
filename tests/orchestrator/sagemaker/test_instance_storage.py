# SPDX-License-Identifier: Apache-2.0
"""Lesson 72: the instance types whose volumes take no key, compared with what EC2 says of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import moto
import pytest

from orchestrator.sagemaker.instance_storage import has_local_storage

SHAPES = (
    "ProductionVariantInstanceType",
    "TransformInstanceType",
    "TrainingInstanceType",
    "ProcessingInstanceType",
)


def sagemaker_types() -> Iterator[str]:
    model = botocore.session.get_session().get_service_model("sagemaker")
    return (name for shape in SHAPES for name in model.shape_for(shape).enum)


def test_every_type_of_sagemaker_is_known_as_ec2_describes_it() -> None:
    """moto has EC2's answers to DescribeInstanceTypes; types that it does not have are looked up below."""
    # The local AWS, in whose process this may run, does without them.
    file = Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz"
    types = json.loads(gzip.decompress(file.read_bytes()))
    described = {name: types.get(name.removeprefix("ml.")) for name in sagemaker_types()}
    known = {name: bool(found["InstanceStorageSupported"]) for name, found in described.items() if found}
    assert len(known) > 200
    assert {name: has_local_storage(name) for name in known} == known


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        ("ml.dl1.24xlarge", True),
        ("ml.p6e-gb200.36xlarge", True),
        ("ml.p3.8xlarge", False),
        ("ml.p2.xlarge", False),
        ("ml.m6id.large", True),
        ("ml.r8gd.large", True),
        ("ml.c7i-flex.large", False),
    ],
)
def test_types_that_are_older_or_newer_than_that(instance_type: str, expected: bool) -> None:
    assert has_local_storage(instance_type) is expected
