# SPDX-License-Identifier: Apache-2.0
"""Types of the response bodies to operations on model cards. See `answers`."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from orchestrator.answers.members import Message, Warnings


class ModelCardAnswer(TypedDict):
    """The answer to an operation on model cards."""

    message: str | dict[str, Any]
    """what SageMaker answered, or a sentence"""
    plan: NotRequired[dict[str, Any]]
    """with dry_run: what would be sent to SageMaker"""
    warnings: NotRequired[Warnings]


class ModelCardExport(TypedDict):
    """An export as it is now."""

    message: Message
    export_job_name: str
    export_job_arn: str
    model_card_version: int
    status: str
    """InProgress, Completed or Failed"""
    location: str
    """S3 URI below which the PDF is written"""
    created_at: str
    last_modified_at: str
    artifact: NotRequired[str]
    """S3 URI of the PDF, once it is there"""
    failure_reason: NotRequired[str]
    warnings: NotRequired[Warnings]
