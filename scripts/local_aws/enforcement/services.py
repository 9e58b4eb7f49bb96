# SPDX-License-Identifier: Apache-2.0
"""Permissions of AWS services: from a resource's policy that names them, or from a role that trusts them."""

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
    """Decide whether a service may act on a resource on behalf of `source_arn`, such as a rule or an API.

    An encrypted resource's own key needs to allow it, too.
    """
    if not authorization.is_on():
        return ALLOWED
    context: dict[str, Sequence[str]] = {
        "aws:sourcearn": [source_arn],
        "aws:sourceaccount": [source_arn.split(":")[_ACCOUNT_FIELD]],
    }
    region = resource.split(":")[_REGION_FIELD]
    # It is unknown whether EventBridge sends KMS the account and the rule (lesson 114).
    told = {} if service == "events.amazonaws.com" else context
    keys = (replace(need, context={**need.context, **told}) for need in encryption.behind(action, resource))
    return authorization.decide(Principal(service=service), [Need(action, resource, context), *keys], region)


# Services that set the source account when they assume a role, with the rest of the source ARN if the caller gives
# none. Other services are not documented to set it, so a condition keeps them out. See AWS's pages in docs/security.md.
_SAY_FOR_WHOM: Final = {
    "events.amazonaws.com": "",
    "sagemaker.amazonaws.com": "*",
    "scheduler.amazonaws.com": "schedule-group/default",
}


def check_trust(service: str, role_arn: str, region: str = "", source_arn: str = "") -> None:
    """Raise STS's ClientError if a role does not trust a service. Roles that do not exist trust everybody.

    Services that set a source act for the role's own account, on which conditions against confused deputies rely.
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
