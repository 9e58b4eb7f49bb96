# SPDX-License-Identifier: Apache-2.0
"""Looks at things that requests name (`values/things.py`): one call each, which reads nothing of their content.

Each returns what is wrong with the thing, as the words of a problem; empty if it is there and usable. The errors of
`orchestrator.errors` say that it could not be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from orchestrator.aws.calls import calling, client
from orchestrator.aws.cloudwatch import alarms
from orchestrator.errors import ServiceRefusedError
from orchestrator.values import things
from orchestrator.values.things import Thing

_ABSENT: Final = frozenset(
    {
        *("404", "NoSuchBucket", "NotFound", "NotFoundException"),
        *("ImageNotFoundException", "RepositoryNotFoundException", "ResourceNotFoundException"),
        # How SageMaker says so of a package group, and of other things.
        *("ValidationException", "ResourceNotFound"),
    }
)
_CALLED_APIS: Final = ".execute-api"
"""How the name of the service ends for which the VPC endpoints of private APIs are.

https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
"""
_USABLE: Final = ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT")


class _AbsentError(Exception):
    """There is no such thing; the argument is the service's code."""


def at(thing: Thing) -> str:
    """Return what is wrong with a thing; empty if nothing is."""
    return _LOOKS[type(thing)][1](thing)


def service(thing: Thing) -> str:
    """Return the service that is asked about a thing."""
    return _LOOKS[type(thing)][0]


@contextmanager
def _looking(what: str) -> Iterator[None]:
    try:
        with calling(f"let the orchestrator look at {what}"):
            yield
    except ServiceRefusedError as refused:
        if refused.code in _ABSENT:
            raise _AbsentError(refused.code) from refused
        raise


def _stored(thing: things.StoredObject) -> str:
    """Keys are listed in order, so the first one that begins with a key is the key itself, if it is there."""
    try:
        with _looking(f"s3://{thing.bucket}/{thing.key}"):
            answer = client("s3").list_objects_v2(Bucket=thing.bucket, Prefix=thing.key, MaxKeys=1)
    except _AbsentError:
        return _no_bucket(thing.bucket)
    first = next((entry["Key"] for entry in answer.get("Contents", ())), "")
    if thing.is_prefix:
        at_all = f"whose key is {thing.key} or begins with it" if thing.key else "at all"
        return "" if first else f"there is no object {at_all} in the bucket {thing.bucket}: upload the data first"
    return "" if first == thing.key else f"there is no {thing.key} in the bucket {thing.bucket}: upload the file first"


def _bucket(thing: things.Bucket) -> str:
    try:
        with _looking(f"the bucket {thing.name}"):
            client("s3").head_bucket(Bucket=thing.name)
    except _AbsentError:
        return _no_bucket(thing.name)
    return ""


def _no_bucket(name: str) -> str:
    return f"there is no bucket {name}: make it first, or name another"


def _image(thing: things.Image) -> str:
    which: dict[str, Any] = {"imageIds": [_image_id(thing)]} if thing.tag or thing.digest else {"maxResults": 1}
    try:
        with _looking(f"the repository {thing.repository}"):
            client("ecr").describe_images(registryId=thing.account, repositoryName=thing.repository, **which)
    except _AbsentError as absent:
        if "Image" in str(absent):
            named = f"digest {thing.digest}" if thing.digest else f"tag {thing.tag}"
            return f"there is no image with the {named} in the repository {thing.repository}: push it first"
        return f"there is no repository {thing.repository} in the account {thing.account}: make it first"
    return ""


def _image_id(thing: things.Image) -> dict[str, str]:
    return {"imageDigest": thing.digest} if thing.digest else {"imageTag": thing.tag}


def _key(thing: things.Key) -> str:
    try:
        with _looking(f"the key {thing.arn}"):
            found = client("kms").describe_key(KeyId=thing.arn)["KeyMetadata"]
    except _AbsentError:
        return f"there is no key {thing.arn}"
    # Neither is a member that KMS must give; these are the values of a key that nobody has asked to be another.
    kind = (found.get("KeyUsage", _USABLE[0]), found.get("KeySpec", _USABLE[1]))
    if kind != _USABLE:
        return f"must be a symmetric key that encrypts: {thing.arn} is {kind[1]} for {kind[0]}"
    return (
        "" if found["KeyState"] == "Enabled" else f"must be a key that is enabled: {thing.arn} is {found['KeyState']}"
    )


def _secret(thing: things.Secret) -> str:
    try:
        with _looking(f"the secret {thing.arn}"):
            found = client("secretsmanager").describe_secret(SecretId=thing.arn)
    except _AbsentError:
        return f"there is no secret {thing.arn}"
    return f"must be a secret that stays: {thing.arn} is scheduled for deletion" if found.get("DeletedDate") else ""


