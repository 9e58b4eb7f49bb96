# SPDX-License-Identifier: Apache-2.0
"""Exports of cards: started, and reported with their real status (compatibility 5; lessons 85, 86, 92).

An export takes longer than API Gateway waits. So the response comes at once, with the job's name, ARN and status. With
`wait` it comes after 20 seconds at most; later, `describe_model_card_export` returns the status.
"""

import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from typing_extensions import override

from orchestrator.aws.sagemaker import model_cards
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Settings
from orchestrator.model_cards.fields import EntityName, ExportJobArn, Version
from orchestrator.model_cards.operation_names import EXPORTS
from orchestrator.model_cards.operations import Operation, plain
from orchestrator.model_cards.refusals import CONFLICT, absent, refusing
from orchestrator.values.training import Flag

if TYPE_CHECKING:
    from orchestrator import answers
    from orchestrator.answers import cards

LONGEST_WAIT_SECONDS: Final = 20
_SECONDS_BETWEEN_LOOKS: Final = 2
_LONGEST_JOB_NAME: Final = 63


class ExportModelCard(Operation):
    """Start the export of a card as PDF to the assets bucket."""

    operation: ClassVar[str] = "export_model_card"

    name: Annotated[EntityName, Field(description="name of the card")]
    model_card_version: Annotated[Version | None, Field(description="version to export; the latest when left out")] = (
        None
    )
    export_job_name: Annotated[EntityName | None, Field(description="name of the job; made up when left out")] = None
    wait: Annotated[Flag, Field(description=f"wait for its end, {LONGEST_WAIT_SECONDS} seconds at most")] = False

    @override
    def carry_out(self, settings: Settings) -> "answers.OperationAnswer":
        location = f"s3://{settings.launch.assets_bucket}/{EXPORTS}"
        request: dict[str, Any] = {
            "ModelCardName": self.name,
            "ModelCardExportJobName": self.export_job_name or _job_name(self.name),
            "OutputConfig": {"S3OutputPath": location},
        }
        if self.model_card_version is not None:
            request["ModelCardVersion"] = self.model_card_version
        if self.dry_run:
            return {"message": "Dry run: nothing was exported.", "plan": request}
        taken = {CONFLICT: "there is an export job with this name already: {reason}"}
        with refusing("name", absent("model card")), refusing("export_job_name", taken):
            job_arn = model_cards.start_export(request)
        return _told(_watched(job_arn) if self.wait else model_cards.describe_export(job_arn))


def _job_name(card: str) -> str:
    suffix = f"-{int(time.time())}-{secrets.token_hex(2)}"
    return card[: _LONGEST_JOB_NAME - len(suffix)].rstrip("-") + suffix


def _watched(job_arn: str) -> dict[str, Any]:
    """Return the job when it has ended, or when the longest wait is over (lesson 86)."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        job = model_cards.describe_export(job_arn)
        if job["Status"] != "InProgress" or time.monotonic() + _SECONDS_BETWEEN_LOOKS > deadline:
            return job
        time.sleep(_SECONDS_BETWEEN_LOOKS)


class DescribeModelCardExport(Operation):
    """Tell how an export goes, or how it ended."""

    operation: ClassVar[str] = "describe_model_card_export"

    export_job_arn: Annotated[ExportJobArn | None, Field(description="ARN of the job")] = None
    name: Annotated[EntityName | None, Field(description="name of the card, with export_job_name")] = None
    export_job_name: Annotated[
        EntityName | None, Field(description="name of the job, with name", validate_default=True)
    ] = None

    @field_validator("export_job_name")
    @classmethod
    def _job_is_named(cls, value: str | None, info: ValidationInfo) -> str | None:
        if {"export_job_arn", "name"} <= info.data.keys() and not info.data["export_job_arn"]:
            if value is None:
                raise PydanticCustomError("which_job", "is required with name, or export_job_arn in place of both")
            if info.data["name"] is None:
                raise PydanticCustomError("whose_job", "needs name, the name of the card, beside it")
        return value

    @override
    def carry_out(self, settings: Settings) -> "cards.ModelCardExport":
        key = "export_job_arn" if self.export_job_arn else "export_job_name"
        job_arn = self._own_arn(settings) or self._arn_by_name()
        with refusing(key, absent("export job")):
            return _told(model_cards.describe_export(job_arn))

    def _own_arn(self, settings: Settings) -> str:
        """Return the given ARN, or empty; refuse a job of another account or Region."""
        given = self.export_job_arn or ""
        place = [settings.launch.region, settings.account]
        if given and given.split(":")[3:5] != place:
            words = f"must be that of a job in {place[0]} of the account {place[1]}, where the orchestrator is"
            raise RefusedRequestError([Problem("export_job_arn", words)])
        return given

    def _arn_by_name(self) -> str:
        """Derive the ARN of a card's export job from the card's, by the API's pattern."""
        with refusing("name", absent("model card")):
            return f"{model_cards.arn(str(self.name))}/export-job/{self.export_job_name}"


def _told(job: Mapping[str, Any]) -> "cards.ModelCardExport":
    """Return the response with the job's real status (lesson 85)."""
    location = job["OutputConfig"]["S3OutputPath"]
    found: cards.ModelCardExport = {
        "message": _sentence(job, location),
        "export_job_name": job["ModelCardExportJobName"],
        "export_job_arn": job["ModelCardExportJobArn"],
        "model_card_version": job["ModelCardVersion"],
        "status": job["Status"],
        "location": location,
        "created_at": plain(job["CreatedAt"]),
        "last_modified_at": plain(job["LastModifiedAt"]),
    }
    if artifact := job.get("ExportArtifacts", {}).get("S3ExportArtifacts"):
        found["artifact"] = artifact
    if reason := job.get("FailureReason"):
        found["failure_reason"] = reason
    return found


def _sentence(job: Mapping[str, Any], location: str) -> str:
    card = f"Model card with the name: {job['ModelCardName']}"
    if job["Status"] == "Completed":
        return f"{card} has been exported to {location}"
    if job["Status"] == "Failed":
        return f"{card} has not been exported: {job.get('FailureReason') or 'SageMaker gives no reason'}"
    return f"{card} is being exported to {location}: describe_model_card_export tells how that ends"
