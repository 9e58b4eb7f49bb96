# SPDX-License-Identifier: Apache-2.0
"""Base of all operations on model cards, and those without content: describe, delete, list (compatibility 5)."""

from collections.abc import Iterator, Mapping
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from typing_extensions import override

from orchestrator import problems
from orchestrator.aws.sagemaker import model_cards
from orchestrator.errors import ConflictError, ServiceRefusedError
from orchestrator.launch.settings import Launch, Settings
from orchestrator.model_cards.fields import EntityName, Moment, NextToken, PageSize, SortBy, SortOrder, Status, Version
from orchestrator.model_cards.refusals import CONFLICT, INVALID, absent, refusing
from orchestrator.values.training import Flag

if TYPE_CHECKING:
    from orchestrator import answers
    from orchestrator.answers import cards

_PAGE: Final = 100
"""Cards in a response of SageMaker, its maximum."""


class Operation(BaseModel):
    """A request that can be carried out; the first docstring line says what it does."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    operation: ClassVar[str]
    """Value of `pipeline_type` that selects the operation."""

    dry_run: Annotated[Flag, Field(description="answer what would be done, and change nothing")] = False

    @classmethod
    def type_name(cls) -> str:
        """Return the value of `pipeline_type` that selects the operation."""
        return cls.operation

    @classmethod
    def summary(cls) -> str:
        """Return what it does, in one line."""
        return (cls.__doc__ or "").splitlines()[0]

    @classmethod
    def known_keys(cls) -> frozenset[str]:
        """Return every key that a request may have."""
        return frozenset({"pipeline_type", *cls.model_fields})

    @classmethod
    def fields_by_key(cls) -> dict[str, FieldInfo]:
        """Return the declared fields by key."""
        return {"pipeline_type": FieldInfo(annotation=str), **cls.model_fields}

    @classmethod
    def parse(cls, body: Mapping[str, Any], launch: Launch) -> Self:
        """Validate a body that names it; raises `RefusedRequestError` with every problem, unknown keys too."""
        given = dict(body)
        given.pop("pipeline_type", None)
        return problems.validated(cls, given, SimpleNamespace(launch=launch))

    def warnings(self, launch: Launch) -> Iterator[str]:
        """Yield warnings about a valid request before it is carried out: none."""
        yield from ()

    def carry_out(self, settings: Settings) -> "answers.OperationAnswer":
        """Carry out the operation and return the response's body; raises the errors of `orchestrator.errors`."""
        raise NotImplementedError


class DescribeModelCard(Operation):
    """Tell all of a card."""

    operation: ClassVar[str] = "describe_model_card"

    name: Annotated[EntityName, Field(description="name of the card")]
    version: Annotated[Version | None, Field(description="version to describe; the latest when left out")] = None

    @override
    def carry_out(self, settings: Settings) -> "cards.ModelCardAnswer":
        with refusing("name", absent("model card")):
            return {"message": plain(model_cards.describe(self.name, self.version))}


class DeleteModelCard(Operation):
    """Remove a card with all its versions."""

    operation: ClassVar[str] = "delete_model_card"

    name: Annotated[EntityName, Field(description="name of the card")]

    @override
    def carry_out(self, settings: Settings) -> "cards.ModelCardAnswer":
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

    def carry_out(self, settings: Settings) -> "cards.ModelCardAnswer":
        """Return one page if `max_results` or `next_token` is given, otherwise all pages in one (lesson 87)."""
        with refusing("next_token" if self.next_token else "", {INVALID: "SageMaker refuses it: {reason}"}):
            return {"message": plain(self._page() if self.max_results or self.next_token else self._all())}

    def _page(self) -> dict[str, Any]:
        return model_cards.page(self._filters())

    def _all(self) -> dict[str, Any]:
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
    """Return a response of AWS with its times in ISO 8601: a notification accepts only plain JSON."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value
