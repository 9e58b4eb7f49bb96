# SPDX-License-Identifier: Apache-2.0
"""Actions that bounded roles may be granted. A boundary grants nothing: each role has narrower statements of its own.

So actions are grouped, some as whole families. No family contains an action that grants permissions, or that creates
what an identity with other permissions runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from awacs.aws import Action, Allow, Condition, Statement
from troposphere import If, Join, Ref, Split

from generator import conditions
from generator.boundary import things

ADDITIONAL: Final = "AdditionalActions"
_WORK: Final[Mapping[str, str]] = {
    "cloudwatch": "*MetricData",
    "ec2": "*signPrivateIp* CreateNetworkInt* DeleteNetworkInt* Describe*",
    "ecr": "*Layer* BatchGetImage Describe* Get* PutImage",
    "events": "PutE*",
    "execute-api": "Invoke",
    "kms": "*crypt CreateGrant DescribeKey GenerateDataK* Retire*",
    "logs": "*LogEvents CreateLogGroup CreateLogStream Describe*",
    "s3": "AbortM* DeleteO* Get* List* PutObject",
    "sagemaker": "AddTags Create*Job* CreateModel* Desc* InvokeEndpoint* List* Stop*Job",
    "secretsmanager": "GetS*",
    "xray": "Put*",
}
"""Actions also used by code of requests: jobs, models, data, images, logs."""
_CONTROL: Final[Mapping[str, str]] = {
    "application-autoscaling": "*",
    "cloudwatch": "*Alarm*",
    "ce": "GetCost*",
    "cloudformation": "Desc* List*",
    "codepipeline": "List* PutJob*",
    "organizations": "ListD*",
    "s3": "PutBucketN*",
    "sagemaker": "*Component* CreateEnd* CreateMo* Delete*Job* DeleteE* DeleteMo* DeleteT* Search UpdateE* UpdateMo*",
    "secretsmanager": "Desc*",
    "sns": "GetT* Publish",
    "sqs": "SendM*",
}
"""Further actions of the orchestrator and CloudFormation, on resources without a pipeline's name."""


def statements() -> list[Statement]:
    """All permitting statements."""
    return [_work(), _control(), _pipelines(), _roles(), _hand_on_roles(), _deploy_stages()]


def _work() -> Statement:
    known = _listed(_WORK)
    statement = _permit("Work", known, ["*"])
    given = Split(",", Join(",", [*(action.JSONrepr() for action in known), Ref(ADDITIONAL)]))
    # awacs takes functions of CloudFormation for everything but actions.
    statement.properties["Action"] = If(conditions.name(ADDITIONAL), given, known)
    return statement


def _control() -> Statement:
    return _permit("Control", _listed(_CONTROL), ["*"])


def _pipelines() -> Statement:
    """Permit all actions on resources made for pipelines."""
    every = [Action(service, "*") for service in things.OF_PIPELINES]
    return _permit("Pipelines", every, things.of_pipelines())


def _roles() -> Statement:
    """Permit creating, changing and passing roles of pipelines; `refused.py` requires their boundary."""
    return _permit("Roles", [Action("iam", "*Role*")], things.roles_of_pipelines())


def _hand_on_roles() -> Statement:
    """Permit passing roles: their trust policies limit the services. Service-linked roles cannot be passed.

    The statement permits assuming these roles, too, since one more statement would not fit: `refused.py` leaves only
    the roles for comparing models.
    """
    actions = [Action("iam", verb) for verb in ("CreateServiceL*", "GetRole", "PassRole")]
    resources = [*things.roles_to_hand_on(), things.roles_of_services(), things.comparing_roles()]
    return _permit("HandOn", [*actions, Action("sts", "AssumeRole")], resources)


def _deploy_stages() -> Statement:
    """Permit only pipeline roles to invoke the stage deployer."""
    invoke = [Action("lambda", "InvokeFunction")]
    return _permit("Stages", invoke, [things.stage_deployer()], things.is_pipeline_role())


def _listed(actions: Mapping[str, str]) -> list[Action]:
    return [Action(service, verb) for service, verbs in actions.items() for verb in verbs.split()]


def _permit(name: str, actions: Any, resources: Any, condition: Condition | None = None) -> Statement:
    extra = {} if condition is None else {"Condition": condition}
    return Statement(Sid=name, Effect=Allow, Action=actions, Resource=resources, **extra)
