# SPDX-License-Identifier: Apache-2.0
"""Variables: what an action hands on stands in the configurations of later ones, and what is missing fails them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts.local_aws.codepipeline.engine import ENGINE
from scripts.local_aws.codepipeline.jobs import Timing
from tests.local_aws.pipelines import Account, approval, invoke, source, zipped

WORDS = "Please approve. #{Tested-namespace.SmokeTest}"


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    ENGINE.jobs.timing = Timing(silence=15, continuation=0.05)
    yield
    ENGINE.jobs.timing = Timing()


@pytest.fixture
def tested(account: Account) -> Callable[[str, str], dict[str, Any]]:
    """`tested(name, body)`: an action with a namespace, whose function answers its job so."""

    def make(name: str, body: str) -> dict[str, Any]:
        code = (
            "import boto3\n"
            "pipeline = boto3.client('codepipeline')\n"
            "def handler(event, context):\n"
            "    job = event['CodePipeline.job']\n"
            "    token = job['data'].get('continuationToken')\n"
        ) + "".join(f"    {line}\n" for line in body.splitlines())
        account.client("lambda").create_function(
            FunctionName=name, Runtime="python3.12", Handler="index.handler", Role=account.role,
            Code={"ZipFile": zipped(index__py=code)}, Timeout=10,
        )  # fmt: skip
        return {**invoke(name), "namespace": "Tested-namespace"}

    return make


def answering(**variables: str) -> str:
    return f"pipeline.put_job_success_result(jobId=job['id'], outputVariables={variables!r})"


def detail(account: Account, name: str, action: str) -> dict[str, Any]:
    found = account.pipelines.list_action_executions(pipelineName=name)["actionExecutionDetails"]
    return dict(next(one for one in found if one["actionName"] == action))


def test_the_question_has_what_the_action_before_has_handed_on(account: Account, tested: Any) -> None:
    topic = account.client("sns").create_topic(Name="figures")["TopicArn"]
    url = account.client("sqs").create_queue(QueueName="figures")["QueueUrl"]
    queue = "arn:aws:sqs:us-east-1:123456789012:figures"
    account.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    asks = approval(run_order=2, NotificationArn=topic, CustomData=f"{WORDS} (#{{codepipeline.PipelineExecutionId}})")
    execution = account.create("told", [tested("told", answering(SmokeTest="20 calls, 0 failed")), asks])
    (message,) = account.client("sqs").receive_message(QueueUrl=url)["Messages"]
    said = json.loads(json.loads(message["Body"])["Message"])["approval"]["customData"]
    assert said == f"Please approve. 20 calls, 0 failed ({execution})"
    given = detail(account, "told", "Approve")["input"]
    assert given["configuration"]["CustomData"].startswith(WORDS)
    assert given["resolvedConfiguration"]["CustomData"] == said
    assert detail(account, "told", "Invoke")["output"]["outputVariables"] == {"SmokeTest": "20 calls, 0 failed"}


@pytest.mark.parametrize("handed_on", [{}, {"smoketest": "names are case-sensitive"}], ids=["nothing", "another name"])
def test_a_variable_that_was_not_handed_on_fails_the_action(account: Account, tested: Any, handed_on: Any) -> None:
    name = f"missing-{len(handed_on)}"
    account.create(name, [tested(name, answering(**handed_on)), approval(run_order=2, CustomData=WORDS)])
    failed = account.action(name, "Stage1", "Approve")
    assert failed["status"] == "Failed"
    assert failed["errorDetails"]["message"] == (
        "An action in this pipeline failed because one or more variables could not be resolved: Action name=Approve"
    )
    assert account.statuses(name) == ["Failed"]


@pytest.mark.parametrize(
    ("stages", "problem"),
    [
        pytest.param([[approval(CustomData="#{Nobody.Name}")]], "VariableReferenceText=[Nobody.Name]", id="nobody's"),
        pytest.param([[approval(CustomData="#{Name}")]], "VariableReferenceText=[Name]", id="without namespace"),
        pytest.param(
            [[approval(CustomData=WORDS)], [{**invoke("any"), "namespace": "Tested-namespace"}]],
            "VariableReferenceText=[Tested-namespace.SmokeTest]",
            id="a later action's",
        ),
        pytest.param(
            [[{**invoke("any"), "namespace": "Tested"}], [{**invoke("any"), "namespace": "Tested"}]],
            "Namespace Tested of action Invoke is that of another action",
            id="namespace twice",
        ),
    ],
)
def test_a_declaration_with_such_a_reference_is_refused(account: Account, stages: Any, problem: str) -> None:
    with pytest.raises(account.pipelines.exceptions.InvalidActionDeclarationException) as refused:
        account.pipelines.create_pipeline(pipeline=account.declaration("refused", *stages))
    assert problem in str(refused.value)


def test_a_source_hands_on_its_version(account: Account) -> None:
    version = account.upload(zipped(a__txt="content"))
    first = {**source(), "namespace": "Source"}
    account.create("versions", [approval(CustomData="version #{Source.VersionId}")], first=first)
    assert (
        detail(account, "versions", "Approve")["input"]["resolvedConfiguration"]["CustomData"] == f"version {version}"
    )


def test_variables_come_with_the_end_alone_and_have_a_limit(account: Account, tested: Any) -> None:
    body = (
        "answers = []\n"
        "for more in ({'continuationToken': 'later', 'outputVariables': {'A': 'b'}}, "
        "{'outputVariables': {'A': 'b' * 122880}}):\n"
        "    try:\n"
        "        pipeline.put_job_success_result(jobId=job['id'], **more)\n"
        "    except Exception as error:\n"
        "        answers.append(type(error).__name__ + ' ' + str(error))\n"
        "pipeline.put_job_success_result(jobId=job['id'], executionDetails={'summary': ' and '.join(answers)})"
    )
    account.create("limits", [tested("limits", body)])
    summary = account.action("limits", "Stage1", "Invoke")["summary"]
    assert "cannot be given with a continuation token" in summary
    assert "OutputVariablesSizeExceededException" in summary
