# SPDX-License-Identifier: Apache-2.0
"""What SageMaker is asked for each operation, and what its answers become (compatibility 5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator import api
from orchestrator.errors import ConflictError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from tests.orchestrator.model_cards.conftest import ARN, MADE, NAME, card

Body = dict[str, Any]
Ask = Callable[..., Body]
Refused = Callable[..., dict[str, str]]
STORED = {"model_overview": {"model_owner": "Harbour office"}, "intended_uses": {"risk_rating": "Low"}}


def described(sagemaker: Stubber, content: Any = None, version: int | None = None, **more: Any) -> None:
    asked = {"ModelCardName": NAME} | ({} if version is None else {"ModelCardVersion": version})
    sagemaker.add_response("describe_model_card", card(content, **more), asked)


def updated(sagemaker: Stubber, **change: Any) -> None:
    change = {key: json.dumps(value) if key == "Content" else value for key, value in change.items()}
    arn = {"ModelCardArn": f"{ARN}:model-card/{NAME}"}
    sagemaker.add_response("update_model_card", arn, {"ModelCardName": NAME, **change})


class TestCreate:
    def test_a_card_is_created_and_described(self, ask: Ask, sagemaker: Stubber) -> None:
        overview = {"model_owner": "Harbour office"}
        sagemaker.add_response(
            "create_model_card",
            {"ModelCardArn": f"{ARN}:model-card/{NAME}"},
            {
                "ModelCardName": NAME,
                "ModelCardStatus": "Draft",
                "Content": json.dumps({"model_overview": overview}),
                "SecurityConfig": {"KmsKeyId": "alias/quayside"},
            },
        )
        described(sagemaker, {"model_overview": overview})
        answer = ask(
            "create_model_card",
            name=NAME,
            model_overview=overview,
            security_config={"kms_key_id": "alias/quayside"},
        )
        assert answer["message"]["ModelCardArn"] == f"{ARN}:model-card/{NAME}"
        assert answer["message"]["CreationTime"] == MADE.isoformat()
        assert "warnings" not in answer

    def test_a_dry_run_asks_aws_for_nothing_that_was_not_named(self, ask: Ask, sagemaker: Stubber) -> None:
        assert ask("create_model_card", name=NAME, dry_run=True)["message"] == "Dry run: nothing was created."

    def test_a_name_in_use_is_the_caller_s_mistake(self, refused: Refused, sagemaker: Stubber) -> None:
        sagemaker.add_client_error("create_model_card", "ConflictException", "Modelcard exists", 400)
        assert "update_model_card" in refused("create_model_card", name=NAME)["name"]

    def test_what_sagemaker_finds_wrong_is_told_in_its_words(self, refused: Refused, sagemaker: Stubber) -> None:
        sagemaker.add_client_error("create_model_card", "ValidationException", "Content is invalid", 400)
        assert "Content is invalid" in refused("create_model_card", name=NAME)[""]

    def test_any_other_refusal_is_not_the_caller_s(self, ask: Ask, sagemaker: Stubber) -> None:
        sagemaker.add_client_error("create_model_card", "ResourceLimitExceeded", "too many", 400)
        with pytest.raises(ServiceRefusedError) as failed:
            ask("create_model_card", name=NAME)
        assert failed.value.detail == "ResourceLimitExceeded: too many"


class TestUpdate:
    def test_a_status_that_is_not_given_stays(self, ask: Ask, sagemaker: Stubber) -> None:
        """Lesson 84: an approved card lost its approval."""
        described(sagemaker, STORED, status="Approved")
        overview = {"model_owner": "Pilots"}
        updated(sagemaker, Content={**STORED, "model_overview": overview})
        described(sagemaker, status="Approved")
        assert ask("update_model_card", name=NAME, model_overview=overview)["message"]["ModelCardStatus"] == "Approved"

    def test_sections_are_replaced_whole_and_others_stay(self, ask: Ask, sagemaker: Stubber) -> None:
        described(sagemaker, STORED)
        updated(sagemaker, Content={**STORED, "intended_uses": {"purpose_of_model": "p", "risk_rating": "Unknown"}})
        described(sagemaker)
        ask("update_model_card", name=NAME, intended_uses={"purpose_of_model": "p"})

    def test_an_empty_section_removes_the_stored_one(self, ask: Ask, sagemaker: Stubber) -> None:
        described(sagemaker, STORED)
        updated(sagemaker, Content={"intended_uses": STORED["intended_uses"]})
        described(sagemaker)
        ask("update_model_card", name=NAME, model_overview={})

    @pytest.mark.parametrize(
        ("stored", "order"), [("Draft", ["Content", "ModelCardStatus"]), ("Archived", ["ModelCardStatus", "Content"])]
    )
    def test_content_and_status_are_two_calls(
        self, ask: Ask, sagemaker: Stubber, stored: str, order: list[str]
    ) -> None:
        """SageMaker takes one of them at a time, and no content of an archived card."""
        described(sagemaker, STORED, status=stored)
        changes = {"Content": {**STORED, "business_details": {"business_problem": "b"}}, "ModelCardStatus": "Approved"}
        for key in order:
            updated(sagemaker, **{key: changes[key]})
        described(sagemaker)
        ask("update_model_card", name=NAME, status="Approved", business_details={"business_problem": "b"})

    def test_nothing_is_sent_when_nothing_differs(self, ask: Ask, sagemaker: Stubber) -> None:
        described(sagemaker, STORED, status="Approved")
        answer = ask("update_model_card", name=NAME, status="Approved", model_overview=STORED["model_overview"])
        assert answer["warnings"] == ["nothing differs from the stored card: it was not changed"]

    def test_what_is_ignored_is_told_before_what_was_found(self, ask: Ask, sagemaker: Stubber) -> None:
        described(sagemaker, STORED, status="Approved")
        answer = ask("update_model_card", name=NAME, status="Approved", created_by="me")
        assert answer["warnings"] == [
            "created_by has no meaning for update_model_card and is ignored",
            "nothing differs from the stored card: it was not changed",
        ]
        assert json.loads(answer["message"]["Content"]) == STORED

    def test_an_earlier_version_is_the_base_and_the_latest_is_what_changes(self, ask: Ask, sagemaker: Stubber) -> None:
        described(sagemaker, {"model_overview": {"model_owner": "Pilots"}})
        described(sagemaker, STORED, version=2)
        updated(sagemaker, Content=STORED)
        described(sagemaker)
        ask("update_model_card", name=NAME, version=2)

    def test_a_dry_run_answers_what_would_be_sent(self, ask: Ask, sagemaker: Stubber) -> None:
        described(sagemaker, STORED)
        answer = ask("update_model_card", name=NAME, status="Approved", dry_run=True)
        assert answer == {
            "message": "Dry run: nothing was changed.",
            "plan": {"ModelCardName": NAME, "ModelCardStatus": "Approved"},
        }
        described(sagemaker, STORED)
        plan = ask("update_model_card", name=NAME, business_details={"business_problem": "b"}, dry_run=True)["plan"]
        assert plan == {
            "ModelCardName": NAME,
            "Content": {**STORED, "business_details": {"business_problem": "b"}},
        }

    def test_an_unknown_card_is_the_caller_s_mistake(self, refused: Refused, sagemaker: Stubber) -> None:
        sagemaker.add_client_error("describe_model_card", "ResourceNotFound", f"Modelcard {NAME} is not there", 400)
        assert f"Modelcard {NAME} is not there" in refused("update_model_card", name=NAME)["name"]

    def test_an_unknown_version_is_told_under_its_key(self, refused: Refused, sagemaker: Stubber) -> None:
        described(sagemaker)
        sagemaker.add_client_error("describe_model_card", "ResourceNotFound", "no version 9", 400)
        assert "no version 9" in refused("update_model_card", name=NAME, version=9)["version"]

    def test_a_change_at_the_same_time_is_a_conflict(self, ask: Ask, sagemaker: Stubber) -> None:
        described(sagemaker)
        sagemaker.add_client_error("update_model_card", "ConflictException", "being updated", 400)
        with pytest.raises(ConflictError):
            ask("update_model_card", name=NAME, status="Approved")

    def test_a_stored_content_that_is_no_object_is_not_overwritten(self, refused: Refused, sagemaker: Stubber) -> None:
        sagemaker.add_response("describe_model_card", card() | {"Content": "[]"})
        assert "no JSON object" in refused("update_model_card", name=NAME, model_overview={"model_id": "m"})["name"]


class TestDescribeAndDelete:
    def test_one_version_is_described(self, ask: Ask, sagemaker: Stubber) -> None:
        described(sagemaker, STORED, version=3)
        assert json.loads(ask("describe_model_card", name=NAME, version="3")["message"]["Content"]) == STORED

    @pytest.mark.parametrize(
        ("operation", "call"),
        [("describe_model_card", "describe_model_card"), ("delete_model_card", "delete_model_card")],
    )
    def test_an_unknown_card_is_the_caller_s_mistake(
        self, refused: Refused, sagemaker: Stubber, operation: str, call: str
    ) -> None:
        sagemaker.add_client_error(call, "ResourceNotFound", f"Modelcard {NAME} is not there", 400)
        assert f"Modelcard {NAME} is not there" in refused(operation, name=NAME)["name"]

    def test_a_card_is_deleted(self, ask: Ask, sagemaker: Stubber) -> None:
        sagemaker.add_response("delete_model_card", {}, {"ModelCardName": NAME})
        assert ask("delete_model_card", name=NAME) == {"message": f"Model card with the name: {NAME} has been deleted"}

    def test_a_dry_run_deletes_nothing(self, ask: Ask, sagemaker: Stubber) -> None:
        sagemaker.add_response("describe_model_card", card(), {"ModelCardName": NAME, "IncludedData": "MetadataOnly"})
        assert "nothing was deleted" in ask("delete_model_card", name=NAME, dry_run=True)["message"]

    def test_a_card_that_cannot_be_deleted_now_is_a_conflict(self, ask: Ask, sagemaker: Stubber) -> None:
        sagemaker.add_client_error("delete_model_card", "ConflictException", "an export is running", 400)
        with pytest.raises(ConflictError, match="an export is running"):
            ask("delete_model_card", name=NAME)


def summaries(*names: str) -> list[Body]:
    return [
        {"ModelCardName": name, "ModelCardArn": f"{ARN}:model-card/{name}", "ModelCardStatus": "Draft",
         "CreationTime": MADE}
        for name in names
    ]  # fmt: skip


class TestList:
    def test_all_pages_are_one_answer(self, ask: Ask, sagemaker: Stubber) -> None:
        """Lesson 87."""
        sagemaker.add_response(
            "list_model_cards", {"ModelCardSummaries": summaries("a", "b"), "NextToken": "2"}, {"MaxResults": 100}
        )
        sagemaker.add_response(
            "list_model_cards", {"ModelCardSummaries": summaries("c")}, {"MaxResults": 100, "NextToken": "2"}
        )
        message = ask("list_model_cards")["message"]
        assert [each["ModelCardName"] for each in message["ModelCardSummaries"]] == ["a", "b", "c"]
        assert "NextToken" not in message

    @pytest.mark.parametrize(
        ("keys", "asked"),
        [({"max_results": 2}, {"MaxResults": 2}), ({"next_token": "1"}, {"MaxResults": 100, "NextToken": "1"})],
    )
    def test_a_page_is_a_page_when_asked_for(self, ask: Ask, sagemaker: Stubber, keys: Body, asked: Body) -> None:
        sagemaker.add_response("list_model_cards", {"ModelCardSummaries": summaries("a", "b"), "NextToken": "2"}, asked)
        message = ask("list_model_cards", **keys)["message"]
        assert (len(message["ModelCardSummaries"]), message["NextToken"]) == (2, "2")

    def test_every_filter_is_sent(self, ask: Ask, sagemaker: Stubber) -> None:
        sagemaker.add_response(
            "list_model_cards",
            {"ModelCardSummaries": []},
            {
                "NameContains": "delay",
                "ModelCardStatus": "Approved",
                "CreationTimeAfter": MADE,
                "CreationTimeBefore": MADE.replace(hour=9),
                "SortBy": "Name",
                "SortOrder": "Ascending",
                "MaxResults": 100,
            },
        )
        ask(
            "list_model_cards",
            name_contains="delay",
            status="Approved",
            creation_time_after="2026-11-20T08:15:00",
            creation_time_before="2026-11-20T11:15:00+02:00",
            sort_by="Name",
            sort_order="Ascending",
        )

    def test_a_token_that_sagemaker_does_not_know_is_the_caller_s_mistake(
        self, refused: Refused, sagemaker: Stubber
    ) -> None:
        sagemaker.add_client_error("list_model_cards", "ValidationException", "bad token", 400)
        assert "bad token" in refused("list_model_cards", next_token="x")["next_token"]


def test_the_api_answers_a_card(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, api_event: Ask, context: Any, sagemaker: Stubber
) -> None:
    monkeypatch.setattr(api, "_settings", lambda: settings)
    described(sagemaker, STORED)
    answer = api.handler(api_event(body={"pipeline_type": "describe_model_card", "name": NAME}), context)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["message"]["ModelCardName"] == NAME
