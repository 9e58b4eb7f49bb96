# SPDX-License-Identifier: Apache-2.0
"""Model cards on the local AWS, where moto stops: updates of one thing, lists by time, searches, exports."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import ARN, BUCKET

CONTENT = {"model_overview": {"model_id": f"{ARN}:model/berth"}}


@pytest.fixture
def sm(client: ClientFactory) -> Any:
    client("s3").create_bucket(Bucket=BUCKET)
    return client("sagemaker")


def make(sm: Any, name: str, content: Any = CONTENT, status: str = "Draft") -> None:
    sm.create_model_card(ModelCardName=name, Content=json.dumps(content), ModelCardStatus=status)


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**request)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_content_is_a_json_object(sm: Any) -> None:
    code, message = refusal(sm.create_model_card, ModelCardName="list", Content="[]", ModelCardStatus="Draft")
    assert (code, message) == ("ValidationException", "Model card content must be a JSON object.")


def test_a_status_that_there_is_not_is_refused(sm: Any) -> None:
    code, message = refusal(sm.create_model_card, ModelCardName="odd", Content="{}", ModelCardStatus="Done")
    assert code == "ValidationException"
    assert "modelCardStatus" in message


def test_an_update_changes_one_thing_and_makes_a_version(sm: Any) -> None:
    make(sm, "versioned")
    sm.update_model_card(ModelCardName="versioned", ModelCardStatus="Approved")
    sm.update_model_card(ModelCardName="versioned", Content='{"intended_uses": {}}')
    latest = sm.describe_model_card(ModelCardName="versioned")
    assert (latest["ModelCardStatus"], latest["Content"]) == ("Approved", '{"intended_uses": {}}')
    first = sm.describe_model_card(ModelCardName="versioned", ModelCardVersion=1)
    assert (first["ModelCardStatus"], json.loads(first["Content"])) == ("Draft", CONTENT)
    assert latest["ModelCardVersion"] == 3


def test_content_and_status_at_once_and_content_of_an_archived_card_are_refused(sm: Any) -> None:
    make(sm, "archived", status="Archived")
    both = {"ModelCardName": "archived", "Content": "{}", "ModelCardStatus": "Draft"}
    assert "in one request" in refusal(sm.update_model_card, **both)[1]
    assert refusal(sm.update_model_card, ModelCardName="archived", Content="{}")[1] == "Model Card is in Archived state"
    assert refusal(sm.update_model_card, ModelCardName="none", Content="{}")[0] == "ResourceNotFound"


def test_cards_are_listed_by_name_status_and_time_in_pages(sm: Any) -> None:
    for name in ("listed-a", "listed-b", "listed-c"):
        make(sm, name, status="PendingReview")
    now = datetime.now(UTC)
    asked = {"NameContains": "listed", "ModelCardStatus": "PendingReview", "SortBy": "Name", "SortOrder": "Ascending"}
    first = sm.list_model_cards(**asked, MaxResults=2)
    assert [card["ModelCardName"] for card in first["ModelCardSummaries"]] == ["listed-a", "listed-b"]
    rest = sm.list_model_cards(**asked, NextToken=first["NextToken"])
    assert [card["ModelCardName"] for card in rest["ModelCardSummaries"]] == ["listed-c"]
    assert "NextToken" not in rest
    assert not sm.list_model_cards(**asked, CreationTimeAfter=now + timedelta(hours=1))["ModelCardSummaries"]
    assert len(sm.list_model_cards(**asked, CreationTimeAfter=now - timedelta(hours=1))["ModelCardSummaries"]) == 3
    assert not sm.list_model_cards(**asked, CreationTimeBefore=now - timedelta(hours=1))["ModelCardSummaries"]
    assert not sm.list_model_cards(**asked | {"ModelCardStatus": "Approved"})["ModelCardSummaries"]


def search(sm: Any, resource: str, name: str, value: str, operator: str = "Equals") -> list[Any]:
    expression = {"Filters": [{"Name": name, "Operator": operator, "Value": value}]}
    return [found[resource] for found in sm.search(Resource=resource, SearchExpression=expression)["Results"]]


def test_cards_are_found_by_their_model(sm: Any) -> None:
    make(sm, "found", {"model_overview": {"model_id": "of-this-one"}})
    make(sm, "not-found", {})
    assert [card["ModelCardName"] for card in search(sm, "ModelCard", "ModelId", "of-this-one")] == ["found"]
    assert search(sm, "TrainingJob", "ModelArtifacts.S3ModelArtifacts", "s3://none/x") == []
    with pytest.raises(ClientError, match="searches by Equals"):
        search(sm, "ModelCard", "ModelId", "of", "Contains")


def test_an_export_is_a_file_that_says_what_it_is(sm: Any, client: ClientFactory) -> None:
    make(sm, "exported")
    request = {
        "ModelCardName": "exported",
        "ModelCardExportJobName": "first",
        "OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/exports"},
    }
    arn = sm.create_model_card_export_job(**request)["ModelCardExportJobArn"]
    assert arn == f"{ARN}:model-card/exported/export-job/first"
    job = sm.describe_model_card_export_job(ModelCardExportJobArn=arn)
    assert (job["Status"], job["ModelCardVersion"]) == ("Completed", 1)
    key = job["ExportArtifacts"]["S3ExportArtifacts"].removeprefix(f"s3://{BUCKET}/")
    written = json.loads(client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert written["Content"] == CONTENT
    assert "no PDF" in written["Note"]
    assert refusal(sm.create_model_card_export_job, **request)[0] == "ConflictException"
    sm.delete_model_card(ModelCardName="exported")
    assert refusal(sm.describe_model_card_export_job, ModelCardExportJobArn=arn)[0] == "ResourceNotFound"


def test_an_export_that_cannot_be_written_has_failed(sm: Any) -> None:
    make(sm, "unwritable")
    arn = sm.create_model_card_export_job(
        ModelCardName="unwritable",
        ModelCardExportJobName="lost",
        OutputConfig={"S3OutputPath": "s3://no-such-bucket/exports"},
    )["ModelCardExportJobArn"]
    job = sm.describe_model_card_export_job(ModelCardExportJobArn=arn)
    assert job["Status"] == "Failed"
    assert "NoSuchBucket" in job["FailureReason"]
    assert "ExportArtifacts" not in job
