# SPDX-License-Identifier: Apache-2.0
"""What every operation on model cards is, and those without content: describe, delete, list (compatibility 5)."""

from datetime import date
from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from orchestrator.aws.sagemaker import model_cards
from orchestrator.errors import ConflictError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.model_cards.fields import EntityName, Moment, NextToken, PageSize, SortBy, SortOrder, Status, Version
from orchestrator.model_cards.refusals import CONFLICT, INVALID, absent, refusing
from orchestrator.values.training import Flag

Answer = dict[str, Any]
_PAGE: Final = 100
"""Cards in an answer of SageMaker, the most that it gives."""


class Operation(BaseModel):
    """A request that can be carried out; the first docstring line says what it does."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    operation: ClassVar[str]
    """The value of `pipeline_type` that means it."""

    dry_run: Annotated[Flag, Field(description="answer what would be done, and change nothing")] = False

    def carry_out(self, settings: Settings) -> Answer:
        """Do it, and give the answer's body; raises the errors of `orchestrator.errors`."""
        raise NotImplementedError


class DescribeModelCard(Operation):
    """Tell all of a card."""

    operation: ClassVar[str] = "describe_model_card"

    name: Annotated[EntityName, Field(description="name of the card")]
    version: Annotated[Version | None, Field(description="version to describe; the latest when left out")] = None

    @override
    def carry_out(self, settings: Settings) -> Answer:
        with refusing("name", absent("model card")):
            return {"message": plain(model_cards.describe(self.name, self.version))}


class DeleteModelCard(Operation):
    """Remove a card with all its versions."""

    operation: ClassVar[str] = "delete_model_card"

    name: Annotated[EntityName, Field(description="name of the card")]

    @override
    def carry_out(self, settings: Settings) -> Answer:
        with refusing("name", absent("model card")):
            if self.dry_run:
                return {"message": f"Dry run: nothing was deleted. {model_cards.arn(self.name)} would be."}
            try:
                model_cards.delete(self.name)
            except ServiceRefusedError as refused:
                if refused.code == CONFLICT:
                    raise ConflictError(
                        f"The model card {self.name} cannot be deleted now: {refused.reason}"
                    ) from refused
                raise
        return {"message": f"Model card with the name: {self.name} has been deleted"}


class ListModelCards(Operation):
    """List the cards of the account, all of them or those that filters let through."""

    operation: ClassVar[str] = "list_model_cards"

    name_contains: Annotated[EntityName | None, Field(description="part of the names")] = None
    status: Annotated[Status | None, Field(description="status of the cards")] = None
    creation_time_after: Annotated[Moment | None, Field(description="only cards made after it")] = None
    creation_time_before: Annotated[Moment | None, Field(description="only cards made before it")] = None
    sort_by: Annotated[SortBy | None, Field(description="what they are sorted by")] = None
    sort_order: Annotated[SortOrder | None, Field(description="direction of the sorting")] = None
    max_results: Annotated[PageSize | None, Field(description="cards in this answer; all when left out")] = None
    next_token: Annotated[NextToken | None, Field(description="where the answer before this one ended")] = None

    def carry_out(self, settings: Settings) -> Answer:
        """One page when `max_results` or `next_token` asks for it, else all pages in one (lesson 87)."""
        with refusing("next_token" if self.next_token else "", {INVALID: "SageMaker refuses it: {reason}"}):
            return {"message": plain(self._page() if self.max_results or self.next_token else self._all())}

    def _page(self) -> Answer:
        return model_cards.page(self._filters())

    def _all(self) -> Answer:
        page = model_cards.page(self._filters())
        found = page["ModelCardSummaries"]
        while token := page.get("NextToken"):
            page = model_cards.page({**self._filters(), "NextToken": token})
            found = [*found, *page["ModelCardSummaries"]]
        return {**page, "ModelCardSummaries": found}

    def _filters(self) -> dict[str, Any]:
        given = {
            "NameContains": self.name_contains,
            "ModelCardStatus": self.status,
            "CreationTimeAfter": self.creation_time_after,
            "CreationTimeBefore": self.creation_time_before,
            "SortBy": self.sort_by,
            "SortOrder": self.sort_order,
            "MaxResults": self.max_results or _PAGE,
            "NextToken": self.next_token,
        }
        return {key: value for key, value in given.items() if value is not None}


def plain(value: Any) -> Any:
    """An answer of AWS with its times in ISO 8601: a notification takes nothing but plain JSON."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value
