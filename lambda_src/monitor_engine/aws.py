# SPDX-License-Identifier: Apache-2.0
"""AWS calls of the engine, each a thin function.

The Region is that of AWS_DEFAULT_REGION, which the job's environment has.
"""

from __future__ import annotations

import functools
import json
import mimetypes
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError

from monitor_engine.problems import EngineError

_DESCRIPTION: Final = Path("/opt/ml/config/processingjobconfig.json")
"""What a processing job has been asked for, its role included."""
_CONFIG: Final = Config(connect_timeout=10, retries={"mode": "standard", "total_max_attempts": 5})
_TRIES: Final = 3
"""Of an object whose content breaks off, which botocore does not ask for again."""
_PAGE: Final = 1_000
"""Keys of one listing: as many as S3 gives."""
_ABSENT: Final = frozenset({"NoSuchKey", "404"})
_REFUSED: Final = frozenset({"AccessDenied", "AccessDeniedException", "403", "AllAccessDisabled"})
_WHO: Final = re.compile(r"User: (arn:\S+)")
_WHAT: Final = re.compile(r"perform: (\S+)")


@functools.cache
def client(service: str) -> Any:
    """Return a client, made once: it loads the description of a service and may be shared between threads.

    Raises EngineError without a Region.
    """
    try:
        return boto3.client(service, config=_CONFIG)
    except (BotoCoreError, ValueError) as error:
        raise EngineError(
            f"{service} cannot be asked ({error}): is AWS_DEFAULT_REGION the Region of the job?"
        ) from error


def keys(bucket: str, prefix: str, after: str = "") -> Iterator[str]:
    """Yield the keys of objects below a prefix in their order, from behind a key on; a page at a time.

    Raises EngineError.
    """
    asked: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "PaginationConfig": {"PageSize": _PAGE}}
    if after:
        asked["StartAfter"] = after
    with _told("s3:ListBucket", bucket, prefix):
        for page in client("s3").get_paginator("list_objects_v2").paginate(**asked):
            yield from (one["Key"] for one in page.get("Contents", ()) if not one["Key"].endswith("/"))


def folders(bucket: str, prefix: str) -> list[str]:
    """Return the names of the folders below a prefix that ends with a slash or is empty. Raise EngineError."""
    with _told("s3:ListBucket", bucket, prefix):
        pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
        found = [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", ())]
    return [name.removeprefix(prefix).rstrip("/") for name in found]


def fetch(bucket: str, key: str, path: Path) -> bool:
    """Write an object to a file; False if there is none. Raise EngineError."""
    with _told("s3:GetObject", bucket, key):
        for tries_left in reversed(range(_TRIES)):
            try:
                with path.open("wb") as file:
                    shutil.copyfileobj(client("s3").get_object(Bucket=bucket, Key=key)["Body"], file)
                return True
            except ClientError as error:
                code = error.response["Error"]["Code"]
                # Of an object that is not there S3 says so only to those who may list the whole bucket.
                if code not in _ABSENT and not (code in _REFUSED and _is_known_absent(bucket, key)):
                    raise
                break
            except (HTTPClientError, IncompleteReadError):
                if not tries_left:
                    raise
    path.unlink()
    return False


def _is_known_absent(bucket: str, key: str) -> bool:
    try:
        return key not in keys(bucket, f"{key.rpartition('/')[0]}/".lstrip("/"))
    except EngineError:
        return False


def send(path: Path, bucket: str, key: str, kms_key: str) -> None:
    """Write a file to an object, encrypted with a key of KMS or as the bucket says. Raise EngineError."""
    more = {"ContentType": mimetypes.guess_type(path.name)[0] or "application/octet-stream"}
    if kms_key:
        more |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}
    with _told("s3:PutObject", bucket, key):
        client("s3").upload_file(str(path), bucket, key, ExtraArgs=more)


@contextmanager
def _told(action: str, bucket: str, key: str) -> Iterator[None]:
    """Raise what S3 refuses as a sentence with bucket, action and role."""
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        # An upload hides the refusal behind an error of its own.
        refusal = error.__context__ if isinstance(error, Boto3Error) else error
        raise EngineError(_sentence(refusal or error, action, bucket, f"s3://{bucket}/{key}")) from error


def _sentence(error: BaseException, action: str, bucket: str, place: str) -> str:
    message, who = str(error), _role(str(error))
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if code == "NoSuchBucket":
        return f"there is no bucket {bucket}: {who} was to do {action} for {place}. Check the location."
    if code in _REFUSED:
        refused = _WHAT.search(message)
        return (
            f"access to the bucket {bucket} is denied: {who} may not do {refused.group(1) if refused else action} for "
            f"{place}. Allow it in the policies of the role, of the bucket and of the bucket's key."
        )
    return f"{action} by {who} on the bucket {bucket} has failed for {place}: {message}"


def _role(message: str) -> str:
    """The job's role, as a refusal names it, or as the job was given it; no call that could hang without internet."""
    if named := _WHO.search(message):
        return named.group(1)
    try:
        return str(json.loads(_DESCRIPTION.read_text(encoding="utf-8"))["RoleArn"])
    except (OSError, ValueError, KeyError, TypeError):
        return "the role of the job"


def ask(endpoint: str, body: str, inference_id: str) -> tuple[str, str]:
    """Return what an endpoint answers to rows of CSV, and the answer's content type. Raise EngineError."""
    try:
        answer = client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint,
            Body=body.encode(),
            ContentType="text/csv",
            Accept="text/csv",
            InferenceId=inference_id,
        )
        return answer["Body"].read().decode(), str(answer.get("ContentType", ""))
    except (BotoCoreError, ClientError, UnicodeDecodeError) as error:
        raise EngineError(f"the endpoint {endpoint} did not answer: {error}") from error


def send_metrics(payloads: Iterable[Mapping[str, Any]]) -> None:
    """Send metrics to CloudWatch. Raise EngineError."""
    try:
        for payload in payloads:
            client("cloudwatch").put_metric_data(**payload)
    except (BotoCoreError, ClientError) as error:
        raise EngineError(f"CloudWatch did not take the metrics: {error}") from error
