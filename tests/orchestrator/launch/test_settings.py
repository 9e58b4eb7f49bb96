# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.launch import settings
from orchestrator.launch.options import ReachOptions, variable
from orchestrator.launch.settings import StageTarget
from orchestrator.reach import BUCKET, REPOSITORY
from tests import committed

VARIABLES = {
    "AWS_REGION": "il-central-1",
    "MULTI_ACCOUNT": "No",
    "USE_MODEL_REGISTRY": "Yes",
    "ASSETS_BUCKET": "a-assets",
    "CONFIG_BUCKET": "a-config",
    "ECR_REPOSITORY_ARN": "arn:aws:ecr:il-central-1:111122223333:repository/r",
    "PIPELINES_BUCKET": "a-pipelines",
    "RESERVED_BUCKETS": "a-artifacts,a-pipelines,a-assets,a-logs",
    "APPLICATION": "ml-platform",
    "ARTIFACT_PREFIX": "mlops/2.0",
    "URL_SUFFIX": "amazonaws.com.cn",
    "PIPELINE_STACK_ROLE_ARN": "arn:aws:iam::111122223333:role/one",
    "PIPELINE_ROLE_ARN": "arn:aws:iam::111122223333:role/two",
    "PIPELINE_START_ROLE_ARN": "arn:aws:iam::111122223333:role/four",
    "DEPLOY_ROLE_ARN": "arn:aws:iam::111122223333:role/three",
    "NOTIFICATIONS_TOPIC_ARN": "arn:aws:sns:il-central-1:111122223333:t",
    "ALLOW_DETAILED_ERROR_MESSAGE": "No",
    "MONITOR_ENGINE": "SageMaker",
    "AUTOMATIC_RETRAINING": "No",
    "LOG_KMS_KEY_ARN": "arn:aws:kms:il-central-1:111122223333:key/k",
    "LOG_RETENTION_DAYS": "90",
    "ROLE_PATH": "/mlops/",
}


def test_settings_come_from_the_environment() -> None:
    read = settings.read(VARIABLES)
    assert read.launch.region == "il-central-1"
    assert (read.launch.multi_account, read.launch.use_model_registry) == (False, True)
    assert read.launch.application == "ml-platform"
    assert not read.allow_detailed_error_message
    roles = read.pipeline_stack_role_arn, read.pipeline_role_arn, read.pipeline_start_role_arn, read.deploy_role_arn
    assert roles == tuple(
        VARIABLES[f"{name}_ROLE_ARN"] for name in ("PIPELINE_STACK", "PIPELINE", "PIPELINE_START", "DEPLOY")
    )


@pytest.mark.parametrize(("value", "may"), [("Yes", True), ("No", False), ("yes", False)])
def test_monitors_start_trainings_where_the_operator_says_so(value: str, may: bool) -> None:
    assert settings.read({**VARIABLES, "AUTOMATIC_RETRAINING": value}).launch.automatic_retraining is may


@pytest.mark.parametrize("value", ["yes", "True", "1"])
def test_only_yes_is_yes(value: str) -> None:
    """Compatibility 1.4: only the exact string enables details."""
    assert not settings.read({**VARIABLES, "ALLOW_DETAILED_ERROR_MESSAGE": value}).allow_detailed_error_message


def test_the_operator_s_options_are_read() -> None:
    given = {
        "PERMISSIONS_BOUNDARY_NAME": "security/boundary",
        "RESOURCE_TAGS": "team=harbour,expression=a=b,team=quay",
        "DEV_FUNCTION_SUBNET_IDS": "subnet-1,subnet-2",
        "FUNCTION_SECURITY_GROUP_IDS": "sg-1",
        "FUNCTION_CONCURRENCY": "20",
    }
    options = settings.read({**VARIABLES, **given}).launch.options
    assert options.chosen.values_as_text() == {
        "RolePath": VARIABLES["ROLE_PATH"],
        "PermissionsBoundaryName": "security/boundary",
        "LogRetentionDays": VARIABLES["LOG_RETENTION_DAYS"],
        "FunctionSubnetIds": "",
        "FunctionSecurityGroupIds": "sg-1",
        "FunctionConcurrency": "20",
    }
    assert options.log_kms_key_arn == VARIABLES["LOG_KMS_KEY_ARN"]
    assert options.tags == (("team", "quay"), ("expression", "a=b"))
    dev = {"FunctionSubnetIds": "subnet-1,subnet-2", "FunctionSecurityGroupIds": ""}
    assert options.networks["dev"].values_as_text() == dev


