# SPDX-License-Identifier: Apache-2.0
"""Refusals, with each service's wording and protocol.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import json
import uuid
from typing import Final
from xml.sax.saxutils import escape

from moto.core.utils import get_service_model
from werkzeug.wrappers import Response

from scripts.local_aws.enforcement.operations import Operation

_REQUEST_ID: Final = "x-amzn-RequestId"
_XML: Final = "text/xml"


def response(operation: Operation, reason: str) -> Response:
    """Return AccessDenied in the service's format."""
    request_id = str(uuid.uuid4())
    answer = _answer(operation, reason, request_id)
    answer.headers[_REQUEST_ID] = request_id
    return answer


def _answer(operation: Operation, reason: str, request_id: str) -> Response:
    protocol = str(get_service_model(operation.service).protocol)
    if operation.method == "HEAD":
        return Response("", 403)
    if operation.service == "s3":
        return Response(f"<Error>{_error('AccessDenied', reason)}</Error>", 403, content_type="application/xml")
    if protocol == "rest-json":
        headers = {"x-amzn-ErrorType": "AccessDeniedException"}
        return Response(json.dumps({"message": reason}), 403, headers, content_type="application/json")
    if protocol == "ec2":
        error = f"<Errors><Error>{_error('UnauthorizedOperation', reason)}</Error></Errors>"
        return Response(f"<Response>{error}<RequestID>{request_id}</RequestID></Response>", 403, content_type=_XML)
    if protocol == "query":
        code = "AuthorizationError" if operation.service == "sns" else "AccessDenied"
        error = f"<Error><Type>Sender</Type>{_error(code, reason)}</Error>"
        body = f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"
        return Response(body, 403, content_type=_XML)
    # Services with JSON protocols answer 400.
    body = json.dumps({"__type": "AccessDeniedException", "message": reason})
    return Response(body, 400, content_type="application/x-amz-json-1.1")


def _error(code: str, reason: str) -> str:
    return f"<Code>{code}</Code><Message>{escape(reason)}</Message>"
