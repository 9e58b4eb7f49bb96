# SPDX-License-Identifier: Apache-2.0
"""Signatures of requests to APIs with `AWS_IAM` authorization: Signature Version 4, checked as API Gateway does.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv4-create-signed-request.html

Keys issued by the local IAM or STS have a known secret, so their signatures have to be right. The signature of any
other key cannot be checked, since any credentials work locally: it only has to be well-formed, fresh and for this
service.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.auth import SIGV4_TIMESTAMP, UNSIGNED_PAYLOAD, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

SERVICE = "execute-api"
_ALGORITHM = "AWS4-HMAC-SHA256"
_PARTS = ("Credential", "Signature", "SignedHeaders")
_MAX_SKEW = timedelta(minutes=5)
_DEFAULT_ACCOUNT = "123456789012"
_ACCESS_KEY = re.compile(r"^\w+$")


class RefusedError(Exception):
    """Refusal with status 403, the value of the `x-amzn-ErrorType` header and API Gateway's message."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


@dataclass(frozen=True)
class Caller:
    """Principal of a request."""

    access_key: str
    account: str
    user_id: str
    arn: str


@dataclass(frozen=True)
class Received:
    """Request as received: `target` is the undecoded path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class _Key:
    caller: Caller
    secret: str = ""
    token: str = ""
    expires: datetime | None = None
    active: bool = True


class _AsReceived(SigV4Auth):
    """botocore's signer, restricted to the headers that the client lists as signed."""

    def headers_to_sign(self, request: AWSRequest) -> Any:
        """Return all headers: the request holds only signed ones."""
        return request.headers


def verify(request: Received, region: str) -> Caller:
    """Return the caller. Raise RefusedError if the request is unsigned, malformed, stale or wrongly signed."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    authorization = headers.get("authorization")
    if not authorization:
        raise RefusedError("MissingAuthenticationTokenException", "Missing Authentication Token")
    parts = _parse(authorization)
    access_key, scope_date = _check_scope(parts["Credential"], region)
    timestamp = _check_date(headers, scope_date)
    key = _find(access_key)
    if key is None:
        # The secret of this key is unknown: it is accepted, as everywhere in the local AWS.
        root = f"arn:aws:iam::{_DEFAULT_ACCOUNT}:root"
        return Caller(access_key, _DEFAULT_ACCOUNT, _DEFAULT_ACCOUNT, root)
    _check_key(key, headers.get("x-amz-security-token", ""))
    signer = _AsReceived(Credentials(access_key, key.secret), SERVICE, region)
    expected = _signature(signer, request, parts["SignedHeaders"].split(";"), timestamp)
    if not hmac.compare_digest(expected, parts["Signature"]) or not _is_body_signed(headers, request.body):
        raise RefusedError(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.",
        )
    return key.caller


def _parse(authorization: str) -> dict[str, str]:
    algorithm, _, rest = authorization.partition(" ")
    pairs = dict(item.strip().split("=", 1) for item in rest.split(",") if "=" in item)
    if algorithm != _ALGORITHM:
        digest = hashlib.sha256(authorization.encode()).hexdigest()
        raise RefusedError(
            "IncompleteSignatureException",
            f"Authorization header must start with {_ALGORITHM} (SHA-256 of it: {digest}).",
        )
    if missing := [part for part in _PARTS if not pairs.get(part)]:
        needed = " ".join(f"Authorization header requires '{part}' parameter." for part in missing)
        raise RefusedError("IncompleteSignatureException", needed)
    return pairs


def _check_scope(credential: str, region: str) -> tuple[str, str]:
    """Return the access key and the date of `key/date/region/service/aws4_request`."""
    fields = credential.split("/")
    problem = ""
    if len(fields) != 5 or not _ACCESS_KEY.match(fields[0]):
        problem = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."
    elif fields[2] != region:
        problem = f"Credential should be scoped to a valid region, not '{fields[2]}'."
    elif fields[3] != SERVICE:
        problem = f"Credential should be scoped to correct service: '{SERVICE}'."
    elif fields[4] != "aws4_request":
        problem = "Credential should be scoped with a valid terminator: 'aws4_request'."
    if problem:
        raise RefusedError("InvalidSignatureException", problem)
    return fields[0], fields[1]


def _check_date(headers: Mapping[str, str], scope_date: str) -> str:
    sent = headers.get("x-amz-date", "")
    try:
        at = datetime.strptime(sent, SIGV4_TIMESTAMP).replace(tzinfo=UTC)
    except ValueError:
        raise RefusedError(
            "IncompleteSignatureException", "Authorization header requires existence of a 'X-Amz-Date' header."
        ) from None
    now, problem = datetime.now(UTC), ""
    if sent[:8] != scope_date:
        problem = f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: {sent}"
    elif now - at > _MAX_SKEW:
        problem = f"Signature expired: {sent} is now earlier than {_stamp(now - _MAX_SKEW)} ({_stamp(now)} - 5 min.)"
    elif at - now > _MAX_SKEW:
        late = f"{_stamp(now + _MAX_SKEW)} ({_stamp(now)} + 5 min.)"
        problem = f"Signature not yet current: {sent} is still later than {late}"
    if problem:
        raise RefusedError("InvalidSignatureException", problem)
    return sent


def _stamp(moment: datetime) -> str:
    return moment.strftime(SIGV4_TIMESTAMP)


def _check_key(key: _Key, token: str) -> None:
    if not key.active or not hmac.compare_digest(key.token, token):
        raise RefusedError("UnrecognizedClientException", "The security token included in the request is invalid.")
    if key.expires is not None and key.expires < utcnow():
        raise RefusedError("ExpiredTokenException", "The security token included in the request is expired")


def _signature(signer: _AsReceived, request: Received, signed: list[str], timestamp: str) -> str:
    headers = HTTPHeaders()
    for name, value in request.headers.items():
        if name.lower() in signed:
            headers[name.lower()] = value
    # The signer reads path and query from the URL, and the host from the signed header.
    copy = AWSRequest(request.method, f"http://host{request.target}", data=request.body)
    copy.context["timestamp"] = timestamp
    copy.headers = headers
    signature: str = signer.signature(signer.string_to_sign(copy, signer.canonical_request(copy)), copy)
    return signature


def _is_body_signed(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the hash in the headers, which the signature covers in place of the body, is the body's."""
    claimed = headers.get("x-amz-content-sha256", UNSIGNED_PAYLOAD)
    return claimed in (str(UNSIGNED_PAYLOAD), hashlib.sha256(body).hexdigest())


def _find(access_key: str) -> _Key | None:
    for account, partitions in list(iam_backends.items()):
        for partition, iam in list(partitions.items()):
            session = sts_backends[account][partition].get_assumed_role_from_access_key(access_key)
            if session is not None:
                caller = Caller(access_key, account, session.user_id, session.arn)
                return _Key(caller, session.secret_access_key, session.session_token, session.expiration)
            user = iam.get_user_from_access_key_id(access_key)
            if user is not None:
                own = next(key for key in user.access_keys if key.access_key_id == access_key)
                caller = Caller(access_key, account, user.id, user.arn)
                return _Key(caller, own.secret_access_key, active=own.status == "Active")
    return None