class TestReach:
    """What requests may name."""

    def test_without_patterns_nothing_of_others_is_allowed(self) -> None:
        reach = settings.read(VARIABLES).launch.reach
        assert reach.problem(BUCKET, "somewhere/x") == (
            "must name a bucket that the launch parameter AllowedBuckets allows: none"
        )

    def test_the_solution_s_own_is_always_allowed(self) -> None:
        reach = settings.read(VARIABLES).launch.reach
        image = "111122223333.dkr.ecr.il-central-1.amazonaws.com/r:v1"
        assert [reach.problem(BUCKET, "a-assets/x"), reach.problem(REPOSITORY, image)] == ["", ""]
        assert "AllowedAccounts" in reach.problem(REPOSITORY, image.replace("111122223333", "444455556666"))

    def test_a_bucket_that_serves_as_assets_bucket_is_not_reserved(self) -> None:
        """The operator may give one bucket for two purposes: people have their models in it then."""
        read = settings.read(VARIABLES)
        assert read.launch.reach.reserved_buckets == {"a-artifacts", "a-pipelines", "a-logs"}

    def test_this_account_and_those_of_the_stages_count_always(self) -> None:
        given = {"ALLOWED_ACCOUNTS": "444455556666", "DEV_ACCOUNT_ID": "555566667777,555566668888"}
        read = settings.read({**VARIABLES, **given})
        assert read.launch.reach.accounts == {"111122223333", "444455556666", "555566667777", "555566668888"}
        assert read.launch.options.allowed_accounts == "111122223333,444455556666,555566667777,555566668888"
        assert settings.read({**VARIABLES, "ALLOWED_ACCOUNTS": "*"}).launch.options.allowed_accounts == "*"

    def test_blueprints_get_arns(self) -> None:
        given = {"ALLOWED_BUCKETS": "harbour-*,quay", "ALLOWED_KEYS": "alias/harbour-*", "ALLOWED_SECRETS": "mlops/*"}
        arns = settings.read({**VARIABLES, **given}).launch.options.allowed_arns.split(",")
        buckets = [
            "harbour-*",
            "harbour-*/*",
            "quay",
            "quay/*",
            "a-assets",
            "a-assets/*",
            "a-pipelines",
            "a-pipelines/*",
        ]
        assert arns[: len(buckets)] == [f"arn:*:s3:::{name}" for name in buckets]
        assert "arn:*:ecr:*:*:repository/r" in arns
        assert "arn:*:secretsmanager:*:*:secret:mlops/*-??????" in arns
        assert arns[-1] == "arn:*:kms:*:*:key/*"

    def test_they_fit_into_a_parameter_whatever_the_operator_gives(self) -> None:
        """CloudFormation takes 4,096 characters."""
        longest = {name: _longest(name) for name in ReachOptions.model_fields}
        for name, value in longest.items():
            ReachOptions(**{name: value})
        bucket, repository = "b" * 63, "r" * 256
        given = {**{variable(name): value for name, value in longest.items()}, "ASSETS_BUCKET": bucket}
        given |= {
            "PIPELINES_BUCKET": bucket,
            "ECR_REPOSITORY_ARN": f"arn:aws-iso-b:ecr:x:111122223333:repository/{repository}",
        }
        assert len(settings.read({**VARIABLES, **given}).launch.options.allowed_arns) <= 4_096


def _longest(name: str) -> str:
    """As many patterns, together as long, as the parameter takes."""
    if name == "AllowedAccounts":
        return ",".join(["444455556666"] * 19)
    most, longest = (15, 500) if name == "AllowedBuckets" else (10, 250)
    start = "key/" if name == "AllowedKeys" else ""
    one = start + "a" * ((longest - most + 1) // most - len(start) - 1)
    return ",".join(f"{one}{chr(ord('a') + number)}" for number in range(most))


def test_one_error_names_every_variable_that_is_missing_or_empty() -> None:
    variables = {**VARIABLES, "ASSETS_BUCKET": ""}
    del variables["AWS_REGION"]
    with pytest.raises(RuntimeError, match="missing or empty: AWS_REGION, ASSETS_BUCKET"):
        settings.read(variables)


@pytest.mark.parametrize("option", ["single", "multi"])
def test_the_environment_that_the_template_gives_is_the_one_that_is_read(option: str) -> None:
    """Every variable that settings need stands in the root template; Lambda itself gives `AWS_REGION`."""
    template = committed.template(f"mlops-orchestrator-{option}-account.yaml")
    variables = template["Resources"]["Orchestrator"]["Properties"]["Environment"]["Variables"]
    given = {name: value if isinstance(value, str) else "a value" for name, value in variables.items()}
    # A parameter of the operator's options has a default, and a form that is read.
    defaults = {name: one.get("Default", "") for name, one in template["Parameters"].items()}
    given |= {name: defaults[value["Ref"]] for name, value in variables.items() if _refers_to(value, defaults)}
    read = settings.read({**given, "AWS_REGION": "eu-west-1"})
    assert read.launch.multi_account == (option == "multi")
    assert (read.multi_account is not None) == (option == "multi")


def _refers_to(value: Any, parameters: Mapping[str, str]) -> bool:
    return isinstance(value, dict) and bool(parameters.get(value.get("Ref", "")))


@pytest.mark.parametrize("call_as", ["SELF", "DELEGATED_ADMIN"])
def test_a_multi_account_orchestrator_knows_its_targets(call_as: str) -> None:
    targets = {
        f"{stage}_{what}": f"{stage} {what}"
        for stage in ("DEV", "STAGING", "PROD")
        for what in ("ACCOUNT_ID", "ORG_ID")
    }
    function = {"STAGE_FUNCTION": "deployer", "CALL_AS": call_as, "APPROVAL_TIMEOUT_MINUTES": "90"}
    function["FUNCTION_ROLE_ARN"] = "arn:aws:iam::111122223333:role/own"
    read = settings.read({**VARIABLES, **targets, "MULTI_ACCOUNT": "Yes", **function})
    assert read.multi_account is not None
    assert read.call_as == call_as
    assert read.multi_account.targets["staging"] == StageTarget("STAGING ACCOUNT_ID", "STAGING ORG_ID")
    assert read.multi_account.stage_function == "deployer"
    assert read.launch.function_role_arn == "arn:aws:iam::111122223333:role/own"
    assert read.approval_timeout == timedelta(minutes=90)


def test_a_multi_account_orchestrator_without_targets_says_which_are_missing() -> None:
    missing = r"FUNCTION_ROLE_ARN.*DEV_ACCOUNT_ID, DEV_ORG_ID.*STAGE_FUNCTION, CALL_AS, APPROVAL"
    with pytest.raises(RuntimeError, match=missing):
        settings.read({**VARIABLES, "MULTI_ACCOUNT": "Yes"})
