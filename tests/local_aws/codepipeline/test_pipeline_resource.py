# SPDX-License-Identifier: Apache-2.0
"""AWS::CodePipeline::Pipeline: a pipeline that belongs to a stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from tests.local_aws.deploying import wait
from tests.local_aws.pipelines import SOURCE_KEY, Account

# Numbers and booleans as templates have them: some as text, some not.
_SOURCE_STAGE = {
    "Name": "Source",
    "Actions": [
        {
            "Name": "S3Source",
            "ActionTypeId": {"Category": "Source", "Owner": "AWS", "Provider": "S3", "Version": "1"},
            "RunOrder": "1",
            "Configuration": {"S3Bucket": "pipelines", "S3ObjectKey": SOURCE_KEY, "PollForSourceChanges": False},
            "OutputArtifacts": [{"Name": "Source"}],
        }
    ],
}
_APPROVAL_STAGE = {
    "Name": "Approve",
    "Actions": [
        {
            "Name": "Approve",
            "ActionTypeId": {"Category": "Approval", "Owner": "AWS", "Provider": "Manual", "Version": "1"},
            "RunOrder": 1,
        }
    ],
}


class TestCloudFormation:
    @pytest.fixture
    def template(self, account: Account) -> Callable[..., str]:
        def make(**properties: Any) -> str:
            pipeline = {
                "RoleArn": account.role,
                "PipelineType": "V2",
                "ExecutionMode": "SUPERSEDED",
                "ArtifactStore": {"Type": "S3", "Location": "store"},
                "Stages": [_SOURCE_STAGE, _APPROVAL_STAGE],
                **properties,
            }
            outputs = {
                "Name": {"Value": {"Ref": "Pipeline"}},
                "Version": {"Value": {"Fn::GetAtt": ["Pipeline", "Version"]}},
            }
            resource = {"Type": "AWS::CodePipeline::Pipeline", "Properties": pipeline}
            return json.dumps({"Resources": {"Pipeline": resource}, "Outputs": outputs})

        return make

    @pytest.fixture
    def outputs(self, client: Callable[..., Any]) -> Callable[[str], dict[str, str]]:
        def read(stack: str) -> dict[str, str]:
            described = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
            return {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}

        return read

    def test_create_update_and_delete(
        self, account: Account, client: Callable[..., Any], template: Callable[..., str], outputs: Any
    ) -> None:
        stacks = client("cloudformation")
        stacks.create_stack(StackName="mlops-pipeline-one", TemplateBody=template())
        wait(stacks, "create", "mlops-pipeline-one")
        account.settle()
        name = outputs("mlops-pipeline-one")["Name"]
        assert name.startswith("mlops-pipeline-one-Pipeline-")
        assert outputs("mlops-pipeline-one")["Version"] == "1"
        assert account.statuses(name) == ["InProgress"]
        declared = account.pipelines.get_pipeline(name=name)["pipeline"]
        assert declared["stages"][0]["actions"][0]["configuration"] == {
            "S3Bucket": "pipelines", "S3ObjectKey": SOURCE_KEY, "PollForSourceChanges": "false"
        }  # fmt: skip
        assert (declared["pipelineType"], declared["executionMode"]) == ("V2", "SUPERSEDED")

        stacks.update_stack(StackName="mlops-pipeline-one", TemplateBody=template(RestartExecutionOnUpdate=True))
        wait(stacks, "update", "mlops-pipeline-one")
        account.settle()
        assert outputs("mlops-pipeline-one") == {"Name": name, "Version": "2"}
        assert len(account.executions(name)) == 2

        stacks.delete_stack(StackName="mlops-pipeline-one")
        wait(stacks, "delete", "mlops-pipeline-one")
        with pytest.raises(account.pipelines.exceptions.PipelineNotFoundException):
            account.pipelines.get_pipeline(name=name)

    def test_its_tags_are_those_of_the_stack(
        self, account: Account, client: Callable[..., Any], template: Callable[..., str], outputs: Any
    ) -> None:
        stacks = client("cloudformation")
        tags = [[{"Key": "model_name", "Value": value}] for value in ("one", "two")]
        stacks.create_stack(StackName="mlops-pipeline-tagged", TemplateBody=template(), Tags=tags[0])
        wait(stacks, "create", "mlops-pipeline-tagged")
        name = outputs("mlops-pipeline-tagged")["Name"]
        arn = account.pipelines.get_pipeline(name=name)["metadata"]["pipelineArn"]
        assert account.pipelines.list_tags_for_resource(resourceArn=arn)["tags"] == [
            {"key": "model_name", "value": "one"}
        ]
        stacks.update_stack(StackName="mlops-pipeline-tagged", UsePreviousTemplate=True, Tags=tags[1])
        wait(stacks, "update", "mlops-pipeline-tagged")
        assert account.pipelines.list_tags_for_resource(resourceArn=arn)["tags"] == [
            {"key": "model_name", "value": "two"}
        ]

    def test_a_refused_declaration_fails_the_stack_with_the_reason(
        self, client: Callable[..., Any], template: Callable[..., str]
    ) -> None:
        stacks = client("cloudformation")
        stacks.create_stack(StackName="refused", TemplateBody=template(ExecutionMode="PARALLEL"))
        with pytest.raises(WaiterError):
            wait(stacks, "create", "refused")
        events = stacks.describe_stack_events(StackName="refused")["StackEvents"]
        (reason,) = [e["ResourceStatusReason"] for e in events if e["ResourceStatus"] == "CREATE_FAILED"]
        assert "executionMode SUPERSEDED" in reason
