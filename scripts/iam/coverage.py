# SPDX-License-Identifier: Apache-2.0
"""Evaluation of policies without a request: whether they allow an action on everything that a pattern matches."""

from __future__ import annotations

from collections.abc import Iterable

from scripts.iam import patterns
from scripts.iam.documents import Document, Statement


def allows(documents: Iterable[Document], action: str, resource: str, conditional: bool = False) -> bool:
    """Whether one statement allows the action on the whole resource pattern, and no Deny certainly matches any of it.

    Statements with conditions count only if `conditional`. Those with NotAction or NotResource never allow here:
    the rest that they stand for cannot be compared with a pattern.
    """
    found = [statement for document in documents for statement in document.statements]
    granted = any(_covers(each, action, resource, conditional) for each in found if each.effect == "Allow")
    return granted and not any(_covers(each, action, resource, False) for each in found if each.effect == "Deny")


def allowing(documents: Iterable[Document], action: str, resource: str) -> list[Statement]:
    """Return the statements that allow the action on the whole resource pattern. Their conditions are not evaluated."""
    return [
        statement
        for document in documents
        for statement in document.statements
        if statement.effect == "Allow" and _covers(statement, action, resource, conditional=True)
    ]


def _covers(statement: Statement, action: str, resource: str, conditional: bool) -> bool:
    if statement.conditions and not conditional:
        return False
    return any(patterns.covers(each, action, ignore_case=True) for each in statement.actions or ()) and any(
        patterns.covers(each, resource) for each in statement.resources or ()
    )
