# SPDX-License-Identifier: Apache-2.0
"""Other weights for the models of an endpoint, through the API; SageMaker is a stub."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from botocore.stub import Stubber

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import pipeline_stacks, removal_records
from tests.orchestrator.pipelines_there import deployed_name, make_multi_account_pipeline, make_pipeline, make_stack

Body = dict[str, Any]
Ask = Callable[..., tuple[int, Body]]
NOW: Final = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
ARN: Final = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/churn-e"


@pytest.fixture
def settings(settings: Settings, aws: None) -> Settings:
    """In moto's account."""
    place = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=settings.launch.pipelines_bucket, CreateBucketConfiguration=place)
    return replace(settings, deploy_role_arn="arn:aws:iam::123456789012:role/mlops-DeployRole")


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, settings: Settings, api_event: Callable[..., Body], context: Any) -> Ask:
    """`ask({"challenger": 3})`: status and body."""
    monkeypatch.setattr(api, "_settings", lambda: settings)

    def call(weights: Any, given: str = "churn", **more: Any) -> tuple[int, Body]:
        route = {"resource": "/pipelines/{id}/weights", "pathParameters": {"id": given}}
        answer = api.handler(
            api_event(f"/pipelines/{given}/weights", {"weights": weights, **more}, httpMethod="POST", **route), context
        )
        return answer["statusCode"], json.loads(answer["body"])

    return call


def variant(name: str, current: float, desired: float | None = None) -> Body:
    return {"VariantName": name, "CurrentWeight": current, "DesiredWeight": current if desired is None else desired}


def endpoint(stub: Stubber, *variants: Body, status: str = "InService", **more: Any) -> None:
    found = {
        "EndpointName": "churn-e",
        "EndpointArn": ARN,
        "EndpointStatus": status,
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
        **({"ProductionVariants": list(variants)} if variants else {}),
    }
    stub.add_response("describe_endpoint", found | more, {"EndpointName": "churn-e"})


def changes(stub: Stubber, **weights: float) -> None:
    wanted = [{"VariantName": name, "DesiredWeight": weight} for name, weight in weights.items()]
    expected = {"EndpointName": "churn-e", "DesiredWeightsAndCapacities": wanted}
    stub.add_response("update_endpoint_weights_and_capacities", {"EndpointArn": ARN}, expected)


@pytest.fixture
def deployed(settings: Settings) -> str:
    """The id of a pipeline with an endpoint."""
    arn = make_pipeline("churn")
    make_stack(deployed_name("churn"), SageMakerEndpointName="churn-e")
    return arn


@pytest.mark.usefixtures("deployed")
class TestShifted:
    def test_weights_are_changed_and_told_with_shares(self, ask: Ask, deployed: str, sagemaker: Stubber) -> None:
        endpoint(sagemaker, variant("AllTraffic", 1), variant("challenger", 1))
        changes(sagemaker, challenger=3)
        status, body = ask({"challenger": 3})
        assert (status, body["pipeline_id"], body["endpoint"]) == (200, deployed, "churn-e")
        assert body["message"] == "Calls of churn/realtime are to be shared: AllTraffic 25%, challenger 75%."
        assert body["variants"] == [
            {"name": "AllTraffic", "weight": 1.0, "share": 0.25},
            {"name": "challenger", "weight": 3.0, "share": 0.75},
        ]

    @pytest.mark.parametrize("status", ["InService", "Updating"])
    def test_a_repeat_changes_nothing(self, ask: Ask, sagemaker: Stubber, status: str) -> None:
        endpoint(sagemaker, variant("AllTraffic", 1), variant("challenger", 1, 3), status=status)
        code, body = ask({"challenger": 3})
        assert code == 200
        assert "are shared so already, or are about to be" in body["message"]

    def test_one_may_get_no_calls(self, ask: Ask, sagemaker: Stubber) -> None:
        endpoint(sagemaker, variant("AllTraffic", 1), variant("challenger", 1))
        changes(sagemaker, challenger=0)
        assert [one["share"] for one in ask({"challenger": 0})[1]["variants"]] == [1.0, 0.0]


