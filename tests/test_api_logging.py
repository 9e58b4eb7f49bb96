# SPDX-License-Identifier: Apache-2.0
"""The role that API Gateway logs under: one that somebody has set is not replaced by a launch (lesson 118)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from mlops_orchestrator.aws import aws_access
from mlops_orchestrator.aws.aws_access import Aws
from scripts.launch import api_logging, launch
from scripts.launch.launch import EMAIL_PARAMETER, Launching
from scripts.local_aws.server import LocalAws
from tests import committed
from tests.end_to_end.users import Nobody

TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "apigateway.amazonaws.com"}}


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with LocalAws() as local:
        yield aws_access.local(local.endpoint_url, local.region)


def role_of(aws: Aws) -> str:
    return str(aws.client("apigateway").get_account().get("cloudwatchRoleArn", ""))


def set_role(aws: Aws, arn: str) -> None:
    change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}
    aws.client("apigateway").update_account(patchOperations=[change])


def test_a_role_of_somebody_else_stays_and_a_missing_one_is_replaced(aws: Aws) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    theirs = aws.client("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    set_role(aws, theirs)
    launching = Launching(parameters={EMAIL_PARAMETER: "tests@example.com"})
    launch.deploy(aws, launching, Nobody(), agree=lambda _: True)
    assert role_of(aws) == theirs

    aws.client("iam").delete_role(RoleName="theirs")
    assert api_logging.chosen(aws) == {}, "a role that is gone logs nothing"


def test_without_one_the_template_sets_it_and_both_outlive_the_stack() -> None:
    for name in ("mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml"):
        template = committed.template(name)
        assert template["Parameters"]["SetApiLoggingRole"]["Default"] == "Yes"
        for resource in ("ApiLogging", "ApiLoggingRole"):
            found = template["Resources"][resource]
            assert (found["DeletionPolicy"], found["Condition"]) == ("Retain", "SetsApiLoggingRole")


def test_no_log_group_is_made_that_nobody_declares() -> None:
    """Lesson 119: API Gateway makes one for an execution log."""
    stages = [
        resource
        for template in map(committed.template, committed.PATHS)
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::ApiGateway::Stage"
    ]
    assert set(re.findall(r'"LoggingLevel": "(\w+)"', json.dumps(stages))) == {"OFF"}
