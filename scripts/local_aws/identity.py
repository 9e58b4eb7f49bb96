# SPDX-License-Identifier: Apache-2.0
"""Identities of principals: every call that the local AWS makes on a principal's behalf uses its credentials.

Credentials and clients come from this module alone, so that IAM can be enforced at the server's edge and nowhere else.
"""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.model import ServiceModel

from scripts.local_aws.moto_start import shared_loader

_HOME_CREDENTIALS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
# CreateEndpoint answers only after the libraries of its image have been downloaded (`serving/environments.py`).
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 2}, connect_timeout=5, read_timeout=900)
# botocore's sessions may not be shared while clients are being made.
_making_clients = threading.Lock()


def service_model(service: str) -> ServiceModel:
    """Return the SDK's description of a service. Raise botocore's UnknownServiceError."""
    return ServiceModel(shared_loader().load_service_model(service, "service-2"), service)


@dataclass(frozen=True)
class Credentials:
    """Keys of a principal, issued by STS."""

    aws_access_key_id: str
    aws_secret_access_key: str
    aws_session_token: str

    def environment(self) -> dict[str, str]:
        """Return the keys under the names that AWS's SDKs read from a process environment."""
        return {
            "AWS_ACCESS_KEY_ID": self.aws_access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.aws_secret_access_key,
            "AWS_SESSION_TOKEN": self.aws_session_token,
        }


@dataclass(frozen=True)
class LocalIdentity:
    """Address of the local AWS (`http://127.0.0.1:<port>`) and its home Region."""

    endpoint_url: str
    region: str

    def credentials(self, role_arn: str, session_name: str = "local-aws") -> Credentials:
        """Assume a role through the local STS; the credentials belong to the account in the ARN."""
        keys = self._sts.assume_role(RoleArn=role_arn, RoleSessionName=session_name)["Credentials"]
        return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    def client(self, service: str, role_arn: str, region: str | None = None) -> Any:
        """Return a boto3 client that acts as `role_arn`."""
        return self.client_with(service, region or self.region, **vars(self.credentials(role_arn)))

    def client_with(self, service: str, region: str, **keys: str) -> Any:
        """Return a boto3 client with the given keys, named as boto3 names them."""
        with _making_clients:
            return self._session.client(service, region, endpoint_url=self.endpoint_url, config=_CONFIG, **keys)

    @functools.cached_property
    def _session(self) -> Any:
        return boto3.session.Session()

    @functools.cached_property
    def _sts(self) -> Any:
        return self.client_with("sts", self.region, **_HOME_CREDENTIALS)


_current: LocalIdentity | None = None


def start(endpoint_url: str, region: str) -> LocalIdentity:
    """Set the running server's address; called once by `server.py` when it listens."""
    global _current  # noqa: PLW0603 - one server runs in a process, as moto has one state
    _current = LocalIdentity(endpoint_url, region)
    return _current


def current() -> LocalIdentity:
    """Return the running server's identity. Raise RuntimeError if no server runs."""
    if _current is None:
        raise RuntimeError("the local AWS is not running")
    return _current
