# SPDX-License-Identifier: Apache-2.0
"""AWS access of all commands: boto3's own chain of settings, or the local AWS."""

from __future__ import annotations

import functools
import urllib.parse
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, NoRegionError
from botocore.loaders import create_loader

_LOCAL_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_LOCAL_KEYS: Final = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
_CONSOLES: Final = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_USER_AGENT: Final = "mlops-workload-orchestrator"


@dataclass(frozen=True)
class Aws:
    """Region of an account; `endpoint_url` is empty on AWS itself."""

    session: Any
    region: str
    endpoint_url: str = ""
    _clients: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    retries: int = 5
    """How often a call that AWS or the network fails is repeated."""

    def client(self, service: str) -> Any:
        """Return a boto3 client, made once: loading a service's description takes longer than a call."""
        if service not in self._clients:
            config = Config(retries={"mode": "standard", "max_attempts": self.retries}, user_agent_extra=_USER_AGENT)
            self._clients[service] = self.session.client(
                service, region_name=self.region, endpoint_url=self.endpoint_url or None, config=config
            )
        return self._clients[service]

    def repeating(self, retries: int) -> Aws:
        """Return access to the same, whose clients repeat a failed call so often."""
        return Aws(self.session, self.region, self.endpoint_url, retries=retries)

    @property
    def is_local(self) -> bool:
        """Whether this is an AWS on this machine."""
        return urllib.parse.urlsplit(self.endpoint_url).hostname in _LOCAL_HOSTS

    @functools.cached_property
    def account(self) -> str:
        """Account of the caller."""
        return str(self.client("sts").get_caller_identity()["Account"])

    @property
    def place(self) -> str:
        """Region and account, in words for a person who must not mistake them."""
        return f"{self.region} of the account {self.account}{' on the local AWS' if self.is_local else ''}"

    @property
    def partition(self) -> str:
        """Partition of the Region, such as `aws` or `aws-cn`."""
        return str(self.session.get_partition_for_region(self.region))

    @property
    def url_suffix(self) -> str:
        """Domain of the partition's services, such as `amazonaws.com`."""
        partitions = create_loader().load_data("partitions")["partitions"]
        return next(str(one["outputs"]["dnsSuffix"]) for one in partitions if one["id"] == self.partition)

    @property
    def console(self) -> str:
        """Domain of the partition's management console; empty if unknown."""
        return _CONSOLES.get(self.partition, "")


def is_denied(error: ClientError) -> bool:
    """Whether AWS refused a call because the caller may not make it."""
    return error.response["Error"].get("Code") in _DENIED


def local(endpoint_url: str, region: str) -> Aws:
    """Return access to the local AWS at an address, which accepts any access key."""
    return Aws(boto3.session.Session(region_name=region, **_LOCAL_KEYS), region, endpoint_url)


def of_environment(profile: str | None, region: str | None, endpoint_url: str) -> Aws:
    """Return access to AWS from profile, environment and arguments. Raise botocore's errors, such as NoRegionError."""
    session = boto3.session.Session(profile_name=profile, region_name=region)
    if session.region_name is None:
        raise NoRegionError
    return Aws(session, session.region_name, endpoint_url)