@pytest.mark.usefixtures("deployed")
class TestRefused:
    def test_unknown_variants_and_shadows_are_told_with_those_that_there_are(
        self, ask: Ask, sagemaker: Stubber
    ) -> None:
        endpoint(sagemaker, variant("AllTraffic", 1), ShadowProductionVariants=[variant("next", 0.5)])
        status, body = ask({"chalenger": 3, "next": 1, "AllTraffic": 0})
        assert (status, [one["key"] for one in body["errors"]]) == (400, ["weights.chalenger", "weights.next"])
        assert body["errors"][0]["problem"] == "there is no variant of this name; the endpoint has AllTraffic"
        assert "sampling_percent" in body["errors"][1]["problem"]
        assert body["message"].endswith("No weight was changed.")

    @pytest.mark.parametrize(
        "weight", [-1, "3", True, None, 1e9], ids=["negative", "text", "boolean", "null", "too-large"]
    )
    def test_a_weight_is_a_number_from_0(self, ask: Ask, weight: Any) -> None:
        status, body = ask({"challenger": weight})
        (error,) = body["errors"]
        assert (status, error["key"]) == (400, "weights.challenger")
        assert error["problem"].startswith("must be a number from 0 to 1000000; got ")

    @pytest.mark.parametrize("weights", [{}, [], None], ids=["none", "list", "null"])
    def test_no_weights_are_a_mistake(self, ask: Ask, weights: Any) -> None:
        status, body = ask(weights)
        assert (status, body["errors"][0]["key"]) == (400, "weights")

    def test_somebody_must_answer(self, ask: Ask, sagemaker: Stubber) -> None:
        endpoint(sagemaker, variant("AllTraffic", 0), variant("challenger", 1))
        status, body = ask({"challenger": 0})
        assert (status, body["errors"][0]["key"]) == (400, "weights")
        assert "one variant at least with a weight above 0" in body["errors"][0]["problem"]

    def test_an_endpoint_that_is_changed_by_others_is_left_alone(self, ask: Ask, sagemaker: Stubber) -> None:
        endpoint(sagemaker, variant("AllTraffic", 1), variant("challenger", 1), status="Updating")
        status, body = ask({"challenger": 3})
        assert status == 409
        assert "is Updating, and SageMaker makes one change at a time" in body["message"]
        assert "mlops status churn/realtime" in body["message"]

    def test_a_deployment_brings_weights_of_its_own(self, ask: Ask, sagemaker: Stubber) -> None:
        """Even where the weights are those that are asked for: the deployment's count at its end."""
        pending = {"PendingDeploymentSummary": {"EndpointConfigName": "next"}}
        endpoint(sagemaker, variant("AllTraffic", 1), variant("challenger", 3), status="Updating", **pending)
        assert ask({"challenger": 3})[0] == 409

    def test_a_change_that_others_begin_meanwhile_is_told(self, ask: Ask, sagemaker: Stubber) -> None:
        endpoint(sagemaker, variant("AllTraffic", 1), variant("challenger", 1))
        sagemaker.add_client_error("update_endpoint_weights_and_capacities", "ValidationException", "in-progress")
        endpoint(sagemaker, variant("AllTraffic", 1), variant("challenger", 1), status="Updating")
        assert ask({"challenger": 3})[0] == 409

    def test_a_refusal_of_sagemaker_is_no_success(self, ask: Ask, sagemaker: Stubber) -> None:
        endpoint(sagemaker, variant("AllTraffic", 1), variant("challenger", 1))
        sagemaker.add_client_error("update_endpoint_weights_and_capacities", "ResourceLimitExceeded", "no more")
        status, body = ask({"challenger": 3})
        assert (status, "change the weights of the endpoint churn-e" in body["message"]) == (502, True)

    def test_a_failed_endpoint_is_deployed_again(self, ask: Ask, sagemaker: Stubber) -> None:
        endpoint(sagemaker, status="Failed", FailureReason="no memory")
        status, body = ask({"challenger": 3})
        assert status == 409
        assert "is Failed, so no weights can be changed. no memory Deploy it again" in body["message"]

    def test_an_endpoint_that_somebody_deleted(self, ask: Ask, sagemaker: Stubber) -> None:
        sagemaker.add_client_error("describe_endpoint", "ValidationException", "Could not find endpoint.")
        status, body = ask({"challenger": 3})
        assert (status, "is not there any more" in body["message"]) == (409, True)

    def test_what_is_being_deleted(self, ask: Ask, settings: Settings, deployed: str) -> None:
        stack = stacks.find(deployed)
        assert stack is not None
        removal_records.store(
            settings.launch.pipelines_bucket, removal_records.begin(pipeline_stacks.of(stack), "arn:aws:iam::1:user/a")
        )
        status, body = ask({"challenger": 3})
        assert (status, body["message"]) == (409, "churn/realtime is being deleted.")


class TestWithoutEndpoint:
    def test_what_has_none(self, ask: Ask) -> None:
        make_pipeline("churn")
        status, body = ask({"challenger": 3})
        assert (status, "churn/realtime has no endpoint" in body["message"]) == (409, True)

    def test_with_several_accounts_the_stage_is_missing(self, ask: Ask) -> None:
        make_multi_account_pipeline("churn")
        status, body = ask({"challenger": 3})
        (error,) = body["errors"]
        assert (status, error["key"]) == (400, "stage")
        assert error["problem"] == "is required, dev, staging or prod: churn/realtime has an endpoint in each"

    @pytest.mark.parametrize("stage", ["qa", "", 3], ids=["unknown", "empty", "number"])
    def test_what_is_no_stage(self, ask: Ask, stage: Any) -> None:
        status, body = ask({"challenger": 3}, stage=stage)
        (error,) = body["errors"]
        assert (status, error["key"]) == (400, "stage")
        assert error["problem"].startswith("must be dev, staging or prod")

    @pytest.mark.usefixtures("deployed")
    def test_in_one_account_there_is_no_stage(self, ask: Ask) -> None:
        status, body = ask({"challenger": 3}, stage="dev")
        assert (status, body["errors"][0]["key"]) == (400, "stage")

    def test_what_is_not_there(self, ask: Ask) -> None:
        assert ask({"challenger": 3}, "nobody")[0] == 404
