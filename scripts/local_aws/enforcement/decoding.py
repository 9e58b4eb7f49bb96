# SPDX-License-Identifier: Apache-2.0
"""Decoding of an HTTP request to its operation and parameters, by the SDK's descriptions of services."""

from __future__ import annotations

import gzip
import io
import re
import urllib.parse
import zlib
from dataclasses import dataclass
from typing import Any, Final

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.utilities.utils import get_partition
from werkzeug.exceptions import NotFound

from scripts.local_aws.enforcement.operations import Operation

_CREDENTIAL: Final = re.compile(r"Credential=(?P<key>\w+)/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9.-]+)/")
_SIGNED_ADDRESS: Final = "X-Amz-Credential"
# Services whose signing name is not botocore's name.
_SIGNED_AS: Final = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}
_RUNTIME_PATH: Final = "/endpoints/"


class UndecipherableError(Exception):
    """Raised for a request that matches no service description."""


@dataclass(frozen=True)
class Signature:
    """Claimed signer and scope of a request; not verified."""

    access_key: str
    region: str
    service: str


def signature(environ: dict[str, Any]) -> Signature | None:
    """Return the credential scope of the Authorization header or of a presigned URL; None without one."""
    given = environ.get("HTTP_AUTHORIZATION", "")
    if not given and _SIGNED_ADDRESS in environ.get("QUERY_STRING", ""):
        values = urllib.parse.parse_qs(environ["QUERY_STRING"]).get(_SIGNED_ADDRESS, [""])
        given = f"Credential={values[0]}/"
    found = _CREDENTIAL.search(given)
    return Signature(found["key"], found["region"], found["service"]) if found else None


def decode(environ: dict[str, Any], signed: Signature, account: str) -> Operation:
    """Return the operation of a request, whose body stays readable. Raise UndecipherableError."""
    service = _service(environ, signed)
    try:
        request = Request(_with_own_body(environ, service))
        model, path_parameters = get_service_router(service).match(request)
        parameters = _parameters(request, service, model, path_parameters)
    except (NotFound, NotImplementedError) as error:
        raise UndecipherableError(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} of {service}") from error
    return Operation(
        service=service,
        name=model.name,
        parameters=parameters,
        region=signed.region,
        account=account,
        partition=get_partition(signed.region),
        method=environ["REQUEST_METHOD"],
        path=request.raw_path,
    )


def _service(environ: dict[str, Any], signed: Signature) -> str:
    if signed.service == "sagemaker" and environ["PATH_INFO"].startswith(_RUNTIME_PATH):
        return "sagemaker-runtime"
    return _SIGNED_AS.get(signed.service, signed.service)


def _with_own_body(environ: dict[str, Any], service: str) -> dict[str, Any]:
    """Return a copy of the request with a body of its own. Objects on their way into S3 are left out as irrelevant.

    The SDK compresses long requests: metrics are. Raises UndecipherableError.
    """
    body = b""
    if service != "s3" or environ["REQUEST_METHOD"] == "POST":
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
    if environ.get("HTTP_CONTENT_ENCODING") == "gzip" and body:
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error) as error:
            raise UndecipherableError(f"a body of {service} that is not gzip") from error
    return {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}


def _parameters(request: Request, service: str, model: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
    protocol = determine_request_protocol(get_service_model(service), request.content_type)
    parsed: dict[str, Any] = PROTOCOL_PARSERS[protocol](model).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.get_data(),
            "url_path": request.path,
            "url_params": path_parameters,
        }
    )
    return parsed
