# SPDX-License-Identifier: Apache-2.0
"""Decision about a principal's needs, for the edge and for the engines, and the switch for enforcement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from scripts.iam import evaluation, recording
from scripts.iam.evaluation import ALLOWED, Decision, Policies, Request, Resource
from scripts.iam.statements import Principal
from scripts.local_aws.enforcement import key_context, organization_ids, principals, resource_policies
from scripts.local_aws.enforcement.operations import Need

_ASSUME_ROLE: Final = "sts:AssumeRole"


class _Switch:
    """State of the running server: whether it enforces IAM."""

    is_on = False


_switch = _Switch()


def switch(on: bool) -> None:
    """Turn enforcement on or off, and drop the sessions of an earlier server."""
    _switch.is_on = on
    principals.forget()


def is_on() -> bool:
    """Whether IAM is enforced."""
    return _switch.is_on


def decide_call(access_key: str, need: Need, region: str) -> Decision:
    """Decide about the principal of an access key."""
    principal = principals.behind(access_key, region) if is_on() else None
    return decide(principal, [need], region) if principal is not None else ALLOWED


def decide(principal: Principal, needs: Iterable[Need], region: str) -> Decision:
    """Allow, or refuse the first need that is not met."""
    policies = principals.attached(principal.role_arn) if principal.role_arn else Policies()
    for need in needs:
        decision = decide_one(principal, policies, need, region)
        if not decision.allowed:
            return decision
        recording.note(principal.role_arn, need.action)
    return ALLOWED


def decide_one(principal: Principal, policies: Policies, need: Need, region: str) -> Decision:
    """Decide about one need."""
    resource = _resource(need, principal.account)
    context = {
        **_of_request(principal, region),
        **_of_resource(principal, resource),
        **{name.lower(): values for name, values in need.context.items()},
    }
    return evaluation.decide(Request(principal, need.action, (resource,), context), policies)


def _resource(need: Need, account: str) -> Resource:
    if need.action == _ASSUME_ROLE:
        return resource_policies.trusted(need.resource, account)
    return resource_policies.resource(need.resource, account)


def _of_request(principal: Principal, region: str) -> dict[str, Sequence[str]]:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    context: dict[str, Sequence[str]] = {
        "aws:currenttime": [datetime.now(UTC).isoformat()],
        "aws:requestedregion": [region],
        # The local AWS listens only on this machine; the same calls use TLS on AWS.
        "aws:securetransport": ["true"],
    }
    if principal.service:
        return {**context, "aws:principalisawsservice": ["true"], "aws:principalservicename": [principal.service]}
    context |= {
        "aws:principalaccount": [principal.account],
        "aws:principalarn": [principal.role_arn or principal.arn],
        "aws:principalisawsservice": ["false"],
        "aws:principaltype": ["AssumedRole"],
        # SNS's default policy has a condition on the account that the request comes from.
        "aws:sourceowner": [principal.account],
    }
    organization = organization_ids.of(principal.account, principal.partition)
    return context | ({"aws:principalorgid": [organization]} if organization else {})


def _of_resource(principal: Principal, resource: Resource) -> dict[str, Sequence[str]]:
    partition = principal.partition or resource.arn.split(":", 2)[1] if ":" in resource.arn else principal.partition
    context: dict[str, Sequence[str]] = {"aws:resourceaccount": [resource.account]}
    organization = organization_ids.of(resource.account, partition or "aws")
    if organization:
        context["aws:resourceorgid"] = [organization]
    return context | key_context.of(resource.arn)
