# SPDX-License-Identifier: Apache-2.0
"""Check in front of moto: a role's request is passed on if its policies allow it, and refused as AWS does otherwise."""

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
    """WSGI middleware; requests of callers that are no roles are passed on unchanged.

    `tell` is called with each refused operation, its principal and the reason.
    """

    def __init__(self, application: Wsgi, tell: Tell) -> None:
        self._application = application
        self._tell = tell

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass a request on, or answer it with a refusal."""
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
            # S3 answers 404 for a missing object only to callers who may list the bucket.
            may_list = authorization.decide(principal, [listing], operation.region)
            answer = answer if may_list.allowed else refusals.response(operation, may_list.reason)
        return answer(environ, start_response)


def _undecipherable(error: UndecipherableError, signed: Signature, environ: dict[str, Any]) -> Response:
    operation = Operation(signed.service, "", {}, signed.region, "", "aws", method=environ["REQUEST_METHOD"])
    return refusals.response(operation, f"The local AWS cannot tell which operation this is: {error}")
