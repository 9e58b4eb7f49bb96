# SPDX-License-Identifier: Apache-2.0
"""boto3 clients that act as a role, made once each.

Making a client reads botocore's service model and asks STS for keys, a few tenths of a second; an engine that acts
as the same dozen roles again and again keeps them. Clients are safe to share between threads.
"""

from __future__ import annotations

import functools
from typing import Any

from scripts.local_aws import identity
from scripts.local_aws.enforcement import services


def client(service: str, role_arn: str, region: str, by: str = "", source_arn: str = "") -> Any:
    """A boto3 client for `service` in `region` that acts as `role_arn` at the running local AWS.

    `by` is the service that takes on the role, such as `lambda.amazonaws.com`: botocore's ClientError when the role
    does not trust it for `source_arn`, where it is known. Without it nobody asks.
    """
    if by:
        services.check_trust(by, role_arn, region, source_arn)
    return _client(identity.current(), service, role_arn, region)


def forget() -> None:
    """Drop every client: its keys mean nothing to the next server."""
    _client.cache_clear()


@functools.lru_cache(maxsize=128)
def _client(server: identity.LocalIdentity, service: str, role_arn: str, region: str) -> Any:
    return server.client(service, role_arn, region)
