# SPDX-License-Identifier: Apache-2.0
"""What SageMaker says of models to whoever runs the page. A page of a list is described side by side.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModelPackages.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError
from flask import abort

from scripts.console import asked

Answer = Mapping[str, Any]
Item = TypeVar("Item")
Result = TypeVar("Result")
PAGE: Final = 20
"""Entries of a list on a page, each of which may cost a call."""
NEWEST_FIRST: Final = {"SortBy": "CreationTime", "SortOrder": "Descending"}
_AT_ONCE: Final = 10
"""Connections that a client keeps open."""
_NOT_THERE: Final = frozenset({"ValidationException", "ResourceNotFound", "ResourceNotFoundException"})
"""SageMaker has the first for versions and groups that are not there, and for names that can be none."""


@dataclass(frozen=True)
class Page:
    """A page of a list, and where the next one begins; empty after the last."""

    entries: Sequence[Answer]
    following: str


def client() -> Any:
    """Return SageMaker for the person."""
    return asked.api().client.aws.client("sagemaker")


@contextmanager
def looking() -> Iterator[None]:
    """Answer with 404, in SageMaker's words, where there is no such thing."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_THERE:
            abort(HTTPStatus.NOT_FOUND, error.response["Error"]["Message"])
        raise


def each(call: Callable[[Any, Item], Result], items: Sequence[Item]) -> list[Result]:
    """Return what a call of SageMaker gives for each item, in their order."""
    # Threads may share a client, and must not make it at the same time.
    sagemaker = client()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="models") as pool:
        return list(pool.map(lambda item: call(sagemaker, item), items))


def groups(name: str, following: str) -> Page:
    """Return model package groups, the newest first, each with its newest version under `Newest`."""
    with looking():
        listed = client().list_model_package_groups(**_wanted(NameContains=name, NextToken=following))
    found = listed["ModelPackageGroupSummaryList"]
    newest = each(_newest, [one["ModelPackageGroupName"] for one in found])
    return Page([{**one, "Newest": last} for one, last in zip(found, newest, strict=True)], listed.get("NextToken", ""))


def group(name: str) -> Answer:
    """Return a group by its name or ARN."""
    with looking():
        found: Answer = client().describe_model_package_group(ModelPackageGroupName=name)
    return found


def versions(name: str, status: str, following: str) -> Page:
    """Return descriptions of versions of a group, the newest first; of one approval status, if it is given."""
    wanted = _wanted(ModelPackageGroupName=name, ModelApprovalStatus=status, NextToken=following)
    with looking():
        listed = client().list_model_packages(**wanted)
    return Page(each(_described, listed["ModelPackageSummaryList"]), listed.get("NextToken", ""))


def version(arn: str) -> Answer:
    """Return the description of a version."""
    with looking():
        found: Answer = client().describe_model_package(ModelPackageName=arn)
    return found


def decide(arn: str, status: str, words: str) -> None:
    """Approve or reject a version. Raise ClientError if AWS does not let the person."""
    client().update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status, ApprovalDescription=words)


def _wanted(**given: str) -> dict[str, Any]:
    return {**NEWEST_FIRST, "MaxResults": PAGE, **{name: value for name, value in given.items() if value}}


def _newest(sagemaker: Any, name: str) -> Answer | None:
    """Return the newest version of a group; None if it has none, or hides it."""
    try:
        found = sagemaker.list_model_packages(ModelPackageGroupName=name, MaxResults=1, **NEWEST_FIRST)
    except ClientError:
        return None
    return next(iter(found["ModelPackageSummaryList"]), None)


def _described(sagemaker: Any, summary: Answer) -> Answer:
    """Return the description of a listed version; its summary, with the reason, if that is hidden or gone."""
    try:
        found: Answer = sagemaker.describe_model_package(ModelPackageName=summary["ModelPackageArn"])
    except ClientError as error:
        return {**summary, "Hidden": str(error)}
    return found
