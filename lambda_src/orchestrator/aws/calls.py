# SPDX-License-Identifier: Apache-2.0
"""Clients, and the one place where boto3's exceptions become the orchestrator's."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from orchestrator.errors import ServiceBusyError, ServiceRefusedError

_CONNECT_TIMEOUT_SECONDS: Final = 3
# API Gateway gives up after 29 s: three attempts of one slow call must fit.
_READ_TIMEOUT_SECONDS: Final = 8
_ATTEMPTS: Final = 3
_BUSY_STATUS: Final = frozenset({429, 500, 502, 503, 504})
_BUSY_CODES: Final = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown"})


@functools.cache
def client(service: str) -> Any:
    """The function's client for a service."""
    return client_with(service, {})


def client_with(service: str, credentials: Mapping[str, str]) -> Any:
    """A client with these credentials, as boto3 names them; with none it has the function's own.

    boto3 is imported here, at the first call: a request that is refused needs no AWS and does not wait for it.
    """
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=_READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "max_attempts": _ATTEMPTS},
        user_agent_extra="mlops-workload-orchestrator",
    )
    return boto3.client(service, config=config, **credentials)


@contextmanager
def calling(doing: str) -> Iterator[None]:
    """Translate what boto3 raises inside; `doing` completes the sentence "AWS did not ..."."""
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
