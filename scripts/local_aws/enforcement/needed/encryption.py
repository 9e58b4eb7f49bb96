# SPDX-License-Identifier: Apache-2.0
"""Permissions on the key of an encrypted topic or queue for its senders, and on that of an object for its readers.

https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from scripts.local_aws.enforcement.operations import Need

# AWS managed keys may be used by everyone who may use the service.
_OF_AWS: Final = "alias/aws/"
_SENDING: Final = ("kms:GenerateDataKey", "kms:Decrypt")
_URL_SUFFIXES: Final[Mapping[str, str]] = {"aws-cn": "amazonaws.com.cn"}


def behind(action: str, resource: str) -> Iterator[Need]:
    """Yield the needs on a key that follow from an action on a resource."""
    if action in _READING:
        yield from _of_object(resource)
        return
    find = _KEYS.get(action)
    key = find(resource) if find else ""
    if not key or key.removeprefix("arn:").split(":")[-1].startswith(_OF_AWS):
        return
    _, partition, service, region, account, _ = resource.split(":", 5)
    for use in _SENDING:
        yield _use(use, _arn(key, partition, region, account), service)


def _of_object(arn: str) -> Iterator[Need]:
    """Readers of an object need its key, which S3 uses on their behalf. Only keys named by ARN are considered."""
    bucket, _, key = arn.partition(":::")[2].partition("/")
    partition, account = s3_backends.bucket_accounts.get(bucket, ("", ""))
    found = s3_backends[account][partition].get_object(bucket, key) if account else None
    used = (found.kms_key_id if found is not None else "") or ""
    if ":key/" in used:
        yield _use("kms:Decrypt", used, "s3")


def _use(action: str, key_arn: str, service: str) -> Need:
    _, partition, _, region, account, _ = key_arn.split(":", 5)
    via = f"{service}.{region}.{_URL_SUFFIXES.get(partition, 'amazonaws.com')}"
    return Need(action, key_arn, {"kms:viaservice": [via], "kms:calleraccount": [account]})


def _arn(key: str, partition: str, region: str, account: str) -> str:
    """Return the key's ARN from its ARN, id or alias."""
    if key.startswith("arn:") and ":key/" in key:
        return key
    name = key.rsplit(":", maxsplit=1)[-1]
    if name.startswith("alias/"):
        name = str(kms_backends[account][region].get_key_id_from_alias(name) or name)
    return f"arn:{partition}:kms:{region}:{account}:key/{name.removeprefix('key/')}"


def _of_topic(arn: str) -> str:
    _, _, _, region, account, _ = arn.split(":", 5)
    topic = sns_backends[account][region].topics.get(arn)
    return (topic.kms_master_key_id or "") if topic is not None else ""


def _of_queue(arn: str) -> str:
    _, _, _, region, account, name = arn.split(":", 5)
    queue = sqs_backends[account][region].queues.get(name)
    return str(getattr(queue, "kms_master_key_id", "") or "")


_READING: Final = ("s3:GetObject", "s3:GetObjectVersion")
_KEYS: Final[Mapping[str, Callable[[str], str]]] = {"sns:Publish": _of_topic, "sqs:SendMessage": _of_queue}
