# SPDX-License-Identifier: Apache-2.0
"""boto3 clients, and the translation of boto3's exceptions into the orchestrator's."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from orchestrator.errors import ServiceBusyError, ServiceRefusedError

_CONNECT_TIMEOUT_SECONDS: Final = 3
# API Gateway times out after 29 s: three attempts of one slow call must fit.
_READ_TIMEOUT_SECONDS: Final = 8
_ATTEMPTS: Final = 3
_BUSY_STATUS: Final = frozenset({429, 500, 502, 503, 504})
_BUSY_CODES: Final = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown"})

_OWNER: Final = "ExpectedBucketOwner"

Clients = Callable[[str], Any]
"""Gives the client of a service, by its name in boto3."""

_owners: dict[str, str] = {}
_making = threading.Lock()


def expect_owner(buckets: Iterable[str], account: str) -> None:
    """Make S3 refuse calls on these buckets if another account owns them: anybody may create a bucket of a free name.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
    """
    _owners.update(dict.fromkeys(buckets, account))


def _name_owner(params: dict[str, Any], model: Any, **_: Any) -> None:
    if (owner := _owners.get(params.get("Bucket", ""))) and _OWNER in model.input_shape.members:
        params[_OWNER] = owner


@functools.cache
def client(service: str) -> Any:
    """Return the function's client for a service."""
    made = client_with(service, {})
    if service == "s3":
        made.meta.events.register("provide-client-params.s3", _name_owner, unique_id="expected owner")
    return made


def client_with(service: str, credentials: Mapping[str, str]) -> Any:
    """Return a client with these credentials, named as in boto3; without any, with the function's own.

    boto3 is imported here, at the first call, so that a refused request does not wait for the import. Its session makes
    one client at a time.
    """
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=_READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "max_attempts": _ATTEMPTS},
        user_agent_extra="mlops-workload-orchestrator",
    )
    with _making:
        return boto3.client(service, config=config, **credentials)


@contextmanager
def calling(doing: str) -> Iterator[None]:
    """Translate boto3's exceptions raised inside; `doing` completes the sentence "AWS did not ..."."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        answer = error.response.get("Error", {})
        code, reason = answer.get("Code", "Unknown"), answer.get("Message", "no reason given")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        kind = ServiceBusyError if status in _BUSY_STATUS or code in _BUSY_CODES else ServiceRefusedError
        raise kind(doing, code, reason) from error
    except BotoCoreError as error:
        raise ServiceBusyError(doing, type(error).__name__, str(error)) from error


def content_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return a response of AWS without boto3's record of how it came: HTTP headers and retries."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}
