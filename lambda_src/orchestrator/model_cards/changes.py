# SPDX-License-Identifier: Apache-2.0
"""Operations that write a card: create and update (compatibility 5)."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field
from typing_extensions import override

from orchestrator.aws.sagemaker import model_cards
from orchestrator.errors import ConflictError, Problem, RefusedRequestError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.model_cards.content import CardWriting, as_json
from orchestrator.model_cards.fields import Status, Version
from orchestrator.model_cards.operations import plain
from orchestrator.model_cards.refusals import CONFLICT, INVALID, absent, refusing
from orchestrator.model_cards.sections import SecurityConfig
from orchestrator.values.common import Expect

if TYPE_CHECKING:
    from orchestrator.answers import cards

_REFUSED = {INVALID: "SageMaker refuses the card: {reason}"}


class CreateModelCard(CardWriting):
    """Make a card."""

    operation: ClassVar[str] = "create_model_card"
    is_new: ClassVar[bool] = True

    status: Annotated[Status, Field(description="how far its review is")] = "Draft"
    security_config: Annotated[SecurityConfig | None, Field(description="how SageMaker encrypts it")] = None
    arn: Annotated[
        None,
        Field(description="must be left out"),
        Expect("left out: a card that has an ARN exists already, and update_model_card changes it"),
    ] = None

    @override
    def carry_out(self, settings: Settings) -> "cards.ModelCardAnswer":
        found = self.content()
        sections = {name: content for name, content in found.sections.items() if content is not None}
        request: dict[str, Any] = {
            "ModelCardName": self.name,
            "ModelCardStatus": self.status,
            "Content": as_json(sections),
        }
        if self.security_config is not None:
            request["SecurityConfig"] = {"KmsKeyId": self.security_config.kms_key_id}
        if self.dry_run:
            return _planned("Dry run: nothing was created.", request | {"Content": sections}, found.warnings)
        with (
            refusing("name", {CONFLICT: "there is such a model card already: change it by update_model_card"}),
            refusing("", _REFUSED),
        ):
            model_cards.create(request)
        return _answered(model_cards.describe(self.name), found.warnings)


class UpdateModelCard(CardWriting):
    """Change a card: sections that are given replace the stored ones, everything else stays as it is."""

    operation: ClassVar[str] = "update_model_card"

    status: Annotated[Status | None, Field(description="how far its review is; unchanged when left out")] = None
    version: Annotated[Version | None, Field(description="version to start from; the latest when left out")] = None

    def carry_out(self, settings: Settings) -> "cards.ModelCardAnswer":
        """Send only what differs from the latest version; a status that is left out stays (lesson 84)."""
        with refusing("name", absent("model card")):
            latest = base = model_cards.describe(self.name)
        if self.version is not None:
            with refusing("version", absent("version of the model card")):
                base = model_cards.describe(self.name, self.version)
        found = self.content()
        replaced = {**_sections_of(base), **found.sections}
        sections = {name: content for name, content in replaced.items() if content is not None}
        changes = list(self._changes(latest, sections))
        if self.dry_run:
            shown = {
                key: sections if key == "Content" else value for change in changes for key, value in change.items()
            }
            plan = {"ModelCardName": self.name, **shown}
            return _planned("Dry run: nothing was changed.", plan, found.warnings)
        if not changes:
            return _answered(latest, (*found.warnings, "nothing differs from the stored card: it was not changed"))
        for change in changes:
            self._send(change)
        return _answered(model_cards.describe(self.name), found.warnings)

    def _changes(self, latest: Mapping[str, Any], sections: dict[str, Any]) -> Iterator[dict[str, str]]:
        """Yield the calls to make: SageMaker accepts either content or status in one.

        Content comes first, because SageMaker may refuse it. The exception is an archived card, which accepts no
        content until its status has changed.
        """
        content = [] if sections == _sections_of(latest) else [{"Content": as_json(sections)}]
        stored = latest["ModelCardStatus"]
        status = [] if self.status in {None, stored} else [{"ModelCardStatus": str(self.status)}]
        yield from [*status, *content] if stored == "Archived" else [*content, *status]

    def _send(self, change: dict[str, str]) -> None:
        with refusing("", _REFUSED):
            try:
                model_cards.update(self.name, change)
            except ServiceRefusedError as refused:
                if refused.code == CONFLICT:
                    raise ConflictError(
                        f"The model card {self.name} is being changed by somebody else. Repeat the request."
                    ) from refused
                raise


def _sections_of(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections of a stored card; raises `RefusedRequestError` if its content is not a JSON object."""
    try:
        content = json.loads(card["Content"] or "{}")
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise RefusedRequestError([Problem("name", "the stored content of this model card is no JSON object")])
    return content


def _answered(card: Mapping[str, Any], warnings: tuple[str, ...]) -> "cards.ModelCardAnswer":
    return _told({"message": plain(card)}, warnings)


def _planned(message: str, plan: Mapping[str, Any], warnings: tuple[str, ...]) -> "cards.ModelCardAnswer":
    return _told({"message": message, "plan": dict(plan)}, warnings)


def _told(answer: "cards.ModelCardAnswer", warnings: tuple[str, ...]) -> "cards.ModelCardAnswer":
    return {**answer, "warnings": list(warnings)} if warnings else answer
