# SPDX-License-Identifier: Apache-2.0
"""A caller's key through the deployed orchestrator: what is encrypted, and what the answer says is not."""

from __future__ import annotations

import pytest

from tests.end_to_end.users import Orchestrator

ALIAS = "arn:aws:kms:us-east-1:123456789012:alias/team/models"


@pytest.fixture(autouse=True)
def alias(orchestrator: Orchestrator) -> None:
    """The alias and its key."""
    kms = orchestrator.client("kms")
    if not any(found["AliasArn"] == ALIAS for found in kms.list_aliases()["Aliases"]):
        key = kms.create_key(Description="of a team")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=ALIAS.rpartition(":")[2], TargetKeyId=key)


def test_a_pipeline_with_an_alias_is_deployed_and_encrypted(orchestrator: Orchestrator) -> None:
    """Lesson 71."""
    orchestrator.provisioned(orchestrator.request("keyed", kms_key_arn=ALIAS))
    outputs = orchestrator.outputs("mlops-pipeline-keyed-byompipelinerealtimebuiltin")
    configuration = orchestrator.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=outputs["SageMakerEndpointConfigName"]
    )
    assert configuration["KmsKeyId"] == configuration["DataCaptureConfig"]["KmsKeyId"] == ALIAS


def test_a_volume_that_takes_no_key_is_a_warning_of_a_good_answer(orchestrator: Orchestrator) -> None:
    """Lesson 72."""
    request = orchestrator.request(
        "keyed-volume", model_framework="pytorch", model_framework_version="2.1.0", inference_instance="ml.g5.xlarge",
        kms_key_arn=ALIAS, dry_run=True,
    )  # fmt: skip
    answer = orchestrator.provision(request)
    (warning,) = answer["warnings"]
    assert warning.startswith("inference_instance: ml.g5.xlarge has local NVMe storage")
    values = answer["plan"]["parameters"]["template_params.json"]
    assert (values["KmsKeyArn"], values["KmsKeyAlias"], values["VolumeKmsKeyArn"]) == (ALIAS, "alias/team/models", "")
