# SPDX-License-Identifier: Apache-2.0
"""What SageMaker is asked for by a comparison: the caller's key for what it writes, and for volumes that take one."""

from __future__ import annotations

from typing import Any, Final

import pytest

from orchestrator.events.jobs import comparison
from orchestrator.events.jobs.versions import Source
from orchestrator.sagemaker import job_kinds
from orchestrator.sagemaker.registration import Instructions

JOB: Final = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/berths-1"
DEPLOYED: Final = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/berths/2"
KEY: Final = "arn:aws:kms:eu-west-1:111122223333:alias/harbour"


def keys_of(instance_type: str, key: str) -> tuple[str | None, str | None]:
    """The key of the results, and the key of the volumes."""
    asked = Instructions(
        model_package_group_name="berths",
        better_than="deployed",
        comparison_metric="mae",
        comparison_instance_type=instance_type,
    )
    source = Source(JOB, "berths", "mlops-pipeline-berths", "model_training_builtin")
    begun = comparison.begun(job_kinds.TRAINING, source, "instructions.json", DEPLOYED)
    training: dict[str, Any] = {
        "OutputDataConfig": {"S3OutputPath": "s3://a/out", **({"KmsKeyId": key} if key else {})}
    }
    request = comparison.transform_request(begun, "challenger", asked, training)
    assert request["TransformResources"]["InstanceType"] == instance_type
    return request["TransformOutput"].get("KmsKeyId"), request["TransformResources"].get("VolumeKmsKeyId")


@pytest.mark.parametrize(
    ("instance_type", "key", "keys"),
    [
        ("ml.m5.large", KEY, (KEY, KEY)),
        ("ml.g5.xlarge", KEY, (KEY, None)),
        ("ml.m5.large", "", (None, None)),
        ("ml.g5.xlarge", "", (None, None)),
    ],
    ids=["volume", "local-storage", "no-key", "neither"],
)
def test_volumes_have_the_key_where_they_take_one(
    instance_type: str, key: str, keys: tuple[str | None, str | None]
) -> None:
    """Lesson 72."""
    assert keys_of(instance_type, key) == keys
