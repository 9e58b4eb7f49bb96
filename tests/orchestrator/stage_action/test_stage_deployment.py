# SPDX-License-Identifier: Apache-2.0
"""A stage from its first job to its end, with an AWS that plays along."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.orchestrator.stage_action.played_aws import (
    ACCOUNT,
    FIVE,
    JOB,
    MANY,
    PARAMETERS,
    REGION,
    TEMPLATE,
    UNIT,
    Deliver,
    Pipeline,
    RefusalError,
    Run,
    StackSets,
)


class TestNewStage:
    def test_creates_the_set_and_its_instance_then_succeeds(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        run()
        assert pipeline.has_succeeded
        assert list(stack_sets.instances) == [(ACCOUNT, REGION)]
        assert stack_sets.starts() == [f"{JOB}-0"]
        assert pipeline.answer["executionDetails"]["externalExecutionId"] == f"{JOB}-0"
        assert "1 account, eu-west-1" in pipeline.answer["executionDetails"]["summary"]

    def test_the_set_is_service_managed_and_does_not_deploy_by_itself(self, run: Run, stack_sets: StackSets) -> None:
        run()
        (asked,) = stack_sets.parameters("CreateStackSet")
        assert asked["PermissionModel"] == "SERVICE_MANAGED"
        assert asked["AutoDeployment"] == {"Enabled": False}
        assert asked["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
        assert asked["TemplateBody"] == TEMPLATE.rstrip()
        assert {entry["ParameterKey"]: entry["ParameterValue"] for entry in asked["Parameters"]} == PARAMETERS

    def test_only_the_named_accounts_of_the_unit_are_targets(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        """Lesson 45."""
        stack_sets.members = set(FIVE)
        run(account_ids=FIVE[:2])
        (asked,) = stack_sets.parameters("CreateStackInstances")
        assert asked["DeploymentTargets"] == {
            "OrganizationalUnitIds": [UNIT],
            "Accounts": FIVE[:2],
            "AccountFilterType": "INTERSECTION",
        }
        assert pipeline.has_succeeded

    def test_all_accounts_and_regions_run_at_once_and_none_waits_for_another(
        self, run: Run, stack_sets: StackSets
    ) -> None:
        run(regions=[REGION, "eu-north-1"])
        (asked,) = stack_sets.parameters("CreateStackInstances")
        assert asked["OperationPreferences"] == {
            "RegionConcurrencyType": "PARALLEL",
            "MaxConcurrentPercentage": 100,
            "FailureTolerancePercentage": 100,
            "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
        }
        assert set(stack_sets.instances) == {(ACCOUNT, REGION), (ACCOUNT, "eu-north-1")}

    @pytest.mark.parametrize("capacity", ["SELF", "DELEGATED_ADMIN"])
    def test_every_call_says_in_which_capacity(
        self, run: Run, stack_sets: StackSets, capacity: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CALL_AS", capacity)
        run()
        assert {call.parameters["CallAs"] for call in stack_sets.called} == {capacity}

    def test_the_artifact_is_read_with_the_jobs_own_credentials(
        self, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[Any] = []
        making = boto3.client

        def note(request: Any, **_: Any) -> None:
            sent.append(request)

        def client(*given: Any, **more: Any) -> Any:
            made = making(*given, **more)
            made.meta.events.register("before-send.s3.GetObject", note)
            return made

        monkeypatch.setattr(boto3, "client", client)
        deliver()
        (request,) = sent
        signature = request.headers["Authorization"].decode()
        assert signature.startswith("AWS4-HMAC-SHA256 Credential=ASIAQUAYSIDEEXAMPLE1/")
        assert request.headers["X-Amz-Security-Token"] == b"token-of-the-job"


class TestPolling:
    @pytest.mark.parametrize("accounts", [1, 10, 1000])
    def test_one_call_however_many_accounts(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline, accounts: int
    ) -> None:
        deliver(account_ids=MANY[:accounts])
        stack_sets.called.clear()
        deliver(pipeline.token, account_ids=MANY[:accounts])
        assert stack_sets.operations() == ["DescribeStackSetOperation"]
        assert "is RUNNING" in pipeline.answer["executionDetails"]["summary"]

    def test_a_thousand_accounts_are_verified_page_by_page(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        stack_sets.members = set(MANY)
        run(account_ids=MANY)
        assert pipeline.has_succeeded
        assert stack_sets.operations().count("ListStackInstances") == len(MANY) / 100

    @pytest.mark.parametrize("status", ["RUNNING", "QUEUED", "STOPPING"])
    def test_the_token_stays_while_the_operation_goes_on(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline, status: str
    ) -> None:
        deliver()
        token = pipeline.token
        stack_sets.ended[f"{JOB}-0"] = {"Status": status}
        deliver(token)
        assert pipeline.token == token

    def test_the_longest_token_fits(self, deliver: Deliver, pipeline: Pipeline) -> None:
        deliver(stackset_name="s" * 128)
        assert len(pipeline.token) < 500

    def test_a_list_that_lags_behind_is_read_again(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        """Lesson 48."""
        deliver()
        stack_sets.finish()
        hidden, stack_sets.instances = stack_sets.instances, {}
        deliver(pipeline.token)
        token = pipeline.token
        stack_sets.instances = hidden
        deliver(token)
        assert pipeline.has_succeeded
        assert stack_sets.starts() == [f"{JOB}-0"]

    def test_the_earlier_solutions_token_is_a_fresh_start(self, deliver: Deliver, pipeline: Pipeline) -> None:
        deliver('{"previous_job_id": "11111111-abcd-1111-abcd-111111abcdef"}')
        assert "Creating stacks" in pipeline.answer["executionDetails"]["summary"]


class TestExistingStage:
    def test_an_unchanged_stage_succeeds_at_once(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        """Lesson 49."""
        stack_sets.exists(template=TEMPLATE.replace("\n", "\r\n"))
        stack_sets.has(ACCOUNT)
        deliver()
        assert pipeline.has_succeeded
        assert "up to date" in pipeline.answer["executionDetails"]["summary"]
        assert stack_sets.starts() == []

    @pytest.mark.parametrize("change", [{"template": "Resources: {}"}, {"parameters": {"ModelName": "other"}}])
    def test_a_change_updates_the_named_accounts_only(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline, change: dict[str, Any]
    ) -> None:
        stack_sets.exists(**change)
        stack_sets.members = set(FIVE)
        stack_sets.has(*FIVE)
        run(account_ids=FIVE[:2])
        (asked,) = stack_sets.parameters("UpdateStackSet")
        assert asked["DeploymentTargets"]["Accounts"] == FIVE[:2]
        assert asked["DeploymentTargets"]["AccountFilterType"] == "INTERSECTION"
        assert asked["TemplateBody"] == TEMPLATE.rstrip()
        # CloudFormation refuses it beside targets.
        assert "AutoDeployment" not in asked
        assert pipeline.has_succeeded

    def test_a_set_whose_instances_were_never_made_is_completed(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        """Lesson 46."""
        stack_sets.exists()
        run()
        assert pipeline.has_succeeded
        assert stack_sets.starts() == [f"{JOB}-0"]
        assert (ACCOUNT, REGION) in stack_sets.instances

    def test_a_half_made_set_of_another_definition_is_corrected_first(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        """Lesson 46."""
        stack_sets.exists(template="Resources: {}")
        run()
        assert [name for name in stack_sets.operations() if name in {"UpdateStackSet", "CreateStackInstances"}] == [
            "UpdateStackSet",
            "CreateStackInstances",
        ]
        assert "DeploymentTargets" not in stack_sets.parameters("UpdateStackSet")[0]
        assert pipeline.has_succeeded

    def test_an_added_account_follows_the_update_of_the_others(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        stack_sets.exists(parameters={})
        stack_sets.members = set(FIVE)
        stack_sets.has(*FIVE[:4])
        run(account_ids=FIVE)
        assert stack_sets.parameters("UpdateStackSet")[0]["DeploymentTargets"]["Accounts"] == FIVE[:4]
        assert stack_sets.parameters("CreateStackInstances")[0]["DeploymentTargets"]["Accounts"] == FIVE[4:]
        assert stack_sets.starts() == [f"{JOB}-0", f"{JOB}-1"]
        assert pipeline.has_succeeded

    def test_a_failed_instance_is_tried_again(self, run: Run, stack_sets: StackSets, pipeline: Pipeline) -> None:
        """Lesson 47."""
        stack_sets.exists()
        stack_sets.members = set(FIVE)
        stack_sets.has(*FIVE)
        stack_sets.has(FIVE[3], status="OUTDATED")
        run(account_ids=FIVE)
        (asked,) = stack_sets.parameters("UpdateStackSet")
        assert asked["DeploymentTargets"]["Accounts"] == [FIVE[3]]

    def test_another_order_of_accounts_between_commas_is_the_same_stage(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        stack_sets.exists()
        stack_sets.has(*FIVE)
        deliver(account_ids=[", ".join(reversed(FIVE)), FIVE[0]])
        assert pipeline.has_succeeded


class TestOthersAtWork:
    def test_a_running_operation_is_waited_for(self, run: Run, stack_sets: StackSets, pipeline: Pipeline) -> None:
        """Lesson 47."""
        stack_sets.exists()
        stack_sets.begin()
        run()
        assert stack_sets.operations().count("ListStackSetOperations") == 1
        assert pipeline.has_succeeded
        assert stack_sets.starts() == [f"{JOB}-0", f"{JOB}-0"]

    def test_somebody_elses_failure_is_not_ours(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        stack_sets.exists()
        stack_sets.begin()
        deliver()
        stack_sets.running.clear()
        stack_sets.ended["somebody-elses"] = {"Status": "FAILED"}
        deliver(pipeline.token)
        assert "Creating stacks" in pipeline.answer["executionDetails"]["summary"]

    @pytest.mark.parametrize(
        ("operation", "code"),
        [
            ("CreateStackSet", "NameAlreadyExistsException"),
            ("CreateStackSet", "CreatedButModifiedException"),
            ("CreateStackInstances", "StaleRequestException"),
            ("CreateStackInstances", "OperationInProgressException"),
        ],
    )
    def test_a_lost_race_is_decided_anew(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline, operation: str, code: str
    ) -> None:
        stack_sets.refusals[operation] = [RefusalError(code, status=409)]
        run()
        assert pipeline.has_succeeded
