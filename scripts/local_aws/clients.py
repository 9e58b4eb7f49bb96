# SPDX-License-Identifier: Apache-2.0
"""boto3 clients that act as a role, each made once.

Making a client loads botocore's service model and requests keys from STS, a few tenths of a second. The engines use
the same dozen roles over and over, so clients are kept. They may be shared between threads.
"""

from __future__ import annotations

import functools
from typing import Any

from scripts.local_aws import identity
from scripts.local_aws.enforcement import services


def client(service: str, role_arn: str, region: str, by: str = "", source_arn: str = "") -> Any:
    """Return a boto3 client for `service` in `region` that acts as `role_arn` at the running local AWS.

    `by` is the service that assumes the role, such as `lambda.amazonaws.com`. ClientError is raised if the role does
    not trust it for `source_arn`, if given. Without `by`, the trust policy is not checked.
    """
    if by:
        services.check_trust(by, role_arn, region, source_arn)
    return _client(identity.current(), service, role_arn, region)


def forget() -> None:
    """Drop every client: its keys are invalid at the next server."""
    _client.cache_clear()


@functools.lru_cache(maxsize=128)
def _client(server: identity.LocalIdentity, service: str, role_arn: str, region: str) -> Any:
    return server.client(service, role_arn, region)
