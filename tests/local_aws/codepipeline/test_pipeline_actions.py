# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts.local_aws.codepipeline.deploy import first_failure
from scripts.local_aws.codepipeline.engine import ENGINE
from scripts.local_aws.codepipeline.jobs import Timing
from tests.local_aws.pipelines import Account, approval, deploy, invoke, source, zipped

TEMPLATE = """
Parameters:
  Delay: {Type: Number, Default: 5}
  Name: {Type: String}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Ref Name, VisibilityTimeout: !Ref Delay}
Outputs:
  Url: {Value: !Ref Queue}
"""
# A bucket name that S3 refuses.
BROKEN = """
Parameters:
  Name: {Type: String}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {BucketName: a.}
"""


def bundle(template: str = TEMPLATE, **parameters: Any) -> bytes:
    return zipped(template__yaml=template, params__json=json.dumps({"Parameters": parameters}))


@pytest.fixture(scope="module")
def stack(client: Callable[..., Any]) -> Callable[[str], Any]:
    return lambda name: client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]


class TestSource:
    def test_the_object_and_its_version_enter_the_pipeline(self, account: Account) -> None:
        version = account.upload(zipped(a__txt="content"))
        account.create("source", [approval()])
        (execution,) = account.executions("source")
        (revision,) = execution["sourceRevisions"]
        assert revision["actionName"] == "S3Source"
        assert revision["revisionId"] == version
        assert revision["revisionSummary"] == f"Amazon S3 version id: {version}"
        state = account.stage("source", "Source")["actionStates"][0]
        assert state["currentRevision"]["revisionId"] == version
        assert state["entityUrl"].startswith("https://console.aws.amazon.com/s3/")

    def test_the_artifact_lies_in_the_store_as_codepipeline_lays_it_out(self, account: Account) -> None:
        account.upload(zipped(a__txt="content"))
        name = "mlops-pipeline-a-long-name"
        execution = account.create(name, [approval()])
        details = account.pipelines.list_action_executions(
            pipelineName=name, filter={"pipelineExecutionId": execution}
        )["actionExecutionDetails"]
        (artifact,) = next(each for each in details if each["actionName"] == "S3Source")["output"]["outputArtifacts"]
        assert artifact["s3location"]["bucket"] == "store"
        pipeline_part, artifact_part, _ = artifact["s3location"]["key"].split("/")
        assert (pipeline_part, artifact_part) == ("mlops-pipeline-a-lon", "Artifact_S")
        stored = account.client("s3").get_object(Bucket="store", Key=artifact["s3location"]["key"])
        assert zipfile.ZipFile(io.BytesIO(stored["Body"].read())).read("a.txt") == b"content"

    def test_a_missing_object_fails_the_action(self, account: Account) -> None:
        account.create("missing", [approval()], first=source("not/there.zip"))
        failed = account.action("missing", "Source", "S3Source")
        assert failed["status"] == "Failed"
        assert failed["errorDetails"]["message"] == "The object with key 'not/there.zip' does not exist."
        assert account.statuses("missing") == ["Failed"]

    def test_a_bucket_without_versions_fails_the_action(self, account: Account) -> None:
        account.client("s3").create_bucket(Bucket="unversioned")
        account.client("s3").put_object(Bucket="unversioned", Key="a.zip", Body=b"")
        action = source("a.zip")
        action["configuration"]["S3Bucket"] = "unversioned"
        account.create("unversioned", [approval()], first=action)
        assert "versioning" in account.action("unversioned", "Source", "S3Source")["errorDetails"]["message"]


