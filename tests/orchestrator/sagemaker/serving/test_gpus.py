# SPDX-License-Identifier: Apache-2.0
"""The GPUs of each instance type that SageMaker has for endpoints, compared with what EC2 says of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import moto
import pytest

from orchestrator.sagemaker.serving import gpus


def for_endpoints() -> Iterator[str]:
    model = botocore.session.get_session().get_service_model("sagemaker")
    yield from model.shape_for("ProductionVariantInstanceType").enum


def described() -> dict[str, int]:
    """GPUs by type, by EC2's answers to DescribeInstanceTypes, which moto has; 0 for those without."""
    file = Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz"
    types = json.loads(gzip.decompress(file.read_bytes()))
    found = {name: types.get(name.removeprefix("ml.")) for name in for_endpoints()}
    return {
        name: sum(gpu["Count"] for gpu in one.get("GpuInfo", {}).get("Gpus", [])) for name, one in found.items() if one
    }


def test_every_type_has_the_gpus_that_ec2_tells() -> None:
    expected = described()
    assert sum(map(bool, expected.values())) > 40
    assert {name: gpus.count(name) or 0 for name in expected} == expected
    assert {name: gpus.has_gpus(name) for name in expected} == {name: number > 0 for name, number in expected.items()}


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [("ml.p2.16xlarge", 16), ("ml.p3.8xlarge", 4), ("ml.p6e-gb200.36xlarge", 4)],
)
def test_types_that_are_older_or_newer_than_that(instance_type: str, expected: int) -> None:
    """As the pages say that the module names."""
    assert instance_type not in described()
    assert gpus.count(instance_type) == expected


@pytest.mark.parametrize("instance_type", ["ml.g5.metal", "ml.p9.48xlarge", "ml.m5.large", ""])
def test_nothing_is_made_up_of_other_types(instance_type: str) -> None:
    assert gpus.count(instance_type) is None
