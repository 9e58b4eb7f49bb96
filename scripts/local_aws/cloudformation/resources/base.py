# SPDX-License-Identifier: Apache-2.0
"""Interface of a resource type of the local CloudFormation, and the context that it works in.

A type calls the service's own API over HTTP, as the stack's role or as the caller, exactly as CloudFormation does;
so the service's checks and messages apply, and the server's edge knows the caller.
"""

from __future__ import annotations

import secrets
import string
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from botocore.exceptions import ClientError, ParamValidationError

from scripts.local_aws import clients, identity
from scripts.local_aws.cloudformation.resources.fitting import fitted
from scripts.local_aws.cloudformation.stacks import Caller, Made, Stack

Properties = dict[str, Any]

_SUFFIX_LENGTH = 12


class ResourceFailedError(Exception):
    """Raised if a resource could not be made; the message appears in the stack's events."""


class Clients:
    """boto3 clients for one stack operation, made once per service and all acting as the same principal."""

    def __init__(self, caller: Caller, region: str) -> None:
        self._caller = caller
        self._region = region
        self._made: dict[str, Any] = {}

    def get(self, service: str) -> Any:
        """Return the client of a service."""
        if service not in self._made:
            self._made[service] = self._make(service)
        return self._made[service]

    def _make(self, service: str) -> Any:
        if self._caller.role_arn:
            return clients.client(service, self._caller.role_arn, self._region, by="cloudformation.amazonaws.com")
        # Without a role CloudFormation goes on as the caller. The access key identifies it; the secret behind it
        # is unknown here, and the local services do not check it.
        return identity.current().client_with(
            service,
            self._region,
            aws_access_key_id=self._caller.access_key,
            aws_secret_access_key="local",  # noqa: S106 - see above
        )


class ResourceContext:
    """Context in which a resource type works on one resource of one stack."""

    def __init__(self, stack: Stack, logical_id: str, clients: Clients) -> None:
        self.stack = stack
        self.logical_id = logical_id
        self.account = stack.account
        self.region = stack.region
        self.made: Made | None = None
        self._clients = clients

    def initiated(self, made: Made) -> Made:
        """Record that the resource exists from now on, although its creation may still fail."""
        self.made = made
        return made

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""
        return self.stack.stack_id.split(":")[1]

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Call an API operation (`create_bucket`) with template values, converted to the names and types of the API."""
        given = {name: value for name, value in parameters.items() if value is not None}
        answer: dict[str, Any] = getattr(self._clients.get(service), operation)(
            **fitted(given, self.input_of(service, operation))
        )
        return answer

    def input_of(self, service: str, operation: str) -> Any:
        """Return the input of an operation as a botocore shape."""
        meta = self._clients.get(service).meta
        return meta.service_model.operation_model(meta.method_to_api_mapping[operation]).input_shape

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in the stack's account and Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def generated_name(self, limit: int, lower: bool = False) -> str:
        """`<stack>-<logical id>-<12 random characters>`, the stack's part cut so that the whole fits the limit."""
        alphabet = string.ascii_uppercase + string.digits
        suffix = "".join(secrets.choice(alphabet) for _ in range(_SUFFIX_LENGTH))
        room = max(0, limit - _SUFFIX_LENGTH - 2)
        logical_id = self.logical_id[: max(1, room // 2)] if len(self.logical_id) > room // 2 else self.logical_id
        name = f"{self.stack.name[: room - len(logical_id)]}-{logical_id}-{suffix}"
        return name.lower() if lower else name

    def tags(self, own: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
        """Return the stack's tags, overridden by the resource's own, as CloudFormation sets them."""
        return self.stack.tags | {tag["Key"]: str(tag["Value"]) for tag in own or ()}

    def tag_list(self, own: Iterable[Mapping[str, str]] | None) -> list[dict[str, str]]:
        """`tags` in the list form of most APIs."""
        return [{"Key": name, "Value": text} for name, text in self.tags(own).items()]


class ResourceType(ABC):
    """CloudFormation resource type: makes, changes and removes a resource.

    A change of a property in `replaced_by` makes a new resource. `name_property` is the property with its name. The
    stack's tags are set on it if `is_tagged`. `known_properties` are those that are supported (empty: the type checks
    them itself).
    """

    type_name: ClassVar[str]
    replaced_by: ClassVar[frozenset[str]] = frozenset()
    name_property: str = ""
    is_tagged: bool = False
    known_properties: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the resource; call `context.initiated` as soon as a rollback must remove something."""

    @abstractmethod
    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Bring the resource from the old properties to the new ones, in place."""

    @abstractmethod
    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the resource; one that is gone already is no error."""

    def check(self, properties: Properties) -> None:
        """Refuse properties that would be silently ignored; ResourceFailedError names them."""
        unknown = sorted(set(properties) - self.known_properties) if self.known_properties else []
        if unknown:
            raise ResourceFailedError(f"The local AWS does not know the property {unknown[0]} of {self.type_name}.")

    def needs_replacement(self, old: Properties, new: Properties) -> bool:
        """Whether a change cannot be made in place."""
        return any(old.get(name) != new.get(name) for name in self.replaced_by)


def names(text: str) -> frozenset[str]:
    """Return the property names in a text, separated by spaces."""
    return frozenset(text.split())


def words(error: Exception) -> str:
    """An error as CloudFormation reports it in ResourceStatusReason."""
    if isinstance(error, ClientError):
        details = error.response["Error"]
        service = error.operation_name
        return f"{details['Message']} (Operation: {service}; Error Code: {details['Code']})"
    if isinstance(error, ParamValidationError):
        return f"Properties validation failed: {error}"
    message = getattr(error, "message", None) or str(error)
    return str(message) or type(error).__name__


class IgnoreMissing:
    """`with IgnoreMissing("NoSuchBucket"):` - ignore errors for resources that are gone already."""

    def __init__(self, *codes: str) -> None:
        self._codes = codes

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        return isinstance(error, ClientError) and error.response["Error"]["Code"] in self._codes
