# SPDX-License-Identifier: Apache-2.0
"""Actions refused to bounded roles, even if their own policies, added actions or a resource policy allow them.

AWS limits what the policy of a resource grants to the session of a role by explicit refusals alone.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-eval-logic
"""

from __future__ import annotations

from typing import Any

from awacs.aws import Action, BoolIfExists, Condition, Deny, Null, Statement

from generator import names
from generator.boundary import things


def statements() -> list[Statement]:
    """All refusing statements; most are for all roles, `..._by_pipelines` for roles that pipelines create."""
    return [
        _unbounded_roles(),
        _orchestrator(),
        _grants_to_people(),
        _control_by_pipelines(),
        _orchestrator_by_pipelines(),
        _others(),
    ]


def _unbounded_roles() -> Statement:
    """Refuse creating a role, or granting it more, without this boundary."""
    return _refuse("Unbounded", _listed("iam", "AttachRole*", "CreateRole", "PutRole*"), things.is_unbounded())


def _orchestrator() -> Statement:
    """Refuse changes of the functions that deploy, and calls of the API before them: no role makes any."""
    actions = [Action("execute-api", "Invoke"), *_listed("lambda", "A*", "Pu*", "U*")]
    return _refuse("Orchestrator", actions, resources=[*things.calls(), *things.functions()])


def _grants_to_people() -> Statement:
    """Refuse grants on keys, except those for AWS resources or requested through a service."""
    direct = Condition([Null("kms:ViaService", "true"), BoolIfExists("kms:GrantIsForAWSResource", "false")])
    return _refuse("Grants", [Action("kms", "CreateGrant")], direct)


def _control_by_pipelines() -> Statement:
    """Refuse control to pipelines' roles: only the orchestrator and CloudFormation create resources for pipelines."""
    services = ("apigateway", "cloudformation", "codebuild", "codepipeline", "scheduler")
    others = [
        *_listed("events", "PutR*", "PutT*"),
        *_listed("iam", "A*", "C*", "D*", "Pu*", "T*", "U*"),
        *_listed("lambda", "A*", "C*", "D*", "Pu*", "U*"),
        Action("sts", "Assume*"),
    ]
    every = [Action(service, "*") for service in services]
    return _refuse("ByPipelines", [*every, *others], things.is_of_pipeline())


def _orchestrator_by_pipelines() -> Statement:
    """Refuse invoking the orchestrator, passing its roles and writing its inputs: each gives the orchestrator's rights.

    One statement: a second one would repeat the condition, and no action here applies to the others' resources.
    """
    uses = [Action("iam", "PassRole"), Action("lambda", "Invoke*")]
    writes = _listed("s3", *names.WRITES)
    return _refuse("Uses", [*uses, *writes], things.is_of_pipeline(), things.of_orchestrator())


def _others() -> Statement:
    """Refuse other secrets, assuming roles, which a trust policy may allow by itself, and removing boundaries.

    The orchestrator assumes the roles by which it compares models in the accounts of stages. One statement is enough:
    each of these actions is either for secrets or for roles, and nothing permits removing the boundaries of the roles
    that are excepted here.
    """
    secrets = Action("secretsmanager", "*")
    actions = [secrets, Action("iam", "DeleteRolePe*"), Action("sts", "Assume*")]
    return Statement(Sid="Secrets", Effect=Deny, Action=actions, NotResource=things.secrets_and_roles_to_use())


def _refuse(name: str, actions: Any, condition: Condition | None = None, resources: Any = None) -> Statement:
    extra = {} if condition is None else {"Condition": condition}
    return Statement(Sid=name, Effect=Deny, Action=actions, Resource=resources or ["*"], **extra)


def _listed(service: str, *verbs: str) -> list[Action]:
    return [Action(service, verb) for verb in verbs]
