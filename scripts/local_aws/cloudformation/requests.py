# SPDX-License-Identifier: Apache-2.0
"""Common parts of CloudFormation's requests: their stack, their definition, and what they may do."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.responses import CloudFormationResponse

from scripts.local_aws.cloudformation import stacks
from scripts.local_aws.cloudformation.stacks import Caller, Definition, Stack
from scripts.local_aws.cloudformation.template import source, template_parameters
from scripts.local_aws.cloudformation.template.template import parse

_Item = TypeVar("_Item")
_PAGE = 100
STACK_NAME = re.compile("[a-zA-Z][-a-zA-Z0-9]{0,127}")
_UPDATABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED"}
_DELETABLE_IN_PROGRESS = {"CREATE_IN_PROGRESS", "REVIEW_IN_PROGRESS"}
_UNSUPPORTED = (
    "NotificationARNs", "ResourcesToImport", "RollbackConfiguration", "StackPolicyBody", "StackPolicyURL",
    "TimeoutInMinutes",
)  # fmt: skip

# Two requests must not both find a name free or a stack idle. No resource is made under this lock.
entering = threading.Lock()


class Defined(Protocol):
    """Stack or StackSet, as far as an update reuses its present definition."""

    definition: Definition


class StackRequests(CloudFormationResponse):
    """Parsing of requests on top of moto's response class."""

    # Our answers are in the API's own form already.
    RESPONSE_KEY_PATH_TO_TRANSFORMER = {}  # noqa: RUF012 - the name and type are moto's

    def _find(self, name: str) -> Stack:
        return stacks.find(self.current_account, self.region, name)

    def _find_or_none(self, name: str) -> Stack | None:
        return stacks.find_or_none(self.current_account, self.region, name)

    def _new_name(self) -> str:
        name: str = self._get_param("StackName")
        if not STACK_NAME.fullmatch(name):
            raise ValidationError(
                message=f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            )
        return name

    def _definition(self, previous: Defined | None) -> Definition:
        """Return the definition in a request; an update may reuse template, parameter values and tags."""
        for name in _UNSUPPORTED:
            if self._get_param(name):
                raise ValidationError(message=f"The local AWS does not support {name}.")
        body = self._body(previous)
        template = parse(body)
        known = previous.definition.parameters if previous else {}
        parameters = template_parameters.resolve(template, self._get_param("Parameters", []), known)
        tags = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags", [])}
        if previous is not None and not tags:
            tags = previous.definition.tags
        return Definition(body, template, parameters, tags, tuple(self._get_param("Capabilities", [])))

    def _body(self, previous: Defined | None) -> str:
        body, url = self._get_param("TemplateBody"), self._get_param("TemplateURL")
        if previous is not None and self._get_param("UsePreviousTemplate"):
            if body or url:
                raise ValidationError(
                    message="You cannot specify both usePreviousTemplate and Template Body/Template URL."
                )
            return previous.definition.body
        # The template is read as the caller; the stack's role is for its resources.
        return source.read(body, url, Caller(self.access_key), self.region)

    def _on_failure(self) -> str:
        on_failure, disabled = self._get_param("OnFailure"), self._get_param("DisableRollback")
        if on_failure and disabled is not None:
            raise ValidationError(message="You cannot specify both DisableRollback and OnFailure")
        return on_failure or ("DO_NOTHING" if disabled else "ROLLBACK")

    def _check_updatable(self, stack: Stack) -> None:
        if stack.status not in _UPDATABLE:
            raise ValidationError(message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")

    def _check_deletable(self, stack: Stack) -> None:
        if stack.termination_protection:
            raise ValidationError(
                message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        if stack.status.endswith("_IN_PROGRESS") and stack.status not in _DELETABLE_IN_PROGRESS:
            raise ValidationError(message=f"Stack [{stack.stack_id}] cannot be deleted while in status {stack.status}")

    def _begin(self, stack: Stack, status: str) -> None:
        """Set a stack in progress before the answer is sent, so that no client sees it idle afterwards."""
        stack.begin(self._get_param("ClientRequestToken"))
        stack.note(status, "User Initiated")

    def _page(self, found: Sequence[_Item], size: int = _PAGE) -> tuple[Sequence[_Item], str | None]:
        """Return one page and the token of the next."""
        token: Any = self._get_param("NextToken")
        if token and not str(token).isdecimal():
            raise ValidationError(message=f"The pagination token {token} is not valid")
        start = int(token) if token else 0
        following = start + min(size, int(self._get_param("MaxResults") or size))
        return found[start:following], str(following) if following < len(found) else None
