# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from generator.root import orchestrator
from orchestrator import settings
from orchestrator.settings import Settings

VARIABLES = {
    "AWS_REGION": "il-central-1",
    "MULTI_ACCOUNT": "No",
    "USE_MODEL_REGISTRY": "Yes",
    "ASSETS_BUCKET": "a-assets",
    "ECR_REPOSITORY_ARN": "arn:aws:ecr:il-central-1:111122223333:repository/r",
    "PIPELINES_BUCKET": "a-pipelines",
    "ARTIFACT_BUCKET": "a-artifacts",
    "ARTIFACT_PREFIX": "mlops/2.0",
    "URL_SUFFIX": "amazonaws.com.cn",
    "PIPELINE_STACK_ROLE_ARN": "arn:aws:iam::111122223333:role/one",
    "PIPELINE_ROLE_ARN": "arn:aws:iam::111122223333:role/two",
    "DEPLOY_ROLE_ARN": "arn:aws:iam::111122223333:role/three",
    "NOTIFICATIONS_TOPIC_ARN": "arn:aws:sns:il-central-1:111122223333:t",
    "ALLOW_DETAILED_ERROR_MESSAGE": "No",
}


def test_settings_come_from_the_environment() -> None:
    read = settings.read(VARIABLES)
    assert read.launch.region == "il-central-1"
    assert (read.launch.multi_account, read.launch.use_model_registry) == (False, True)
    assert not read.allow_detailed_error_message
    assert (read.pipeline_stack_role_arn, read.pipeline_role_arn, read.deploy_role_arn) == tuple(
        VARIABLES[f"{name}_ROLE_ARN"] for name in ("PIPELINE_STACK", "PIPELINE", "DEPLOY")
    )


@pytest.mark.parametrize("value", ["yes", "True", "1"])
def test_only_yes_is_yes(value: str) -> None:
    """Contract 1.4: only the exact string enables details."""
    assert not settings.read({**VARIABLES, "ALLOW_DETAILED_ERROR_MESSAGE": value}).allow_detailed_error_message


def test_one_error_names_every_variable_that_is_missing_or_empty() -> None:
    variables = {**VARIABLES, "ASSETS_BUCKET": ""}
    del variables["AWS_REGION"]
    with pytest.raises(RuntimeError, match="missing or empty: AWS_REGION, ASSETS_BUCKET"):
        settings.read(variables)


def test_the_environment_that_the_template_gives_is_the_one_that_is_read() -> None:
    """Every variable that settings need stands in the root template; Lambda itself gives `AWS_REGION`."""
    given = dict.fromkeys(orchestrator.environment(multi_account=True), "Yes")
    assert settings.read({**given, "AWS_REGION": "eu-west-1"}).launch.multi_account


def test_template_addresses_are_in_the_region_and_partition_of_the_stack(settings: Settings) -> None:
    url = "https://quayside-artifacts.s3.eu-west-1.amazonaws.com/mlops/0.1.0/pipelines/x.yaml"
    assert settings.template_url("pipelines/x.yaml") == url