def _topic(thing: things.Topic) -> str:
    try:
        with _looking(f"the topic {thing.arn}"):
            client("sns").get_topic_attributes(TopicArn=thing.arn)
    except _AbsentError:
        return f"there is no topic {thing.arn}: make it first"
    return ""


def _package_group(thing: things.PackageGroup) -> str:
    try:
        with _looking(f"the model package group {thing.name}"):
            client("sagemaker").describe_model_package_group(ModelPackageGroupName=thing.name)
    except _AbsentError:
        return f"there is no model package group {thing.name}: make it first"
    return ""


def _subnets(thing: things.Subnets) -> str:
    return _others("subnet", thing.ids, {found["SubnetId"] for found in _found_subnets(thing.ids)})


def _found_subnets(ids: tuple[str, ...]) -> list[dict[str, Any]]:
    with _looking(f"the subnets {', '.join(ids)}"):
        answer = client("ec2").describe_subnets(Filters=[{"Name": "subnet-id", "Values": list(ids)}])
    found: list[dict[str, Any]] = answer["Subnets"]
    return found


def _security_groups(thing: things.SecurityGroups) -> str:
    return _others("security group", thing.ids, {found["GroupId"] for found in _found_security_groups(thing.ids)})


def _found_security_groups(ids: tuple[str, ...]) -> list[dict[str, Any]]:
    with _looking(f"the security groups {', '.join(ids)}"):
        answer = client("ec2").describe_security_groups(Filters=[{"Name": "group-id", "Values": list(ids)}])
    found: list[dict[str, Any]] = answer["SecurityGroups"]
    return found


def _vpc(thing: things.Vpc) -> str:
    """All of one VPC, in as many zones as are needed; what is missing is told of all ids at once."""
    subnets = {found["SubnetId"]: found for found in _found_subnets(thing.subnets)}
    groups = {found["GroupId"]: found for found in _found_security_groups(thing.security_groups)}
    missing = (
        _others("subnet", thing.subnets, set(subnets)),
        _others("security group", thing.security_groups, set(groups)),
    )
    if any(missing):
        return "; ".join(filter(None, missing))
    vpcs = {one: found["VpcId"] for one, found in {**subnets, **groups}.items()}
    if len(set(vpcs.values())) > 1:
        return f"must be of one VPC: {', '.join(f'{one} is of {vpc}' for one, vpc in vpcs.items())}"
    zones = {found["AvailabilityZone"] for found in subnets.values()}
    if len(zones) < thing.zones:
        return (
            f"must have subnets in {thing.zones} Availability Zones at least, without which SageMaker makes no "
            f"endpoint: {', '.join(thing.subnets)} lie in {', '.join(sorted(zones))} alone"
        )
    return ""


def _vpc_endpoints(thing: things.VpcEndpoints) -> str:
    """There, for `execute-api`, and available; whatever is wrong with any of them is told at once."""
    with _looking(f"the VPC endpoints {', '.join(thing.ids)}"):
        answer = client("ec2").describe_vpc_endpoints(Filters=[{"Name": "vpc-endpoint-id", "Values": list(thing.ids)}])
    found = {one["VpcEndpointId"]: one for one in answer["VpcEndpoints"]}
    wrong = [_unfit(found[one]) for one in thing.ids if one in found]
    return "; ".join(filter(None, [_others("VPC endpoint", thing.ids, set(found)), *wrong]))


def _unfit(endpoint: Mapping[str, Any]) -> str:
    one, service, state = endpoint["VpcEndpointId"], endpoint["ServiceName"], endpoint["State"]
    if not service.endswith(_CALLED_APIS):
        return f"must be for {_CALLED_APIS.removeprefix('.')}, by which APIs are called: {one} is for {service}"
    # The SDK describes states with a capital letter, and EC2 answers without.
    return "" if state.lower() == "available" else f"must be available: {one} is {state}"


def _others(kind: str, ids: tuple[str, ...], found: set[str]) -> str:
    missing = [one for one in ids if one not in found]
    return f"there is no {kind} {' and no '.join(missing)} in this account and Region" if missing else ""


def _alarms(thing: things.Alarms) -> str:
    return _others("alarm", thing.names, set(alarms.named(thing.names)))


_LOOKS: Final[Mapping[type, tuple[str, Callable[[Any], str]]]] = {
    things.StoredObject: ("s3", _stored),
    things.Bucket: ("s3", _bucket),
    things.Image: ("ecr", _image),
    things.Key: ("kms", _key),
    things.Secret: ("secretsmanager", _secret),
    things.Topic: ("sns", _topic),
    things.PackageGroup: ("sagemaker", _package_group),
    things.Subnets: ("ec2", _subnets),
    things.SecurityGroups: ("ec2", _security_groups),
    things.Vpc: ("ec2", _vpc),
    things.Alarms: ("cloudwatch", _alarms),
    things.VpcEndpoints: ("ec2", _vpc_endpoints),
}
"""Kind of thing -> the service that is asked, and the look."""
