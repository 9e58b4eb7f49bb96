# SPDX-License-Identifier: Apache-2.0
"""Things in AWS that requests name and that must be there before a pipeline is made of them.

A value type says what it names with the mark `MustExist`; the request's key has it, and nothing else says so again.
Where a value is read anyway, such as the header of a baseline, the reading proves that it is there, and it has no mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

_ECR_IMAGE: Final = re.compile(
    r"(?P<account>[0-9]{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.[a-z0-9.-]+/"
    r"(?P<repository>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>.+))?"
)
_LATEST: Final = "latest"


@dataclass(frozen=True)
class Around:
    """What a value does not say itself."""

    account: str
    """The orchestrator's account."""
    region: str
    assets_bucket: str


@dataclass(frozen=True)
class StoredObject:
    """An object in S3; with `is_prefix`, an object of this key or any whose key begins with it."""

    bucket: str
    key: str
    is_prefix: bool = False

    def is_near(self, around: Around) -> bool:
        """True if it is known to be the orchestrator's account that has it."""
        return self.bucket == around.assets_bucket


@dataclass(frozen=True)
class Bucket:
    """A bucket."""

    name: str

    def is_near(self, around: Around) -> bool:
        """True if it is known to be the orchestrator's account that has it."""
        return self.name == around.assets_bucket


@dataclass(frozen=True)
class Image:
    """An image in a private Amazon ECR repository, by its digest or else by its tag; without both, the repository."""

    account: str
    region: str
    repository: str
    tag: str = ""
    digest: str = ""

    def is_near(self, around: Around) -> bool:
        """True if it is known to be the orchestrator's account that has it."""
        return self.account == around.account


@dataclass(frozen=True)
class _OfArn:
    arn: str

    @property
    def account(self) -> str:
        """Its account."""
        return self.arn.split(":")[4]

    @property
    def region(self) -> str:
        """Its Region."""
        return self.arn.split(":")[3]

    def is_near(self, around: Around) -> bool:
        """True if it is known to be the orchestrator's account that has it."""
        return self.account == around.account


@dataclass(frozen=True)
class Key(_OfArn):
    """A KMS key, or an alias of one."""


@dataclass(frozen=True)
class Secret(_OfArn):
    """A secret."""


@dataclass(frozen=True)
class Topic(_OfArn):
    """An SNS topic."""


@dataclass(frozen=True)
class PackageGroup:
    """A model package group, by its name or, in another account, its ARN."""

    name: str

    @property
    def region(self) -> str:
        """Its Region; empty if it is the orchestrator's."""
        return self.name.split(":")[3] if ":" in self.name else ""

    def is_near(self, around: Around) -> bool:
        """True if it is known to be the orchestrator's account that has it."""
        return ":" not in self.name or self.name.split(":")[4] == around.account


@dataclass(frozen=True)
class Subnets:
    """Subnets of a VPC."""

    ids: tuple[str, ...]

    def is_near(self, _: Around) -> bool:
        """False: an id says no account."""
        return False


@dataclass(frozen=True)
class SecurityGroups:
    """Security groups of a VPC."""

    ids: tuple[str, ...]

    def is_near(self, _: Around) -> bool:
        """False: an id says no account."""
        return False


@dataclass(frozen=True)
class Alarms:
    """Alarms of CloudWatch."""

    names: tuple[str, ...]

    def is_near(self, _: Around) -> bool:
        """False: a name says no account."""
        return False


@dataclass(frozen=True)
class Vpc:
    """Subnets and security groups of one VPC."""

    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    zones: int = 1
    """Availability Zones in which the subnets must lie at least."""

    def is_near(self, _: Around) -> bool:
        """False: an id says no account."""
        return False


@dataclass(frozen=True)
class VpcEndpoints:
    """VPC endpoints, through which private APIs are called."""

    ids: tuple[str, ...]

    def is_near(self, _: Around) -> bool:
        """False: an id says no account."""
        return False


OfVpcs = Subnets | SecurityGroups | Vpc | VpcEndpoints
Thing = StoredObject | Bucket | Image | Key | Secret | Topic | PackageGroup | Alarms | OfVpcs


@dataclass(frozen=True)
class MustExist:
    """Mark of a value that names a thing which must be there; `named` gives `None` for a value that names none."""

    named: Callable[[Any, Around], Thing | None]


def _image(uri: str, _: Around) -> Image | None:
    found = _ECR_IMAGE.fullmatch(uri)
    if found is None:
        return None
    digest = found["digest"] or ""
    return Image(found["account"], found["region"], found["repository"], found["tag"] or _LATEST, digest)


def _located(location: str, around: Around) -> StoredObject:
    bucket, _, key = location.partition("/")
    return StoredObject(bucket, key, is_prefix=True)


AN_ASSET: Final = MustExist(lambda key, around: StoredObject(around.assets_bucket, key))
"""A key in the assets bucket."""
ASSETS: Final = MustExist(lambda key, around: StoredObject(around.assets_bucket, key, is_prefix=True))
"""A key, or the prefix of several, in the assets bucket."""
FILES: Final = MustExist(lambda prefix, around: StoredObject(around.assets_bucket, f"{prefix}/", is_prefix=True))
"""A prefix in the assets bucket that files are below of."""
DATA: Final = MustExist(_located)
"""A bucket, a slash, and a key or the prefix of several."""
ITS_BUCKET: Final = MustExist(lambda location, _: Bucket(location.partition("/")[0]))
"""A place to which something is written: of all that it names, the bucket must be there."""
AN_IMAGE: Final = MustExist(_image)
A_REPOSITORY: Final = MustExist(lambda name, around: Image(around.account, around.region, name))
A_KEY: Final = MustExist(lambda arn, _: Key(arn))
A_SECRET: Final = MustExist(lambda arn, _: Secret(arn))
A_TOPIC: Final = MustExist(lambda arn, _: Topic(arn))
A_PACKAGE_GROUP: Final = MustExist(lambda name, _: PackageGroup(name))
SUBNETS: Final = MustExist(lambda ids, _: Subnets(tuple(ids)))
SECURITY_GROUPS: Final = MustExist(lambda ids, _: SecurityGroups(tuple(ids)))
VPC_ENDPOINTS: Final = MustExist(lambda ids, _: VpcEndpoints(tuple(ids)))
ALARMS: Final = MustExist(lambda names, _: Alarms(tuple(names)))


def of_vpc(zones: int = 1) -> MustExist:
    """Return the mark of an object with `subnets` and `security_groups`, which need as many Availability Zones."""
    return MustExist(lambda vpc, _: Vpc(tuple(vpc.subnets), tuple(vpc.security_groups), zones))
