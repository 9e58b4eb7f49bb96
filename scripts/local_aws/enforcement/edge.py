# SPDX-License-Identifier: Apache-2.0
"""In front of moto: a request of a role goes on when the role's policies allow it, and is refused as AWS refuses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from moto.iam.models import get_account_id_from
from werkzeug.wrappers import Response

from scripts.iam.statements import Principal
from scripts.local_aws.enforcement import authorization, decoding, principals, refusals
from scripts.local_aws.enforcement.decoding import Signature, UndecipherableError
from scripts.local_aws.enforcement.needed import needs, s3_needs
from scripts.local_aws.enforcement.operations import Operation

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
Tell = Callable[[Operation, Principal, str], None]


class Edge:
    """WSGI middleware; it changes nothing for callers who are no roles.

    `tell` is called with each operation that is refused, who asked for it, and why.
    """

    def __init__(self, application: Wsgi, tell: Tell) -> None:
        self._application = application
        self._tell = tell

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Let a request through, or answer it with a refusal."""
        signed = decoding.signature(environ) if authorization.is_on() else None
        principal = principals.behind(signed.access_key, signed.region) if signed else None
        if signed is None or principal is None:
            return self._application(environ, start_response)
        try:
            operation = decoding.decode(environ, signed, get_account_id_from(signed.access_key))
        except UndecipherableError as error:
            refused = _undecipherable(error, signed, environ)
            return refused(environ, start_response)
        decision = authorization.decide(principal, needs.of(operation), operation.region)
        if not decision.allowed:
            self._tell(operation, principal, decision.reason)
            return refusals.response(operation, decision.reason)(environ, start_response)
        listing = s3_needs.listing_behind(operation)
        if listing is None:
            return self._application(environ, start_response)
        answer = Response.from_app(self._application, environ)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            # S3 says that an object is not there only to those who may list the bucket.
            may_list = authorization.decide(principal, [listing], operation.region)
            answer = answer if may_list.allowed else refusals.response(operation, may_list.reason)
        return answer(environ, start_response)


def _undecipherable(error: UndecipherableError, signed: Signature, environ: dict[str, Any]) -> Response:
    operation = Operation(signed.service, "", {}, signed.region, "", "aws", method=environ["REQUEST_METHOD"])
    return refusals.response(operation, f"The local AWS cannot tell which operation this is: {error}")
