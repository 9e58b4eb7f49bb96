# SPDX-License-Identifier: Apache-2.0
"""The smoke test of a deployment: a function that asks the model through its API, as a resource that may fail.

The function's code, `lambda_src/smoke_test/index.py`, comes from the pipelines bucket with the test in it. It shares
role and log with the function behind the API: it does the same work, and the permissions of functions in a VPC are
most of a role's text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from awacs import events as events_actions
from awacs import execute_api
from awacs.aws import Condition as Only
from awacs.aws import StringEquals
from troposphere import (
    And,
    Condition,
    Equals,
    GetAtt,
    If,
    Not,
    NoValue,
    Ref,
    Select,
    Template,
    awslambda,
    cloudformation,
)

from generator import arns, parameters, permissions
from generator.resources import functions, rest_apis
from generator.serving.endpoints import CONFIG, ENDPOINT
from orchestrator.provisioned.awaited import smoke_tests
from orchestrator.stage_action import tested

_TESTED: Final = "SmokeTested"
_FUNCTION: Final = "SmokeTester"
_TEST: Final = "SmokeTest"
_CODE: Final = tested.PARAMETER
_BUS, _BUCKET, _KEY, _DIGEST = range(4)
"""What the parameter holds, in this order."""
_MEMORY_MB: Final = 512
_TIMEOUT_SECONDS: Final = 900
_ANSWER_SECONDS: Final = 960
"""After these CloudFormation stops waiting for an answer; its own limit is an hour."""


class SmokeTest(cloudformation.AWSCustomObject):
    """`Custom::SmokeTest`; the properties are those that the function's module describes."""

    resource_type = "Custom::SmokeTest"
    props: ClassVar = {
        "ServiceToken": (str, True),
        "ServiceTimeout": (int, False),
        "Url": (str, True),
        "Served": (list, True),
        "Bus": (str, True),
    }


@dataclass(frozen=True)
class Tested:
    """What is asked: the logical id of the API, the address of its route, and the logical id of its function."""

    api: str
    address: Any
    function: str
    condition: str
    """Condition without which there is no API."""


def policy(built: Template, api: str, condition: str) -> If:
    """Policy for the test: call this route of the API, and tell the orchestrator's bus what came of it."""
    route = arns.regional("execute-api", f"${{{api}}}/{rest_apis.STAGE}/POST/inference")
    told = Only(StringEquals({"events:source": smoke_tests.SOURCE}))
    allowed = permissions.policy(
        "SmokeTest",
        permissions.allow([execute_api.Invoke], route),
        permissions.allow([events_actions.PutEvents], _part(_BUS), told),
    )
    return If(_tested(built, condition), allowed, NoValue)


def add_to(built: Template, tested: Tested) -> None:
    """Add the function and the test, which fails the stack if the model fails it.

    Another endpoint configuration, or another test, has CloudFormation call the function; it cannot be called before
    the endpoint is updated and the API serves.
    """
    built.add_resource(
        functions.function(
            built,
            _FUNCTION,
            Condition=_tested(built, tested.condition),
            Description="Asks the model at a deployment",
            Handler="index.handler",
            Role=GetAtt(f"{tested.function}Role", "Arn"),
            LoggingConfig=awslambda.LoggingConfig(LogGroup=Ref(f"{tested.function}Logs")),
            Code=awslambda.Code(S3Bucket=_part(_BUCKET), S3Key=_part(_KEY)),
            MemorySize=_MEMORY_MB,
            Timeout=_TIMEOUT_SECONDS,
        )
    )
    built.add_resource(
        SmokeTest(
            _TEST,
            Condition=_tested(built, tested.condition),
            DependsOn=[ENDPOINT, f"{tested.api}Permission", f"{tested.api}Stage"],
            ServiceToken=GetAtt(_FUNCTION, "Arn"),
            ServiceTimeout=_ANSWER_SECONDS,
            Url=tested.address,
            Served=[GetAtt(CONFIG, "EndpointConfigName"), _part(_DIGEST)],
            Bus=_part(_BUS),
        )
    )


def _tested(built: Template, condition: str) -> str:
    built.conditions.setdefault(_TESTED, And(Condition(condition), Not(Equals(Ref(_CODE), ""))))
    return _TESTED


def _part(place: int) -> Select:
    return parameters.part(_CODE, place)
