# SPDX-License-Identifier: Apache-2.0
"""Data of jobs in S3, and SageMaker's messages about it. Every call is made as the job's role."""

from __future__ import annotations

from botocore.exceptions import ClientError
from moto.sagemaker.exceptions import ValidationError

from scripts.local_aws import clients
from scripts.local_aws.serving.artifacts import split_s3_uri


def input_keys(uri: str, role_arn: str, region: str) -> list[str]:
    """Return the objects whose keys begin with an S3 URI's key, without the empty ones that represent folders.

    Raises ClientError.
    """
    bucket, prefix = split_s3_uri(uri)
    pages = (
        clients.client("s3", role_arn, region, by="sagemaker.amazonaws.com")
        .get_paginator("list_objects_v2")
        .paginate(Bucket=bucket, Prefix=prefix)
    )
    return [item["Key"] for page in pages for item in page.get("Contents", []) if not item["Key"].endswith("/")]


def check_input(uri: str, role_arn: str, region: str, *, may_be_empty: bool = False) -> None:
    """Refuse a prefix that the role may not list, or that has no objects, as the Create operations do.

    `may_be_empty` is true for results of another job that the local AWS does not run. Raises ValidationError.
    """
    try:
        is_usable = bool(input_keys(uri, role_arn, region)) or may_be_empty
    except ClientError:
        is_usable = False
    if not is_usable:
        raise ValidationError(
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
            f"exists in the selected region ({region}), that objects exist under that S3 prefix, and "
            f'that the role "{role_arn}" has "s3:ListBucket" permissions on bucket "{split_s3_uri(uri)[0]}".'
        )


def encryption(kms_key_id: str | None) -> dict[str, str]:
    """Return PutObject's arguments for encryption with a key; empty for the bucket's default."""
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key_id} if kms_key_id else {}


def see_logs(side: str, words: str) -> str:
    """Return a failure reason in SageMaker's form; `side` is its error class (`AlgorithmError`, ...)."""
    return f"{side}: See job logs for more information. (The local AWS has no such logs; it says: {words})"
