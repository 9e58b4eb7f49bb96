# SPDX-License-Identifier: Apache-2.0
"""What AWS's services do: let in by a resource's policy under their own name, or in a role that trusts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from botocore.exceptions import ClientError

from scripts.iam.evaluation import ALLOWED, Decision
from scripts.iam.statements import Principal
from scripts.local_aws.enforcement import authorization, principals
from scripts.local_aws.enforcement.needed import encryption
from scripts.local_aws.enforcement.operations import Need

_ASSUME_ROLE: Final = "sts:AssumeRole"
_REGION_FIELD: Final = 3
_ACCOUNT_FIELD: Final = 4


def may(service: str, action: str, resource: str, source_arn: str) -> Decision:
    """Whether a service may do something to a resource on behalf of `source_arn`, a rule or an API for example.

    What is encrypted with a key of its own needs the key's policy too.
    """
    if not authorization.is_on():
        return ALLOWED
    context: dict[str, Sequence[str]] = {
        "aws:sourcearn": [source_arn],
        "aws:sourceaccount": [source_arn.split(":")[_ACCOUNT_FIELD]],
    }
    region = resource.split(":")[_REGION_FIELD]
    # EventBridge is not known to tell KMS for whom it uses a key (lesson 114).
    told = {} if service == "events.amazonaws.com" else context
    keys = (replace(need, context={**need.context, **told}) for need in encryption.behind(action, resource))
    return authorization.decide(Principal(service=service), [Need(action, resource, context), *keys], region)


# Services that say for whom they take on a role, and for what if not for a thing that the caller knows. Other services
# are not documented to say so: a condition keeps them out. docs/security.md has AWS's pages.
_SAY_FOR_WHOM: Final = {
    "events.amazonaws.com": "",
    "sagemaker.amazonaws.com": "*",
    "scheduler.amazonaws.com": "schedule-group/default",
}


def check_trust(service: str, role_arn: str, region: str = "", source_arn: str = "") -> None:
    """Raise STS's ClientError when a role does not trust a service; roles that do not exist trust everybody.

    A service that says so acts for the role's own account, which is what conditions against a confused deputy look at.
    """
    if not authorization.is_on() or principals.role(role_arn) is None:
        return
    need = Need(_ASSUME_ROLE, role_arn, _for_whom(service, role_arn, region, source_arn))
    decision = authorization.decide(Principal(service=service), [need], "")
    if not decision.allowed:
        details = {"Error": {"Code": "AccessDenied", "Message": decision.reason}}
        raise ClientError({**details, "ResponseMetadata": {"HTTPStatusCode": 403}}, "AssumeRole")


def _for_whom(service: str, role_arn: str, region: str, source_arn: str) -> dict[str, Sequence[str]]:
    if service not in _SAY_FOR_WHOM:
        return {}
    _, partition, _, _, account, _ = role_arn.split(":", 5)
    own = f"arn:{partition}:{service.partition('.')[0]}:{region}:{account}:{_SAY_FOR_WHOM[service]}"
    return {"aws:sourceaccount": [account], "aws:sourcearn": [source_arn or own]}
