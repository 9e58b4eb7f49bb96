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
from orchestrator.events.uploads.names import CONFIG_NAME

_NAME: Final = "${OrchestratorName}"
_ANYWHERE: Final = "arn:*:{}:*:*:{}"
"""Any Region: an orchestrator may be in each. Any account: other accounts would have to grant access, too."""
_ROLE: Final = "arn:*:iam::*:role{}"
_HANDED_ON: Final = (roles.DEPLOY_ROLE, "Pipeline*Role")
"""Roles of the root stack that another one of them passes."""
OF_PIPELINES: Final[Mapping[str, Sequence[str]]] = {
    "apigateway": ("/restapis*", "/tags/*"),
    "cloudformation": ("stack*/{}", "type/resource/*"),
    "cloudwatch": ("alarm:{}",),
    "codebuild": ("project/{}",),
    "codepipeline": ("{}",),
    "events": ("rule/{}",),
    "lambda": ("function:{}",),
    "logs": ("log-group:{}",),
    # Those of monitors are named after endpoints, with kind and digits; a policy has no room for every kind.
    "scheduler": ("schedule/default/*-*-*",),
}
"""Resources made for pipelines, by service; `{}` is the name, if there is one."""
_BUCKETS: Final = (storage.CONFIG, storage.PIPELINES)


def itself() -> Sub:
    """The ARN of the boundary."""
    return arns.in_account("iam", f"policy${{{iam_roles.PATH}}}${{PolicyName}}")


def is_unbounded() -> Condition:
    """Condition that the role to create or change has no boundary, or another one."""
    return Condition(StringNotEquals("iam:PermissionsBoundary", itself()))


def roles_of_pipelines() -> list[Sub]:
    """Roles that pipelines create for code of requests; also in the accounts of the stages."""
    return [Sub(_ROLE.format(f"${{{iam_roles.PATH}}}{prefix}*")) for prefix in names.ROLE_PREFIXES]


def is_of_pipeline() -> Condition:
    """Condition that the caller is such a role, below any path."""
    return Condition(ArnLike("aws:PrincipalArn", [_ROLE.format(f"*/{prefix}*") for prefix in names.ROLE_PREFIXES]))


def roles_to_hand_on() -> list[Sub]:
    """Roles of the root stack that are passed. IAM takes no star before the slash of a path in a resource."""
    return [_role("/", logical_id) for logical_id in _HANDED_ON]


def roles_of_services() -> str:
    """Service-linked roles: AWS sets their permissions, and no boundary applies to them."""
    return _ROLE.format("/aws-service-role/*")


def comparing_roles() -> str:
    """Roles by which an orchestrator compares models in the accounts of stages; its own policy has the path."""
    return _ROLE.format(f"/*{names.COMPARING_PREFIX}*")


def is_pipeline_role() -> Condition:
    """Condition that the caller is the role under which CodePipeline works."""
    return Condition(ArnLike("aws:PrincipalArn", _role("*/", roles.PIPELINE_ROLE)))


def stage_deployer() -> Sub:
    """The function that CodePipeline invokes."""
    return _function(stages.FUNCTION)


def functions() -> list[Sub]:
    """The functions of the root stack that deploy what a caller requests."""
    return [_function(orchestrator.FUNCTION), stage_deployer()]


def of_pipelines() -> list[str]:
    """All resources with a pipeline's name, and those that API Gateway and CloudFormation name themselves."""
    return [
        _ANYWHERE.format(service, resource.format(f"{names.PIPELINE_PREFIX}*"))
        for service, resources in OF_PIPELINES.items()
        for resource in resources
    ]


def calls() -> list[str]:
    """Routes of the API, whatever its id, that change something."""
    return [_ANYWHERE.format("execute-api", f"*/{route}") for route in ("pipelines/*", "provisionpipeline")]


def of_orchestrator() -> Any:
    """Its roles and functions, and objects that it reads or deploys."""
    made = [f"arn:*:s3:::*-{bucket.lower()}-*/*" for bucket in _BUCKETS]
    known = [*roles_to_hand_on(), *functions(), *made, f"arn:*:s3:::*/{CONFIG_NAME}"]
    return _all_of(known, reach.BUCKET.arns[-1], "ReservedBuckets")


def secrets_and_roles_to_use() -> Any:
    """The secrets that requests may name, and the roles that may be assumed: one statement refuses all others."""
    return _all_of([comparing_roles()], reach.SECRET.arns[0], reach.SECRET.parameter)


def _all_of(known: Sequence[Any], form: str, parameter: str) -> Split:
    """The known ARNs, and those of the comma-separated names in a parameter.

    CloudFormation can put only plain text between the items of a list, so the partition is a star.
    """
    before, after = form.split("{}")
    given = Join("", [before, Join(f"{after},{before}", Split(",", Ref(parameter))), after])
    return Split(",", Join(",", [*known, given]))


def _role(path: str, logical_id: str) -> Sub:
    return Sub(_ROLE.format(f"{path}*{_NAME}*-{logical_id}-*"))


def _function(logical_id: str) -> Sub:
    return Sub(_ANYWHERE.format("lambda", f"function:{_NAME}*-{logical_id}-*"))
