# SPDX-License-Identifier: Apache-2.0
"""Resources that requests may name: the operator's decision, declared once for validation and for IAM.

A value of a request that names a bucket, a repository, a model package group, a secret or a key has a `Kind`. The
launch parameter of that kind holds patterns of names, in which `*` stands for anything as in IAM. `AllowedAccounts`
limits the owners of such resources. The solution's own assets bucket and image repository are always allowed. Its other
buckets never are: their content is deployed or trusted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

ANY: Final = "*"
ACCOUNTS: Final = "AllowedAccounts"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_NO_BUCKETS: Final = ("-s3alias", "--ol-s3", ".mrap")
"""Suffixes that S3 reserves for access points, whose names do not show the bucket behind them."""
_SECRET_SUFFIX: Final = re.compile(r"-[a-zA-Z0-9]{6}$")
"""Suffix that Secrets Manager adds to a name in an ARN."""
_ECR_IMAGE: Final = re.compile(r"(?P<account>[0-9]{12})\.dkr[.-]ecr[^/]*/(?P<repository>[^:@]+)")


@dataclass(frozen=True)
class Thing:
    """The resource that a value names; `account` is empty if the value does not contain it."""

    name: str
    account: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of resource that requests name and that others may own."""

    words: str
    """Name in messages; also the mark of a key in the schema of a request."""
    parameter: str
    """Launch parameter with the patterns of allowed names."""
    named_by: Callable[[str], Thing]
    arns: tuple[str, ...]
    """ARNs for a pattern `{}`. IAM accepts a star as partition, as in AWS's own policies."""


def _bucket(value: str) -> Thing:
    return Thing(value.removeprefix("s3://").split("/")[0])


def _repository(value: str) -> Thing:
    """Return the repository of this account, or that of an image; for registries other than ECR, with its address."""
    found = _ECR_IMAGE.match(value)
    before, slash, last = value.rpartition("/")
    return Thing(found["repository"], found["account"]) if found else Thing(before + slash + re.split("[:@]", last)[0])


def _in_arn(value: str) -> Thing:
    """Return the resource of an ARN without its type, or a plain name."""
    if not value.startswith("arn:"):
        return Thing(value)
    _, _, _, _, account, rest = value.split(":", 5)
    return Thing(rest, account)


def _package_group(value: str) -> Thing:
    """Return the group of a model package, or the group itself."""
    thing = _in_arn(value)
    return Thing(thing.name.split("/")[1], thing.account) if thing.account else thing


def _secret(value: str) -> Thing:
    thing = _in_arn(value)
    return Thing(_SECRET_SUFFIX.sub("", thing.name.removeprefix("secret:")), thing.account)


def _key(value: str) -> Thing:
    """Return `key/<id>` or `alias/<name>`."""
    thing = _in_arn(value)
    return thing if "/" in thing.name else Thing(f"key/{thing.name}", thing.account)


BUCKET: Final = Kind("bucket", "AllowedBuckets", _bucket, ("arn:*:s3:::{}", "arn:*:s3:::{}/*"))
REPOSITORY: Final = Kind("repository", "AllowedRepositories", _repository, ("arn:*:ecr:*:*:repository/{}",))
PACKAGE_GROUP: Final = Kind(
    "model package group", "AllowedPackageGroups", _package_group, ("arn:*:sagemaker:*:*:model-package/{}/*",)
)
SECRET: Final = Kind("secret", "AllowedSecrets", _secret, ("arn:*:secretsmanager:*:*:secret:{}-??????",))
KEY: Final = Kind("key", "AllowedKeys", _key, ("arn:*:kms:*:*:{}",))
KINDS: Final = (BUCKET, REPOSITORY, PACKAGE_GROUP, SECRET, KEY)

_ALIAS: Final = "alias/"
_SOME_KEY: Final = "key/*"


@dataclass(frozen=True)
class Reach:
    """The resources that requests to one orchestrator may name; without arguments all."""

    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Patterns by launch parameter; an absent parameter allows everything."""
    accounts: frozenset[str] = frozenset({ANY})
    """Allowed owners: the orchestrator's account, those of the stages, and those that the operator adds."""
    account: str = ""
    """The orchestrator's account."""
    own: Mapping[str, str] = field(default_factory=dict)
    """Names by launch parameter that are allowed in this account regardless of the patterns."""
    reserved_buckets: frozenset[str] = frozenset()

    def problem(self, kind: Kind, value: str) -> str:
        """Return why a request may not name the value's resource, as "must ..."; empty when it may."""
        thing = kind.named_by(value)
        is_own = thing.name == self.own.get(kind.parameter) and thing.account in {"", self.account}
        return "" if is_own or not value else next(self._problems(kind, thing), "")

    def _problems(self, kind: Kind, thing: Thing) -> Iterator[str]:
        if kind is BUCKET and thing.name in self.reserved_buckets:
            yield (
                f"must not lie in {thing.name}, a bucket of the orchestrator itself, whose content is deployed or "
                "believed: take the assets bucket or one of your own"
            )
        if kind is BUCKET and thing.name.endswith(_NO_BUCKETS):
            yield f"must lie in a bucket by its own name: {thing.name} is that of an access point"
        if thing.account and not self.accounts & {ANY, thing.account}:
            yield f"must not be of the account {thing.account}: the launch parameter {ACCOUNTS} does not allow it"
        patterns = self.allowed.get(kind.parameter, (ANY,))
        if not any(matches(pattern, thing.name) for pattern in patterns):
            some = ", ".join(pattern for pattern in patterns if pattern)
            yield f"must name a {kind.words} that the launch parameter {kind.parameter} allows: {some or 'none'}"

    def reserved_in(self, text: str) -> str:
        """Return the reserved bucket in a location, URI, URL, ARN or any other text; empty if there is none."""
        forms = ("{}/", "s3://{}", ":s3:::{}", "//{}.s3")
        led_to = (name for name in sorted(self.reserved_buckets) if any(form.format(name) in text for form in forms))
        return next(led_to, "")

    def arns(self, *buckets: str) -> str:
        """Return comma-separated ARNs that pipeline roles may access; `buckets` are further ones that they use."""
        names = {
            kind: [*self.allowed.get(kind.parameter, (ANY,)), *filter(None, [self.own.get(kind.parameter)])]
            for kind in KINDS
        }
        names[BUCKET] += buckets
        # IAM matches keys by their ids, never by an alias: the role's own statement names the alias.
        names[KEY] = [_SOME_KEY if name.startswith(_ALIAS) else name for name in names[KEY]]
        found = (form.format(name) for kind in KINDS for name in names[kind] for form in kind.arns)
        return ",".join(dict.fromkeys(found))


def matches(pattern: str, name: str) -> bool:
    """True if a name matches a pattern, in which a star stands for any characters, or none."""
    first, *others = pattern.split(ANY)
    if not others:
        return name == pattern
    *inner, last = others
    rest = name.removeprefix(first) if name.startswith(first) else None
    for part in inner:
        rest = rest.partition(part)[2] if rest is not None and part in rest else None
    return rest is not None and rest.endswith(last)
