# SPDX-License-Identifier: Apache-2.0
"""SageMaker's exports of model cards: the content as JSON instead of a PDF, finished at once.

The file is written as the caller.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelCardExportJob.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ConflictException, ResourceNotFound
from moto.sagemaker.models import SageMakerModelBackend
from moto.sts.models import sts_backends

from scripts.local_aws import clients, identity
from scripts.local_aws.sagemaker.model_card_store import check
from scripts.local_aws.serving.artifacts import split_s3_uri

_LONGEST_REASON = 1024


class ModelCardExports(SageMakerModelBackend):
    """Part of the backend that keeps export jobs."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.model_card_exports: dict[str, dict[str, Any]] = {}

    def export_model_card(self, request: Mapping[str, Any], store: Any) -> str:
        """Write the content of a card with an S3 client, record the result, and return the job's ARN.

        Raises ResourceNotFound for an unknown card or version, ConflictException for a name in use.
        """
        card = self.describe_model_card(request["ModelCardName"], request.get("ModelCardVersion") or 0)
        name = request["ModelCardExportJobName"]
        arn = f"{card['ModelCardArn']}/export-job/{name}"
        if arn in self.model_card_exports:
            raise ConflictException(f"Model card export job {arn} already exists")
        path = request["OutputConfig"]["S3OutputPath"].rstrip("/")
        artifact = f"{path}/{card['ModelCardName']}/{name}.json"
        self.model_card_exports[arn] = {
            "ModelCardExportJobName": name,
            "ModelCardExportJobArn": arn,
            "ModelCardName": card["ModelCardName"],
            "ModelCardVersion": card["ModelCardVersion"],
            "OutputConfig": dict(request["OutputConfig"]),
            "CreatedAt": utcnow(),
            **_outcome(card, artifact, store),
            "LastModifiedAt": utcnow(),
        }
        return arn

    def delete_model_card(self, model_card_name: str) -> None:
        """Remove a card with its export jobs."""
        super().delete_model_card(model_card_name)
        jobs = self.model_card_exports
        for arn in [arn for arn, job in jobs.items() if job["ModelCardName"] == model_card_name]:
            del jobs[arn]

    def describe_model_card_export(self, arn: str) -> dict[str, Any]:
        """Return the answer of DescribeModelCardExportJob. Raise ResourceNotFound."""
        if arn not in self.model_card_exports:
            raise ResourceNotFound(f"Model card export job {arn} does not exist")
        return self.model_card_exports[arn]


def _outcome(card: Mapping[str, Any], artifact: str, store: Any) -> dict[str, Any]:
    bucket, key = split_s3_uri(artifact)
    told = {"Note": "The local AWS draws no PDF: this is what the card holds.", "Content": json.loads(card["Content"])}
    try:
        store.put_object(
            Bucket=bucket, Key=key, Body=json.dumps(told, indent=4).encode(), ContentType="application/json"
        )
    except ClientError as error:
        return {"Status": "Failed", "FailureReason": str(error)[:_LONGEST_REASON]}
    return {"Status": "Completed", "ExportArtifacts": {"S3ExportArtifacts": artifact}}


class ModelCardExportsResponse(BaseResponse):
    """Operations on export jobs."""

    sagemaker_backend: Any

    def create_model_card_export_job(self) -> ActionResult:
        """Serve CreateModelCardExportJob."""
        request = json.loads(self.body)
        check("CreateModelCardExportJob", request)
        return ActionResult(
            {"ModelCardExportJobArn": self.sagemaker_backend.export_model_card(request, self._store_of_caller())}
        )

    def describe_model_card_export_job(self) -> ActionResult:
        """Serve DescribeModelCardExportJob."""
        arn = self._get_param("ModelCardExportJobArn")
        return ActionResult(self.sagemaker_backend.describe_model_card_export(arn))

    def _store_of_caller(self) -> Any:
        """Return an S3 client for the role whose keys signed this request, or for the account's own user."""
        session = sts_backends[self.current_account][self.partition].get_assumed_role_from_access_key(self.access_key)
        if session:
            return clients.client("s3", session.role_arn, self.region)
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        return identity.current().client_with("s3", self.region, **keys)
