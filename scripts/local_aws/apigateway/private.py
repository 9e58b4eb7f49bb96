# SPDX-License-Identifier: Apache-2.0
"""Private APIs: calls come through a VPC endpoint that the API's policy lets in.

There are no networks here, so a call says by a header of the local AWS through which endpoint it comes. The policy is
that of the last deployment, as on AWS. Only its denials are looked at, not who they are about.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from scripts.iam import documents, statements

VPC_ENDPOINT: Final = "X-Local-Vpc-Endpoint"
_INVOKE: Final = "execute-api:Invoke"
_SHORT: Final = "execute-api:/"
"""How a policy may name its own API, whatever its id is."""


@dataclass(frozen=True)
class Reach:
    """Who reaches an API: a snapshot that a deployment makes."""

    is_private: bool = False
    policy: str = ""

    def refusal(self, called: str, endpoint: str) -> str:
        """Why a call is refused that comes through a VPC endpoint, or through none; empty if it is not.

        `called` is the method's ARN, `arn:...:<API's id>/<stage>/<verb>/<path>`.
        """
        if self.is_private and not endpoint:
            return "Forbidden"
        if not self.policy:
            return ""
        context = {"aws:sourcevpce": [endpoint]} if endpoint else {}
        policy = documents.parse(self.policy.replace(_SHORT, f"{called.partition('/')[0]}/"))
        if any(one.effect == "Deny" and statements.applies(one, _INVOKE, called, context) for one in policy.statements):
            return f"User is not authorized to perform: {_INVOKE} on resource: {called} with an explicit deny"
        return ""


def of(endpoint_configuration: Any, policy: Any) -> Reach:
    """Return who reaches an API with this configuration and policy. Raise ValueError for a private one without any."""
    is_private = "PRIVATE" in (endpoint_configuration or {}).get("types", [])
    if is_private and not policy:
        raise ValueError("Private REST API doesn't have a resource policy attached to it")
    return Reach(is_private, str(policy or ""))
