# SPDX-License-Identifier: Apache-2.0
"""The roles and other resources that the boundary names, as ARNs and conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from awacs.aws import ArnLike, Condition, StringNotEquals
from troposphere import Join, Ref, Split, Sub

from generator import arns, iam_roles, names
from generator.root import orchestrator, roles, stages
from generator.root.data import storage
from orchestrator import reach
from orchestrator.events.uploads.results import CONFIG_NAME

_NAME: Final = "${OrchestratorName}"
_ANYWHERE: Final = "arn:*:{}:*:*:{}"
"""In any Region: an orchestrator may be in each. What is of another account would have to let somebody in."""
_ROLE: Final = "arn:*:iam::*:role{}"
_HANDED_ON: Final = (roles.DEPLOY_ROLE, "Pipeline*Role")
"""Roles of the root stack that another one of them hands on."""
OF_PIPELINES: Final[Mapping[str, Sequence[str]]] = {
    "apigateway": ("/restapis*", "/tags/*"),
    "cloudformation": ("stack*/{}", "type/resource/*"),
    "cloudwatch": ("alarm:{}",),
    "codebuild": ("project/{}",),
    "codepipeline": ("{}",),
    "events": ("rule/{}",),
    "lambda": ("function:{}",),
    "logs": ("log-group:{}",),
    "scheduler": ("schedule/*/{}",),
}
"""What is made for pipelines, by service: `{}` is its name, if it has any."""
_BUCKETS: Final = (storage.CONFIG, storage.PIPELINES)


def itself() -> Sub:
    """The ARN of the boundary."""
    return arns.in_account("iam", f"policy${{{iam_roles.PATH}}}${{PolicyName}}")


def is_unbounded() -> Condition:
    """The role that is made or changed has no boundary, or another one."""
    return Condition(StringNotEquals("iam:PermissionsBoundary", itself()))


def roles_of_pipelines() -> list[Sub]:
    """Roles that pipelines make, in which other people's code runs; also in the accounts of the stages."""
    return [Sub(_ROLE.format(f"${{{iam_roles.PATH}}}{prefix}*")) for prefix in names.ROLE_PREFIXES]


def is_of_pipeline() -> Condition:
    """Whoever asks is such a role, below any path."""
    return Condition(ArnLike("aws:PrincipalArn", [_ROLE.format(f"*/{prefix}*") for prefix in names.ROLE_PREFIXES]))


def roles_to_hand_on() -> list[Sub]:
    """Roles of the root stack that are handed on. IAM takes no star before the slash of a path in a resource."""
    return [_role("/", logical_id) for logical_id in _HANDED_ON]


def roles_of_services() -> str:
    """Service-linked roles: their permissions are AWS's, and no boundary bounds them."""
    return _ROLE.format("/aws-service-role/*")


def is_pipeline_role() -> Condition:
    """Whoever asks is the role under which CodePipeline works."""
    return Condition(ArnLike("aws:PrincipalArn", _role("*/", roles.PIPELINE_ROLE)))


def stage_deployer() -> Sub:
    """The function that CodePipeline invokes."""
    return _function(stages.FUNCTION)


def functions() -> list[Sub]:
    """The functions of the root stack that deploy what a caller requests."""
    return [_function(orchestrator.FUNCTION), stage_deployer()]


def of_pipelines() -> list[str]:
    """Everything that has a name of pipelines, and what API Gateway and CloudFormation name themselves."""
    return [
        _ANYWHERE.format(service, resource.format(f"{names.PIPELINE_PREFIX}*"))
        for service, resources in OF_PIPELINES.items()
        for resource in resources
    ]


def of_orchestrator() -> Any:
    """Calls of the API, whatever id it has; roles and functions; objects that are launched, deployed or believed."""
    calls = (_ANYWHERE.format("execute-api", f"*/{route}") for route in ("pipelines/*", "provisionpipeline"))
    made = [f"arn:*:s3:::*-{bucket.lower()}-*/*" for bucket in _BUCKETS]
    known = [*calls, *roles_to_hand_on(), *functions(), *made, f"arn:*:s3:::*/{CONFIG_NAME}"]
    return _all_of(known, reach.BUCKET.arns[-1], "ReservedBuckets")


def allowed_secrets() -> Any:
    """The secrets that requests may name."""
    return _all_of([], reach.SECRET.arns[0], reach.SECRET.parameter)


def _all_of(known: Sequence[Any], form: str, parameter: str) -> Split:
    """ARNs, and those of what a parameter names with commas between.

    CloudFormation can put nothing but a plain text between the items of a list, so the partition is a star.
    """
    before, after = form.split("{}")
    given = Join("", [before, Join(f"{after},{before}", Split(",", Ref(parameter))), after])
    return Split(",", Join(",", [*known, given]))


def _role(path: str, logical_id: str) -> Sub:
    return Sub(_ROLE.format(f"{path}*{_NAME}*-{logical_id}-*"))


def _function(logical_id: str) -> Sub:
    return Sub(_ANYWHERE.format("lambda", f"function:{_NAME}*-{logical_id}-*"))
