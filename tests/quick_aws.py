# SPDX-License-Identifier: Apache-2.0
"""moto without what nobody looks at here, and clients that are made once: most of the time of a test was theirs."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest
import yaml
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto import mock_aws
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.exceptions import HTTPException
from moto.core.request import normalize_request

REGION: Final = "eu-west-1"
_SERVICES: Final = frozenset({"s3", "sns", "cloudformation"})
"""Those that moto answers here; it has its own way to all others."""


class KeptClients(boto3.session.Session):
    """A session whose clients are made once; what a test has registered with them goes with the test."""

    def __init__(self) -> None:
        super().__init__("test", "test", region_name=REGION)
        self._made: dict[str, Any] = {}
        self._registered: list[tuple[Any, str, Any, Any]] = []

    def client(self, service_name: str, *given: Any, config: Any = None, **more: Any) -> Any:  # type: ignore[override]
        """The client of these arguments."""
        assert not given
        key = repr((service_name, sorted(more.items()), config and config._user_provided_options))
        if key not in self._made:
            made = self._made[key] = super().client(service_name, config=config, **more)
            self._watch(made.meta.events._emitter)
        return self._made[key]

    def _watch(self, emitter: Any) -> None:
        def noting(register: Callable[..., None]) -> Callable[..., None]:
            def note(event: str, handler: Any, unique_id: Any = None, *more: Any, **named: Any) -> None:
                self._registered.append((emitter, event, handler, unique_id))
                register(event, handler, unique_id, *more, **named)

            return note

        for name in ("register", "register_first", "register_last"):
            setattr(emitter, name, noting(getattr(emitter, name)))

    def forget(self) -> None:
        """Take away what was registered."""
        for emitter, event, handler, unique_id in self._registered:
            emitter.unregister(event, handler, unique_id)
        self._registered.clear()


def quicken(patch: pytest.MonkeyPatch) -> None:
    """Neither wait, nor compute checksums, nor read YAML in Python; what uses `requests` does not meet moto."""
    still = SimpleNamespace(sleep=lambda _: None)
    for module in ("endpoint", "waiter"):
        patch.setattr(f"botocore.{module}.time", still)
    for direction in ("REQUEST_CHECKSUM_CALCULATION", "RESPONSE_CHECKSUM_VALIDATION"):
        patch.setenv(f"AWS_{direction}", "when_required")
    patch.setattr("botocore.useragent.UserAgentString.to_string", lambda _: "tests")
    patch.setattr("moto.core.models.RESPONSES_METHODS", [])
    patch.setattr("moto.cloudformation.models.yaml", _QUICK_YAML)
    patch.setattr(BotocoreStubber, "__call__", _answer)


@contextmanager
def fresh_aws(session: KeptClients) -> Iterator[None]:
    """An AWS with nothing in it, as long as it is used."""
    with pytest.MonkeyPatch.context() as patch:
        quicken(patch)
        with mock_aws():
            # moto starts with no session.
            patch.setattr(boto3, "DEFAULT_SESSION", session)
            yield
        session.forget()


def _load(text: Any, Loader: Any) -> Any:  # noqa: N803
    try:
        return json.loads(text)
    except ValueError:
        return yaml.load(text, Loader)


_QUICK_YAML: Final = SimpleNamespace(
    load=_load,
    Loader=yaml.CLoader,
    add_multi_constructor=functools.partial(yaml.add_multi_constructor, Loader=yaml.CLoader),
)


_of_moto: Final = BotocoreStubber.__call__


def _answer(stubber: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **more: Any) -> AWSResponse | None:
    service = event_name.split(".")[1]
    if stubber.enabled and service in _SERVICES:
        return answered(service, request)
    return _of_moto(stubber, event_name, request, **more)


def answered(service: str, request: AWSPreparedRequest) -> AWSResponse:
    """moto's answer. Its own way to the function that answers is to look through all services with every call."""
    url = request.url.partition("?")[0]
    answering = next(method for pattern, method in _routes(service) if pattern.match(url))
    normalized = normalize_request(request)
    try:
        status, headers, body = answering(normalized, normalized.raw_url, normalized.headers)
    except HTTPException as error:
        status, headers, body = error.code, error.get_headers(), error.get_body()
    return AWSResponse(request.url, status, headers, MockRawResponse(body))  # type: ignore[arg-type]


@functools.cache
def _routes(service: str) -> list[tuple[re.Pattern[str], Any]]:
    region = "aws" if service == "s3" else "us-east-1"
    backend = get_backend(service)[DEFAULT_ACCOUNT_ID][region]  # type: ignore[call-overload]
    return [(re.compile(url), method) for url, method in backend.urls.items()]
