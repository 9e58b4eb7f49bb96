# SPDX-License-Identifier: Apache-2.0
"""Makes what a request names, as far as the marks of its keys say that it must be there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import ClientError

from orchestrator.errors import RefusedRequestError
from orchestrator.existence import named_things
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.values import things

Clients = Callable[[str], Any]
_ROLE: Final = "arn:aws:iam::111122223333:role/model"


def all_named(body: Any, launch: Launch, clients: Clients) -> None:
    """Make what is not there of all that a valid request of a built-in type names; keys and secrets are left alone."""
    try:
        request = BUILT_IN.parse(body, launch).request
    except RefusedRequestError:
        return
    for named in named_things.of(request, launch):
        if type(named.thing) in _MAKERS:
            _MAKERS[type(named.thing)](named.thing, clients)
    if not launch.multi_account:
        for name in request.monitored_endpoints():
            endpoint(name, clients)


def endpoint(name: str, clients: Clients) -> None:
    """Make an endpoint if there is none of that name."""
    sagemaker = clients("sagemaker")
    pages = sagemaker.get_paginator("list_endpoints").paginate()
    if any(found["EndpointName"].lower() == name.lower() for page in pages for found in page["Endpoints"]):
        return
    variant = {"VariantName": "v", "ModelName": f"{name}-m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_model(ModelName=f"{name}-m", ExecutionRoleArn=_ROLE, PrimaryContainer={"Image": "i"})
    sagemaker.create_endpoint_config(EndpointConfigName=f"{name}-c", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-c")


def _bucket(name: str, clients: Clients) -> None:
    s3 = clients("s3")
    with suppress(ClientError):
        s3.head_bucket(Bucket=name)
        return
    region = s3.meta.region_name
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)


def _stored(thing: things.StoredObject, clients: Clients) -> None:
    _bucket(thing.bucket, clients)
    listed = clients("s3").list_objects_v2(Bucket=thing.bucket, Prefix=thing.key, MaxKeys=1).get("Contents", [])
    if not listed or (not thing.is_prefix and listed[0]["Key"] != thing.key):
        clients("s3").put_object(Bucket=thing.bucket, Key=thing.key or "data", Body=b"something")


def _image(thing: things.Image, clients: Clients) -> None:
    ecr = clients("ecr")
    with suppress(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName=thing.repository)
    if thing.tag:
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": [], "config": {"digest": thing.tag}})
        with suppress(ClientError):
            ecr.put_image(repositoryName=thing.repository, imageManifest=manifest, imageTag=thing.tag)


def _group(thing: things.PackageGroup, clients: Clients) -> None:
    with suppress(ClientError):
        clients("sagemaker").create_model_package_group(ModelPackageGroupName=thing.name.rpartition("/")[2])


_MAKERS: Final[Mapping[type, Callable[[Any, Clients], None]]] = {
    things.StoredObject: _stored,
    things.Bucket: lambda thing, clients: _bucket(thing.name, clients),
    things.Image: _image,
    things.PackageGroup: _group,
}


def alarm(client: Callable[[str], Any], name: str, state: str) -> str:
    """Make an alarm that is in a state, and return its name."""
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="Orders",
        Namespace="Quayside",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="made so")
    return name