class TestDeploy:
    def test_a_stack_is_created_and_updated_with_the_parameters_of_the_artifact(
        self, account: Account, stack: Callable[[str], Any]
    ) -> None:
        account.upload(bundle(Name="made-by-pipeline", Delay="7"))
        account.create("deploys", [deploy("deployed")])
        assert account.statuses("deploys") == ["Succeeded"]
        assert stack("deployed")["StackStatus"] == "CREATE_COMPLETE"
        url = stack("deployed")["Outputs"][0]["OutputValue"]
        delay = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        assert delay["Attributes"] == {"VisibilityTimeout": "7"}
        assert (
            account.action("deploys", "Stage1", "deploy_stack")["externalExecutionId"] == stack("deployed")["StackId"]
        )

        account.upload(bundle(Name="made-by-pipeline", Delay="8"))
        account.start("deploys")
        assert stack("deployed")["StackStatus"] == "UPDATE_COMPLETE"

    def test_nothing_to_update_succeeds(self, account: Account, stack: Callable[[str], Any]) -> None:
        account.upload(bundle(Name="unchanged"))
        account.create("again", [deploy("unchanged")])
        account.start("again")
        assert account.statuses("again") == ["Succeeded", "Succeeded"]
        assert "No updates" in account.action("again", "Stage1", "deploy_stack")["summary"]
        assert stack("unchanged")["StackStatus"] == "CREATE_COMPLETE"

    def test_a_failed_stack_fails_with_the_reason_of_its_first_failed_resource_and_is_replaced_next_time(
        self, account: Account, stack: Callable[[str], Any]
    ) -> None:
        account.upload(bundle(BROKEN, Name="x"))
        account.create("replaces", [deploy("replaced")])
        failed = account.action("replaces", "Stage1", "deploy_stack")
        assert failed["status"] == "Failed"
        assert failed["errorDetails"]["message"].startswith("Bucket (AWS::S3::Bucket) is in CREATE_FAILED: ")
        broken = stack("replaced")
        assert broken["StackStatus"] == "ROLLBACK_COMPLETE"

        account.upload(bundle(Name="replaced"))
        account.start("replaces")
        assert account.statuses("replaces") == ["Failed", "Succeeded"]
        assert stack("replaced")["StackStatus"] == "CREATE_COMPLETE"
        assert stack("replaced")["StackId"] != broken["StackId"]

    def test_create_update_does_not_replace(self, account: Account, stack: Callable[[str], Any]) -> None:
        account.upload(bundle(BROKEN, Name="x"))
        account.create("keeps", [deploy("kept", "CREATE_UPDATE")])
        account.upload(bundle(Name="kept"))
        account.start("keeps")
        assert account.statuses("keeps") == ["Failed", "Failed"]
        assert "ROLLBACK_COMPLETE" in account.action("keeps", "Stage1", "deploy_stack")["errorDetails"]["message"]

    def test_delete_only(self, account: Account, stack: Callable[[str], Any]) -> None:
        account.upload(bundle(Name="deleted"))
        account.create("deletes", [deploy("deleted")], [approval()], [deploy("deleted", "DELETE_ONLY")])
        made = stack("deleted")["StackId"]
        account.answer("deletes", "Stage2")
        assert account.statuses("deletes") == ["Succeeded"]
        assert stack(made)["StackStatus"] == "DELETE_COMPLETE"

    def test_a_large_template_goes_through_s3(self, account: Account, stack: Callable[[str], Any]) -> None:
        account.upload(bundle(TEMPLATE + "# " + "x" * 60_000, Name="large"))
        account.create("large", [deploy("large")])
        assert account.statuses("large") == ["Succeeded"]
        assert stack("large")["StackStatus"] == "CREATE_COMPLETE"

    def test_overrides_win(self, account: Account, stack: Callable[[str], Any]) -> None:
        account.upload(bundle(Name="overridden", Delay="1"))
        account.create("overrides", [deploy("overridden", ParameterOverrides='{"Delay": "3"}')])
        values = {each["ParameterKey"]: each["ParameterValue"] for each in stack("overridden")["Parameters"]}
        assert values == {"Name": "overridden", "Delay": "3"}

    @pytest.mark.parametrize(
        ("name", "uploaded", "problem"),
        [
            ("number", bundle(Name="x", Delay=3), "Parameters.Delay must be a string, not 3"),
            ("no-file", zipped(params__json="{}"), "File [template.yaml] does not exist in artifact [Artifact_Source"),
            ("no-json", zipped(template__yaml=TEMPLATE, params__json="{"), "is not JSON"),
            ("no-zip", b"text", "is not a zip file"),
            ("unknown-parameter", bundle(Name="x", Other="y"), "Other"),
        ],
    )
    def test_a_wrong_bundle_fails_in_words(self, account: Account, name: str, uploaded: bytes, problem: str) -> None:
        account.upload(uploaded)
        account.create(name, [deploy(name)])
        assert problem in account.action(name, "Stage1", "deploy_stack")["errorDetails"]["message"]


@pytest.mark.parametrize(
    ("events", "first"),
    [
        (["Stack CREATE_IN_PROGRESS", "A CREATE_FAILED", "B CREATE_FAILED", "Stack ROLLBACK_IN_PROGRESS"], "A"),
        (
            [
                "Stack CREATE_IN_PROGRESS",
                "Old CREATE_FAILED",
                "Stack UPDATE_IN_PROGRESS",
                "New UPDATE_FAILED",
                "Stack UPDATE_ROLLBACK_IN_PROGRESS",
                "Other UPDATE_FAILED",
                "Stack UPDATE_ROLLBACK_FAILED",
            ],
            "New",
        ),
        (["Stack UPDATE_IN_PROGRESS", "Stack UPDATE_ROLLBACK_FAILED"], None),
    ],
)
def test_the_first_failure_is_that_of_the_last_operation(events: list[str], first: str | None) -> None:
    newest_first = [
        {"StackId": "Stack", "PhysicalResourceId": name, "ResourceStatus": status}
        for name, status in (event.split() for event in reversed(events))
    ]
    found = first_failure(newest_first)
    assert (found["PhysicalResourceId"] if found else None) == first


