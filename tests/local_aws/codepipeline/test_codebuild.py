# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.local_aws.conftest import ClientFactory
from tests.local_aws.deploying import deploy, physical_id, reasons, remove
from tests.local_aws.pipelines import Account, approval

ACCOUNT = "123456789012"
OUTPUTS = {"Name": {"Value": {"Ref": "Project"}}, "Arn": {"Value": {"Fn::GetAtt": ["Project", "Arn"]}}}


def project(tag: str = "1.0", **properties: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "ServiceRole": {"Fn::GetAtt": ["Role", "Arn"]},
        "Artifacts": {"Type": "CODEPIPELINE"},
        "Source": {"Type": "CODEPIPELINE", "BuildSpec": "version: 0.2"},
        "Environment": {
            "Type": "LINUX_CONTAINER",
            "ComputeType": "BUILD_GENERAL1_SMALL",
            "Image": "aws/codebuild/standard:7.0",
            "PrivilegedMode": "true",
            "EnvironmentVariables": [
                {"Name": "IMAGE_TAG", "Value": tag},
                {"Name": "REGION", "Value": {"Ref": "AWS::Region"}},
            ],
        },
        "TimeoutInMinutes": "30",
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    return {"Project": {"Type": "AWS::CodeBuild::Project", "Properties": given | properties}}


def build(project_name: str, **configuration: str) -> dict[str, Any]:
    return {
        "name": "Build",
        "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
        "configuration": {"ProjectName": project_name, **configuration},
        "inputArtifacts": [{"name": "Artifact_Source_S3Source"}],
    }


def test_a_project_of_a_stack_is_made_changed_and_removed(client: ClientFactory, cloudformation: Any) -> None:
    made = deploy(cloudformation, "project", project(), Outputs=OUTPUTS)
    name = made["Name"]
    assert name.startswith("project-Project-")
    assert made["Arn"] == f"arn:aws:codebuild:us-east-1:{ACCOUNT}:project/{name}"
    (kept,) = client("codebuild").batch_get_projects(names=[name])["projects"]
    assert kept["source"] == {"type": "CODEPIPELINE", "buildspec": "version: 0.2"}
    assert kept["environment"]["privilegedMode"] is True
    assert kept["environment"]["environmentVariables"] == [
        {"name": "IMAGE_TAG", "value": "1.0"},
        {"name": "REGION", "value": "us-east-1"},
    ]
    assert (kept["timeoutInMinutes"], kept["queuedTimeoutInMinutes"]) == (30, 480)
    assert {"key": "a", "value": "b"} in kept["tags"]
    assert kept["serviceRole"].endswith(physical_id(cloudformation, "project", "Role"))

    changed = deploy(cloudformation, "project", project("2.0"), Outputs=OUTPUTS)
    assert changed == made, "a project changes in place"
    (kept,) = client("codebuild").batch_get_projects(names=[name])["projects"]
    assert kept["environment"]["environmentVariables"][0] == {"name": "IMAGE_TAG", "value": "2.0"}

    remove(cloudformation, "project")
    assert client("codebuild").batch_get_projects(names=[name])["projects"] == []


def test_unknown_properties_are_refused(cloudformation: Any) -> None:
    with pytest.raises(WaiterError):
        deploy(cloudformation, "unknown", project(VpcConfig={}))
    (reason,) = reasons(cloudformation, "unknown", "Project")
    assert reason == "The local AWS does not know the property VpcConfig of AWS::CodeBuild::Project."


def test_a_refused_project_fails_its_stack_with_the_services_words(cloudformation: Any) -> None:
    environment = {"Type": "LINUX_CONTAINER", "ComputeType": "HUGE", "Image": "x"}
    with pytest.raises(WaiterError):
        deploy(cloudformation, "refused", project(Environment=environment))
    (reason,) = reasons(cloudformation, "refused", "Project")
    assert "Value 'HUGE' at 'environment.computeType' failed to satisfy constraint: Member must satisfy enum" in reason


def test_a_build_of_a_pipeline_is_recorded_with_its_variables(
    client: ClientFactory, cloudformation: Any, account: Account
) -> None:
    name = deploy(cloudformation, "built", project(), Outputs=OUTPUTS)["Name"]
    variables = json.dumps([{"name": "IMAGE_TAG", "value": "3.0"}, {"name": "MORE", "value": "x"}])
    account.create("builds", [build(name, EnvironmentVariables=variables)])
    assert account.statuses("builds") == ["Succeeded"]
    action = account.action("builds", "Stage1", "Build")
    assert "does not build images" in action["summary"]

    (build_id,) = client("codebuild").list_builds_for_project(projectName=name)["ids"]
    assert action["externalExecutionId"] == build_id
    (recorded,) = client("codebuild").batch_get_builds(ids=[build_id])["builds"]
    assert recorded["environment"]["image"] == "aws/codebuild/standard:7.0"
    assert recorded["environment"]["environmentVariables"] == [
        {"name": "IMAGE_TAG", "value": "3.0", "type": "PLAINTEXT"},
        {"name": "REGION", "value": "us-east-1", "type": "PLAINTEXT"},
        {"name": "MORE", "value": "x", "type": "PLAINTEXT"},
    ]
    assert recorded["source"]["buildspec"] == "version: 0.2"
    assert recorded["initiator"] == "assumed-role/pipeline/local-aws"
    assert (recorded["buildStatus"], recorded["buildNumber"]) == ("SUCCEEDED", 1)
    (message,) = [context["message"] for phase in recorded["phases"] for context in phase.get("contexts", [])]
    assert message == f"The local AWS does not build images: the build of project {name} is only recorded."

    account.start("builds")
    newest, oldest = client("codebuild").list_builds_for_project(projectName=name)["ids"]
    assert oldest == build_id
    (second,) = client("codebuild").batch_get_builds(ids=[newest])["builds"]
    assert second["buildNumber"] == 2


def test_a_build_of_no_project_fails_the_action(account: Account) -> None:
    account.create("builds-nothing", [build("nothing")])
    failed = account.action("builds-nothing", "Stage1", "Build")
    assert failed["status"] == "Failed"
    assert "Project cannot be found: arn:aws:codebuild:us-east-1:" in failed["errorDetails"]["message"]


def test_builds_that_never_were_are_named(client: ClientFactory) -> None:
    answer = client("codebuild").batch_get_builds(ids=["nothing:1"])
    assert (answer["builds"], answer["buildsNotFound"]) == ([], ["nothing:1"])


def test_two_projects_of_one_name_are_refused(client: ClientFactory, cloudformation: Any) -> None:
    name = deploy(cloudformation, "twice", project(), Outputs=OUTPUTS)["Name"]
    with pytest.raises(ClientError, match="Project already exists: arn:aws:codebuild"):
        client("codebuild").create_project(
            name=name,
            serviceRole=f"arn:aws:iam::{ACCOUNT}:role/x",
            source={"type": "CODEPIPELINE"},
            artifacts={"type": "CODEPIPELINE"},
            environment={"type": "LINUX_CONTAINER", "computeType": "BUILD_GENERAL1_SMALL", "image": "x"},
        )


def test_a_rule_starts_a_pipeline_when_its_source_changes(client: ClientFactory, account: Account) -> None:
    """As the image builder does: the object's event starts the pipeline, as the role of the target."""
    account.create("watches", [approval()])
    client("s3").put_bucket_notification_configuration(
        Bucket="pipelines", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"object": {"key": ["watched.zip"]}},
    }
    client("events").put_rule(Name="watches", EventPattern=json.dumps(pattern))
    target = {"Id": "pipeline", "Arn": f"arn:aws:codepipeline:us-east-1:{ACCOUNT}:watches"}
    with pytest.raises(ClientError) as refused:
        client("events").put_targets(Rule="watches", Targets=[target])
    assert refused.value.response["Error"]["Message"] == f"RoleArn is required for target {target['Arn']}."
    role = f"arn:aws:iam::{ACCOUNT}:role/starts-pipelines"
    client("events").put_targets(Rule="watches", Targets=[target | {"RoleArn": role}])

    account.upload(b"new", "watched.zip")
    account.upload(b"new", "another.zip")
    account.settle()
    newest, oldest = account.executions("watches")
    assert newest["trigger"]["triggerDetail"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/starts-pipelines/")
    assert oldest["trigger"]["triggerType"] == "CreatePipeline"
