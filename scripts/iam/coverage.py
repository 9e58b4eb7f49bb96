# SPDX-License-Identifier: Apache-2.0
"""Policies looked at without a request: whether they allow an action on everything that a pattern stands for."""

from __future__ import annotations

from collections.abc import Iterable

from scripts.iam import patterns
from scripts.iam.documents import Document, Statement


def allows(documents: Iterable[Document], action: str, resource: str, conditional: bool = False) -> bool:
    """Whether one statement allows the action on the whole resource pattern, and none denies any of it for sure.

    Statements with conditions count only if `conditional`; those with NotAction or NotResource never allow here,
    since what they leave out cannot be compared with a pattern.
    """
    found = [statement for document in documents for statement in document.statements]
    granted = any(_covers(each, action, resource, conditional) for each in found if each.effect == "Allow")
    return granted and not any(_covers(each, action, resource, False) for each in found if each.effect == "Deny")


def allowing(documents: Iterable[Document], action: str, resource: str) -> list[Statement]:
    """The statements that allow the action on the whole resource pattern, with their conditions to be looked at."""
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
