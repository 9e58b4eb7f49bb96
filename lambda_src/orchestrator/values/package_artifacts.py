# SPDX-License-Identifier: Apache-2.0
"""Places of the models of a model package version, which the role of a pipeline that deploys it must read.

A package names objects that the request does not, so they are looked up before anything is planned: a role that may
read whatever a package could name may read everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from orchestrator.errors import Problem
from orchestrator.reach import BUCKET as A_BUCKET
from orchestrator.reach import Reach
from orchestrator.values.common import BUCKET, KEY

# A comma divides ARNs in a parameter; what else is kept out of keys would change the meaning of an ARN.
_PLACE: Final = re.compile(rf"s3://(?P<bucket>{BUCKET})/(?P<key>{KEY})")
_LONGEST: Final = 4_096


@dataclass(frozen=True)
class PackagedModel:
    """The places of the models in a version; one that ends in a star is the prefix of several keys."""

    places: tuple[str, ...] = ()
    """`bucket/key` or `bucket/prefix*`."""

    def joined(self, others: Self) -> Self:
        """Return these places and those of other models, each once."""
        return replace(self, places=tuple(dict.fromkeys((*self.places, *others.places))))

    def parameters(self, partition: str) -> dict[str, str]:
        """Values of the parameters of a blueprint by which its role may read them; each text has commas between."""
        prefixes = [place for place in self.places if place.endswith("*")]
        return {
            "ModelPackageObjects": ",".join(f"arn:{partition}:s3:::{place}" for place in self.places),
            "ModelPackageBuckets": _each_once(f"arn:{partition}:s3:::{place.partition('/')[0]}" for place in prefixes),
            "ModelPackagePrefixes": _each_once(place.partition("/")[2] for place in prefixes),
        }


def of_description(description: Mapping[str, Any]) -> PackagedModel:
    """The model of a version as DescribeModelPackage describes it; raises `ValueError` for a place that is none."""
    containers = description.get("InferenceSpecification", {}).get("Containers", [])
    return PackagedModel(tuple(dict.fromkeys(place for container in containers for place in _places(container))))


def problems(key: str, model: PackagedModel, reach: Reach) -> Iterator[Problem]:
    """Reasons why a request may not deploy a version with this model."""
    for place in model.places:
        if problem := reach.problem(A_BUCKET, place):
            yield Problem(key, f"names a version whose model {problem}; it is {place}")
    longest = max(map(len, model.parameters("aws-iso-b").values()))
    if longest > _LONGEST:
        yield Problem(
            key, f"names a version of too many models: their places are {longest - _LONGEST} characters more than fit"
        )


def _places(container: Mapping[str, Any]) -> Iterator[str]:
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    if url := container.get("ModelDataUrl"):
        yield _place(url)
    if uri := source.get("S3Uri"):
        yield f"{_place(uri)}{'*' if source.get('S3DataType') == 'S3Prefix' else ''}"


def _place(uri: str) -> str:
    found = _PLACE.fullmatch(uri)
    if found is None or "," in uri:
        raise ValueError(
            f"its model is at {uri}: it must be at s3://, a bucket, and a key without commas and wildcards"
        )
    return f"{found['bucket']}/{found['key']}"


def _each_once(texts: Iterator[str]) -> str:
    return ",".join(dict.fromkeys(texts))
