# SPDX-License-Identifier: Apache-2.0
"""Resource policies, where moto keeps them, and owners of resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import lambda_backends
from moto.ecr.models import ecr_backends
from moto.events.models import events_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.sagemaker.models import sagemaker_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from scripts.iam import documents
from scripts.iam.evaluation import Resource

_FIELDS: Final = 6


@dataclass(frozen=True)
class _Arn:
    text: str
    partition: str
    service: str
    region: str
    account: str
    rest: str


def resource(arn: str, caller_account: str) -> Resource:
    """Return a resource with its owner and its policy. A resource whose ARN has no account is the caller's."""
    if arn.count(":") < _FIELDS - 1:
        return Resource(arn, caller_account)
    parsed = _Arn(arn, *arn.split(":", _FIELDS - 1)[1:])
    if parsed.service == "s3":
        return _bucket_or_object(parsed, caller_account)
    # A pattern in place of the account means the caller's own resources.
    account = parsed.account if parsed.account.isdigit() else caller_account
    reader = _READERS.get(parsed.service)
    if reader is None:
        return Resource(arn, account)
    policy = _read(reader, parsed)
    # KMS says of a key of the caller's own account that it is not there.
    is_there = bool(policy) or account != caller_account
    return Resource(arn, account, documents.parse(policy) if policy else None, is_there and _needs_policy(parsed))


def _read(reader: Callable[[_Arn], Any], arn: _Arn) -> Any:
    """Return what the reader finds; None in a Region that moto does not know."""
    try:
        return reader(arn)
    except KeyError:
        return None


def _needs_policy(arn: _Arn) -> bool:
    # https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html; an alias has no policy.
    return arn.service == "kms" and arn.rest.startswith("key/")


def trusted(role_arn: str, caller_account: str) -> Resource:
    """Return a role as the resource of sts:AssumeRole: its trust policy has to allow in any case."""
    arn = _Arn(role_arn, *role_arn.split(":", _FIELDS - 1)[1:])
    roles = list(iam_backends[arn.account][arn.partition].roles.values())
    found = next((role for role in roles if role.arn == role_arn), None)
    policy = documents.parse(found.assume_role_policy_document) if found is not None else None
    return Resource(role_arn, arn.account or caller_account, policy, needs_policy=True)


def _bucket_or_object(arn: _Arn, caller_account: str) -> Resource:
    bucket_name = arn.rest.split("/", 1)[0]
    _, account = s3_backends.bucket_accounts.get(bucket_name, (arn.partition, caller_account))
    bucket = s3_backends[account][arn.partition].buckets.get(bucket_name)
    policy = documents.parse(bucket.policy.decode()) if bucket is not None and bucket.policy else None
    return Resource(arn.text, account, policy)


def _of_queue(arn: _Arn) -> Any:
    queue = sqs_backends[arn.account][arn.region].queues.get(arn.rest)
    return queue.policy if queue is not None else None


def _of_topic(arn: _Arn) -> Any:
    topic = sns_backends[arn.account][arn.region].topics.get(arn.text)
    return topic.policy if topic is not None else None


def _of_function(arn: _Arn) -> Any:
    name = arn.rest.split(":")[1] if ":" in arn.rest else arn.rest
    try:
        function = lambda_backends[arn.account][arn.region].get_function(name)
    except LambdaClientError:
        return None
    return {"Statement": function.policy.statements}


def _of_bus(arn: _Arn) -> Any:
    kind, _, name = arn.rest.partition("/")
    bus = events_backends[arn.account][arn.region].event_buses.get(name) if kind == "event-bus" else None
    return bus.policy if bus is not None else None


def _of_key(arn: _Arn) -> Any:
    key = kms_backends[arn.account][arn.region].keys.get(arn.rest.removeprefix("key/"))
    return key.policy if key is not None else None


def _of_repository(arn: _Arn) -> Any:
    repository = ecr_backends[arn.account][arn.region].repositories.get(arn.rest.removeprefix("repository/"))
    return repository.policy if repository is not None else None


def _of_model_packages(arn: _Arn) -> Any:
    """Return the policy of a model package group, which also applies to its versions."""
    name = arn.rest.split("/")[1] if arn.rest.startswith("model-package") and "/" in arn.rest else ""
    groups = sagemaker_backends[arn.account][arn.region].model_package_groups
    group = next((each for each in list(groups.values()) if each.model_package_group_name.lower() == name), None)
    policy = getattr(group, "resource_policy", None)
    return policy or None


_READERS: Final[Mapping[str, Callable[[_Arn], Any]]] = {
    "ecr": _of_repository,
    "events": _of_bus,
    "kms": _of_key,
    "lambda": _of_function,
    "sagemaker": _of_model_packages,
    "sns": _of_topic,
    "sqs": _of_queue,
}
