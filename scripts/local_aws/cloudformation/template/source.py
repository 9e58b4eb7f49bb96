# SPDX-License-Identifier: Apache-2.0
"""Source of a request's template: its body, or an object in the local S3, named by its usual URL."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError
from moto.cloudformation.exceptions import ValidationError

from scripts.local_aws import identity
from scripts.local_aws.cloudformation.resources.base import Clients
from scripts.local_aws.cloudformation.stacks import Caller
from scripts.local_aws.cloudformation.template.template import BODY_LIMIT, URL_LIMIT

_VIRTUAL_HOST = re.compile(r"(?P<bucket>.+)\.s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?")
_PATH_HOST = re.compile(r"s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?")


_held: dict[str, str] = {}


def held(body: str) -> str:
    """Return a URL at which CloudFormation finds a StackSet's template when it makes the stacks.

    It has read the template already, so the stacks' accounts need no access to it, and it may be long.
    """
    url = f"https://stack-sets.invalid/{hashlib.sha256(body.encode()).hexdigest()}"
    _held[url] = body
    return url


def read(body: str | None, url: str | None, caller: Caller, region: str) -> str:
    """Return the template's text. Raise CloudFormation's ValidationError if there is none, two, or too much."""
    if body and url:
        raise ValidationError(message="Only one of Template URL or Template Body can be specified.")
    if body:
        if len(body.encode()) > BODY_LIMIT:
            raise ValidationError(
                message="1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
                f"Member must have length less than or equal to {BODY_LIMIT}"
            )
        return body
    if not url:
        raise ValidationError(message="Either Template URL or Template Body must be specified.")
    if url in _held:
        return _held[url]
    bucket, key = location(url)
    try:
        content: bytes = Clients(caller, region).get("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        raise ValidationError(message=f"S3 error: {error.response['Error']['Message']}") from error
    if len(content) > URL_LIMIT:
        raise ValidationError(message=f"Template may not exceed {URL_LIMIT} bytes in size.")
    return content.decode()


def location(url: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URL: virtual-hosted, path style, or at the local AWS's own address."""
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    virtual = _VIRTUAL_HOST.fullmatch(parts.netloc)
    if virtual and path:
        return virtual["bucket"], path
    here = urlsplit(identity.current().endpoint_url).netloc
    if _PATH_HOST.fullmatch(parts.netloc) or parts.netloc == here:
        bucket, _, key = path.partition("/")
        if bucket and key:
            return bucket, key
    raise ValidationError(message="TemplateURL must be a supported URL.")