class TestApproval:
    def test_the_reviewers_are_told_in_codepipelines_words(self, account: Account) -> None:
        topic = account.client("sns").create_topic(Name="reviews")["TopicArn"]
        url = account.client("sqs").create_queue(QueueName="reviews")["QueueUrl"]
        account.client("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:reviews"
        )
        account.create("reviewed", [approval(NotificationArn=topic, CustomData="Please approve")])
        (message,) = account.client("sqs").receive_message(QueueUrl=url)["Messages"]
        envelope = json.loads(message["Body"])
        assert envelope["Subject"] == "APPROVAL NEEDED: AWS CodePipeline reviewed for action Approve"
        told = json.loads(envelope["Message"])
        assert told["region"] == "us-east-1"
        assert told["approval"]["customData"] == "Please approve"
        assert told["approval"]["token"] == account.action("reviewed", "Stage1", "Approve")["token"]
        assert {"pipelineName", "stageName", "actionName", "expires", "approvalReviewLink"} <= set(told["approval"])


class TestLambda:
    @pytest.fixture(autouse=True)
    def quick(self) -> Iterator[None]:
        ENGINE.jobs.timing = Timing(silence=15, continuation=0.05)
        yield
        ENGINE.jobs.timing = Timing()

    @pytest.fixture
    def function(self, account: Account) -> Callable[[str, str], str]:
        def make(name: str, body: str) -> str:
            code = (
                "import boto3, io, json, zipfile\n"
                "pipeline = boto3.client('codepipeline')\n"
                "def handler(event, context):\n"
                "    job = event['CodePipeline.job']\n"
                "    data = job['data']\n"
            ) + "".join(f"    {line}\n" for line in body.splitlines())
            account.client("lambda").create_function(
                FunctionName=name, Runtime="python3.12", Handler="index.handler", Role=account.role,
                Code={"ZipFile": zipped(index__py=code)}, Timeout=10,
            )  # fmt: skip
            return name

        return make

    def test_a_function_reads_the_artifact_and_is_called_again_with_its_token(
        self, account: Account, function: Any
    ) -> None:
        body = """
keys = data['artifactCredentials']
s3 = boto3.client('s3', aws_access_key_id=keys['accessKeyId'], aws_secret_access_key=keys['secretAccessKey'],
                  aws_session_token=keys['sessionToken'])
place = data['inputArtifacts'][0]['location']['s3Location']
bundle = s3.get_object(Bucket=place['bucketName'], Key=place['objectKey'])['Body'].read()
text = zipfile.ZipFile(io.BytesIO(bundle)).read('a.txt').decode()
earlier = json.loads(data.get('continuationToken', '[]'))
given = json.loads(data['actionConfiguration']['configuration']['UserParameters'])
if len(earlier) < given['calls'] - 1:
    pipeline.put_job_success_result(jobId=job['id'], continuationToken=json.dumps(earlier + [job['id']]))
else:
    jobs = len(set(earlier + [job['id']]))
    details = {'summary': f'{text} after {jobs} jobs', 'externalExecutionId': 'op-1'}
    pipeline.put_job_success_result(jobId=job['id'], executionDetails=details)
"""
        account.upload(zipped(a__txt="read"))
        account.create("continues", [invoke(function("continues", body), '{"calls": 3}')])
        done = account.action("continues", "Stage1", "Invoke")
        assert (done["status"], done["summary"], done["externalExecutionId"]) == (
            "Succeeded",
            "read after 3 jobs",
            "op-1",
        )

    def test_a_reported_failure_fails_the_action(self, account: Account, function: Any) -> None:
        body = (
            "pipeline.put_job_failure_result(jobId=job['id'], "
            "failureDetails={'type': 'ConfigurationError', 'message': 'no such account'})"
        )
        account.create("fails", [invoke(function("fails", body))])
        failed = account.action("fails", "Stage1", "Invoke")
        assert failed["errorDetails"] == {"code": "ConfigurationError", "message": "no such account"}

    def test_a_silent_function_fails_in_bounded_time(self, account: Account, function: Any) -> None:
        ENGINE.jobs.timing = Timing(silence=0.3)
        account.create("silent", [invoke(function("silent", "return"))])
        assert "gave no result" in account.action("silent", "Stage1", "Invoke")["errorDetails"]["message"]

    def test_a_function_that_does_not_exist(self, account: Account) -> None:
        account.create("nobody", [invoke("nobody")])
        assert "nobody" in account.action("nobody", "Stage1", "Invoke")["errorDetails"]["message"]

    def test_a_job_is_answered_once(self, account: Account, function: Any) -> None:
        body = "pipeline.put_job_success_result(jobId=job['id'], executionDetails={'summary': job['id']})"
        account.create("once", [invoke(function("once", body))])
        job = account.action("once", "Stage1", "Invoke")["summary"]
        with pytest.raises(account.pipelines.exceptions.InvalidJobStateException):
            account.pipelines.put_job_success_result(jobId=job)
        with pytest.raises(account.pipelines.exceptions.JobNotFoundException):
            account.pipelines.put_job_success_result(jobId="11111111-1111-1111-1111-111111111111")
